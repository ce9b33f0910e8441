import type { Counts, Reason } from '../diagnosis/diagnosis.ts';
import { type TaskLine, taskLines } from '../diagnosis/task-lines.ts';
import type { Outcome, Run, StepRecord, Uploaded } from './run.ts';
import type { Drop } from './trigger.ts';

/** What a run came to, as `run --json` prints it and reports carry it. Times are ISO 8601 in UTC. */
export interface RunOutcome {
  runId: string;
  pipeline: string;
  /** absent while the run is in progress */
  outcome?: Outcome;
  /** Anaplan's total of rows equals the rows uploaded, in every step where rows were uploaded */
  rowsVerified: boolean;
  startedAt: string;
  endedAt?: string;
  source?: SourceOutcome;
  /** of a run that a set started, in the order of the pipeline's `files:` */
  sources?: (SourceOutcome & { file: string })[];
  steps: StepOutcome[];
  failure?: FailureOutcome;
}

/** A drop as the run read it; `rows` (without the header) and `sha256` once it was uploaded. */
export interface SourceOutcome {
  bucket: string;
  key: string;
  versionId: string;
  bytes: number;
  rows?: number;
  sha256?: string;
}

export interface StepOutcome {
  kind: string;
  name: string;
  objectId: string;
  taskId?: string;
  taskState?: string;
  adopted?: true;
  counts?: Counts;
  cells?: number;
  reasons?: Pick<Reason, 'code' | 'text' | 'count' | 'columns' | 'samples'>[];
  dumps?: string[];
  dumpLost?: string;
  export?: string;
  repair?: string;
  /** all of them, where a process has several */
  repairs?: { file: string; address: string }[];
}

export interface FailureOutcome {
  id: string;
  category: string;
  code?: string;
  cause: string;
  message: string;
  whatToCheck: string[];
  http?: { method: string; path: string; status: number; body: string };
  task?: {
    taskId: string;
    taskState?: string;
    currentStep?: string;
    /** also what the actions of a process said, beginning with their names */
    details: TaskLine[];
  };
  redrive: string;
}

/** The outcome contract of a run, read off its ledger entry. */
export function outcomeOf(run: Run): RunOutcome {
  const { ended } = run;
  const failure = failureOf(run);
  return {
    runId: run.runId,
    pipeline: run.pipelineName,
    ...(ended === null ? {} : { outcome: ended.outcome }),
    rowsVerified:
      run.steps.some((step, i) => hasUploaded(run, step, i)) &&
      run.steps.every((step, i) => !hasUploaded(run, step, i) || step.result?.rowsVerified === true),
    startedAt: run.createdAt,
    ...(ended === null ? {} : { endedAt: ended.at }),
    ...sourcesOf(run),
    steps: run.steps.map((step, i) => stepOutcome(run, step, i)),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** What a process without files of its own uploads again is verified by the step that filled it first. */
function hasUploaded({ pipeline }: Run, { uploaded, uploads = [] }: StepRecord, index: number): boolean {
  return uploaded !== null || (uploads.length > 0 && pipeline?.steps[index]?.files !== undefined);
}

function sourcesOf(run: Run): Pick<RunOutcome, 'source' | 'sources'> {
  const { trigger, mended, steps } = run;
  if (mended !== undefined) return { source: sourceOf(mended.drop, mendedUpload(run, mended)) };
  if (trigger.kind === 'drop') {
    return { source: sourceOf(trigger, steps.find((step) => step.uploaded !== null)?.uploaded) };
  }
  if (trigger.kind !== 'set') return {};
  const uploads = steps.flatMap((step) => step.uploads ?? []);
  const sources = trigger.members.map((member) => {
    const uploaded = uploads.find(({ file }) => file === member.file);
    return { file: member.file, ...sourceOf(member, uploaded) };
  });
  return { sources };
}

/** The upload of a mended file: the steps that were carried over have read another, and so has every step but that of its one file. */
function mendedUpload(
  { pipeline, steps, redriveOf }: Run,
  { onlyFileId }: NonNullable<Run['mended']>,
): Uploaded | null | undefined {
  const from = redriveOf?.step ?? 0;
  const reads = (index: number) => onlyFileId === undefined || pipeline?.steps[index]?.fileId === onlyFileId;
  return steps.find(({ uploaded }, index) => index >= from && uploaded !== null && reads(index))?.uploaded;
}

function sourceOf({ bucket, key, versionId, bytes }: Drop, uploaded: Uploaded | null | undefined): SourceOutcome {
  return {
    bucket,
    key,
    versionId,
    bytes,
    ...(uploaded == null ? {} : { rows: uploaded.rows, sha256: uploaded.sha256 }),
  };
}

function stepOutcome(run: Run, step: StepRecord, index: number): StepOutcome {
  const definition = run.pipeline?.steps[index];
  const { task, result } = step;
  return {
    kind: definition?.kind ?? '',
    name: definition?.name ?? '',
    objectId: definition?.objectId ?? '',
    ...(task === null ? {} : { taskId: task.taskId }),
    ...(task?.seen ? { taskState: task.seen.taskState } : {}),
    ...(task?.adopted ? { adopted: true } : {}),
    ...(result?.counts === undefined ? {} : { counts: result.counts }),
    ...(result?.cells === undefined ? {} : { cells: result.cells }),
    ...(result === null || result.reasons.length === 0
      ? {}
      : { reasons: result.reasons.map(({ severity: _, ...reason }) => reason) }),
    ...(result === null || result.dumps.length === 0 ? {} : { dumps: result.dumps.map(({ address }) => address) }),
    ...(result?.dumpLost === undefined ? {} : { dumpLost: result.dumpLost }),
    ...(result?.export === undefined ? {} : { export: result.export }),
    ...(result?.repair === undefined ? {} : { repair: result.repair }),
    ...(result?.repairs === undefined ? {} : { repairs: result.repairs }),
  };
}

function failureOf(run: Run): FailureOutcome | undefined {
  const failure = run.ended?.failure;
  if (failure === undefined) return undefined;
  const { task, result } = run.steps[failedStepOf(run)] ?? { task: null, result: null };
  return {
    id: run.runId,
    category: failure.category,
    ...(failure.code === undefined ? {} : { code: failure.code }),
    cause: failure.cause,
    message: failure.message,
    whatToCheck: failure.whatToCheck,
    ...(failure.http === undefined ? {} : { http: failure.http }),
    ...(task
      ? {
          task: {
            taskId: task.taskId,
            ...(task.seen ? { taskState: task.seen.taskState } : {}),
            ...(task.seen?.currentStep === undefined ? {} : { currentStep: task.seen.currentStep }),
            details: task.seen ? taskLines(task.seen, result?.names) : [],
          },
        }
      : {}),
    redrive: `plandrop failures redrive ${run.runId}`,
  };
}

/** Which step the failure of a run is about, from 0: where it stands, or the earlier one whose rejects were within the allowance. */
export function failedStepOf({ ended, steps, position }: Run): number {
  if (ended?.outcome !== 'succeeded-with-rejects' || steps[position.step]?.result?.outcome !== 'succeeded')
    return position.step;
  const rejecting = steps.findIndex(({ result }) => result?.outcome === 'succeeded-with-rejects');
  return rejecting < 0 ? position.step : rejecting;
}
