import type { Task } from '../anaplan/types.ts';
import { WITH_MENDED_FILE } from './check-scan.ts';
import type { Category, Counts, Diagnosis, Reason } from './diagnosis.ts';
import type { MissingMembers } from './dump-summary.ts';
import { type TaskLine, taskLines } from './task-lines.ts';
import { excerpt } from './words.ts';

export type FailureOutcome = 'failed' | 'unknown' | 'cancelled' | 'succeeded-with-rejects';

/** Where a failure comes from: all that a person, or a program behind the failures queue, needs to find it again. */
export interface Provenance {
  runId: string;
  /** stable; the run's id unless told */
  id?: string;
  pipeline: string;
  /** the model's name as in the configuration, and its id where it is known */
  model?: { name: string; id?: string };
  /** `ordinal` is 1-based */
  step?: { ordinal: number; kind: string; name: string; objectId?: string };
  /** that step has files of its own, which it uploads from the drop or the set */
  readsFile?: true;
  /** the file that started the run; of a run with several, the one it was at */
  drop?: ReportedDrop;
  /** the files that started the run together */
  set?: ReportedSet;
  /** the run whose success started this one */
  follows?: { runId: string; pipeline: string };
  /** the time that started it, ISO 8601, for a scheduled run */
  scheduledFor?: string;
  outcome: FailureOutcome;
  /** when it ended, ISO 8601 */
  at: string;
  task?: Task;
  /** names of a process's actions by id, where Anaplan left them out of the task's result */
  names?: Readonly<Record<string, string>>;
  /** where the dumps are kept */
  dumps?: readonly string[];
  /** why a dump that Anaplan announced could not be kept */
  dumpLost?: string;
  /** where the source's header and only its rejected rows are kept, of which a copy can be mended and dropped */
  repair?: string;
  /** all of them, by the file they were cut from, where a process has several */
  repairs?: readonly { file: string; address: string }[];
  /** of which imports with rejected rows there is none, and why */
  noRepair?: string;
  /** the step after this one that has still to read a file */
  stillToRead?: StillToRead;
  counts?: Counts;
  reasons?: readonly Reason[];
  missing?: readonly MissingMembers[];
  /** why the lane stays held after this run */
  holdLane?: string;
}

/** A step that needs all the rows of a file and was not run, so that a file of the rejected rows alone cannot be dropped yet. */
export interface StillToRead {
  kind: string;
  name: string;
  /** it reads the very file of Anaplan whose rows were rejected */
  sameFile: boolean;
}

export interface ReportedDrop {
  bucket: string;
  key: string;
  versionId: string;
  bytes?: number;
}

export interface ReportedSet {
  id: string;
  /** `file` is the name in the pipeline's `files:` */
  files: readonly (ReportedDrop & { file: string })[];
}

/** What is kept under `failures/` and sent to the failures queue: a diagnosis and everything needed to act on it. */
export interface FailureReport {
  v: 1;
  id: string;
  runId: string;
  pipeline: string;
  model?: { name: string; id?: string };
  step?: { ordinal: number; kind: string; name: string; objectId?: string };
  readsFile?: true;
  drop?: ReportedDrop;
  set?: ReportedSet;
  follows?: { runId: string; pipeline: string };
  scheduledFor?: string;
  outcome: FailureOutcome;
  at: string;
  category: Category;
  code?: string;
  cause: string;
  message: string;
  whatToCheck: readonly string[];
  /** something of the step stays done */
  appliedInPart?: true;
  references: Readonly<Record<string, string>>;
  http?: { method: string; path: string; status: number; body: string };
  task?: {
    taskId: string;
    taskState: string;
    currentStep?: string;
    details: readonly TaskLine[];
  };
  taskId?: string;
  dumps: readonly string[];
  dumpLost?: string;
  repair?: string;
  repairs?: readonly { file: string; address: string }[];
  noRepair?: string;
  stillToRead?: StillToRead;
  counts?: Counts;
  reasons?: readonly Reason[];
  /** the members that lists lack */
  missing?: readonly MissingMembers[];
  holdLane?: string;
  /** the command that runs it again */
  redrive: string;
}

/** Puts a diagnosis and its provenance together. Pure: the time of the failure is passed in. */
export function buildFailureReport(diagnosis: Diagnosis, from: Provenance): FailureReport {
  const { task, id = from.runId } = from;
  return {
    v: 1,
    id,
    runId: from.runId,
    pipeline: from.pipeline,
    ...given('model', from.model),
    ...given('step', from.step),
    ...given('readsFile', from.readsFile),
    ...given('drop', from.drop),
    ...given('set', from.set),
    ...given('follows', from.follows),
    ...given('scheduledFor', from.scheduledFor),
    outcome: from.outcome,
    at: from.at,
    category: diagnosis.category,
    ...given('code', diagnosis.code),
    cause: diagnosis.cause,
    message: diagnosis.message,
    whatToCheck: possibleChecks(diagnosis.whatToCheck, from),
    ...given('appliedInPart', diagnosis.appliedInPart),
    references: diagnosis.references,
    ...given('http', diagnosis.http),
    ...given('task', task === undefined ? undefined : taskInReport(task, from.names)),
    ...given('taskId', task?.taskId ?? diagnosis.references.taskId),
    dumps: from.dumps ?? [],
    ...given('dumpLost', from.dumpLost),
    ...given('repair', from.repair),
    ...given('repairs', from.repairs),
    ...given('noRepair', from.noRepair),
    ...given('stillToRead', from.stillToRead),
    ...given('counts', from.counts),
    ...given('reasons', from.reasons),
    ...given('missing', from.missing),
    ...given('holdLane', from.holdLane),
    redrive: `npx plandrop failures redrive ${id}`,
  };
}

/** How many steps were done before the one that the report is about. */
export function stepsBefore({ step }: Pick<Provenance, 'step'>): number {
  return (step?.ordinal ?? 1) - 1;
}

/**
 * Rejected rows may be dropped alone. A drop begins with step 1, and what is before the step that rejected them may empty what it fills;
 * a step after it may need all the rows.
 */
export function mayDropRows(from: Pick<Provenance, 'step' | 'readsFile' | 'drop' | 'set' | 'stillToRead'>): boolean {
  const { readsFile, drop, set, stillToRead } = from;
  const isOfDrop = readsFile === true && drop !== undefined && set === undefined;
  return isOfDrop && stepsBefore(from) === 0 && stillToRead === undefined;
}

/**
 * Nobody can open a dump that is lost, or use a file that is of a set alone. Where a file of the rejected rows is kept, it is said there
 * how they are dropped. What is left is never nothing: the task is still there to look at.
 */
function possibleChecks(checks: readonly string[], from: Provenance): readonly string[] {
  const { dumpLost, repair, set } = from;
  const left = checks
    .filter(
      (check) =>
        (dumpLost === undefined || !/^Open the failure dump/.test(check)) &&
        ((mayDropRows(from) && repair === undefined) || !/^Drop a file with the mended rows/.test(check)),
    )
    .map((check) => (check === WITH_MENDED_FILE ? withMendedFile(set) : check));
  return left.length > 0 ? left : ['Look at the task in Anaplan, in the action history of the model.'];
}

function withMendedFile(set: ReportedSet | undefined): string {
  const todo = set === undefined ? 'redrive the run with the mended file' : 'drop the mended file in a new set';
  return `Then ${todo}. This step has loaded nothing of the file as it was.`;
}

function taskInReport(task: Task, names: Provenance['names']): NonNullable<FailureReport['task']> {
  return {
    taskId: task.taskId,
    taskState: task.taskState,
    ...given('currentStep', task.currentStep),
    details: taskLines(task, names),
  };
}

/** Attributes by which whoever reads the failures queue can filter; none is ever empty (SQS refuses that). At most 10. */
export function failureAttributes(report: FailureReport): Record<string, string> {
  const attributes = {
    pipeline: report.pipeline,
    model: report.model?.name,
    run: report.runId,
    step: report.step?.name,
    outcome: report.outcome,
    category: report.category,
    code: report.code,
    dump: report.dumps[0],
  };
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const words = excerpt(value ?? '', 256);
    if (words !== '') filled[name] = words;
  }
  return filled;
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value });
}
