import type { FrozenPipeline, FrozenStep } from '../pipeline/frozen-pipeline.ts';
import type { BegunRun, Uploaded } from './run.ts';
import type { Drop, Trigger } from './trigger.ts';

/** A file of Anaplan that a step reads. */
export interface StepFile {
  /** as in the pipeline: of the import, or of the entry in `files:` */
  name: string;
  fileId: string;
  /** how its import reads it */
  source?: NonNullable<FrozenStep['source']>;
}

/** The files that a step reads, in the order in which they are uploaded. */
function filesReadBy(step: FrozenStep | undefined): StepFile[] {
  if (step?.files !== undefined) return step.files;
  if (step?.fileId === undefined) return [];
  const { name, fileId, source } = step;
  return [{ name, fileId, ...(source === undefined ? {} : { source }) }];
}

/**
 * The files that a step has to upload, in their order. What started the run goes to every file that its pipeline reads, once to
 * each: a file that an earlier step has filled is not filled again. A redrive fills anew what a step before `from`, where it began,
 * has filled: others may have written to that file since.
 */
export function filesToUpload({ steps }: Pick<FrozenPipeline, 'steps'>, step: number, from = 0): StepFile[] {
  const isThere = new Set<string>();
  for (let earlier = from; earlier < step; earlier++)
    for (const { fileId } of filesNeededBy(steps, earlier, from)) isThere.add(fileId);
  return filesNeededBy(steps, step, from).filter(({ fileId }) => !isThere.has(fileId) && isThere.add(fileId));
}

/**
 * What has to be in Anaplan when a step is started. A process may read each file that was filled before a redrive began, as its last
 * reader had it: Anaplan does not tell which.
 */
function filesNeededBy(steps: readonly FrozenStep[], index: number, from: number): StepFile[] {
  const step = steps[index];
  const before = step?.kind === 'process' ? steps.slice(0, from).flatMap(filesReadBy) : [];
  return [...filesReadBy(step), ...before.reverse()];
}

/** The files of the step that the run stands at. */
export function filesToUploadNow({ pipeline, position, redriveOf }: BegunRun): StepFile[] {
  return filesToUpload(pipeline, position.step, redriveOf?.step);
}

/** The file whose upload is under way, or is next; undefined when the step uploads none. */
export function currentFile(run: BegunRun): StepFile | undefined {
  return filesToUploadNow(run)[run.position.file ?? 0];
}

/**
 * The steps after the one that the run stands at which have still to read all the rows of a file. Where a redrive reads rejected
 * rows alone, the others of that file were loaded before.
 */
export function laterReaders({ pipeline, position, mended }: BegunRun): FrozenStep[] {
  return pipeline.steps
    .slice(position.step + 1)
    .filter((step) => filesReadBy(step).some(({ fileId }) => fileId !== mended?.onlyFileId));
}

/** The drop that goes to a file; undefined when the run was started without it. */
export function dropFor(
  { pipeline, trigger, mended }: Pick<BegunRun, 'pipeline' | 'trigger' | 'mended'>,
  { fileId }: Pick<StepFile, 'fileId'>,
): Drop | undefined {
  if (mended !== undefined && (mended.onlyFileId ?? fileId) === fileId) return mended.drop;
  if (mended?.whole !== undefined) return mended.whole;
  switch (trigger.kind) {
    case 'drop': {
      // One file cannot be all those that a process names one by one.
      const isNamed = pipeline.steps.some(({ files = [] }) => files.some((file) => file.fileId === fileId));
      return isNamed ? undefined : dropOf(trigger);
    }
    case 'set': {
      const entry = pipeline.steps.flatMap(({ files = [] }) => files).find((file) => file.fileId === fileId);
      return trigger.members.find(({ file }) => file === entry?.name);
    }
    case 'after':
    case 'schedule':
    case 'manual':
      return undefined;
    default:
      return trigger satisfies never;
  }
}

function dropOf({ kind: _, ...drop }: Extract<Trigger, { kind: 'drop' }>): Drop {
  return drop;
}

/** A file that this run has uploaded itself, as it reads it; what an earlier run uploaded may have been written over since. */
export function ownUpload(
  { pipeline, steps, position, redriveOf }: BegunRun,
  fileId: string,
): (StepFile & { uploaded: Uploaded }) | undefined {
  const from = redriveOf?.step ?? 0;
  for (let index = from; index <= position.step; index++) {
    const { uploaded, uploads = [] } = steps[index] ?? { uploaded: null };
    const own = pipeline.steps[index]?.fileId === fileId ? uploaded : null;
    const sent = uploads.find((upload) => upload.fileId === fileId) ?? own;
    const file = filesNeededBy(pipeline.steps, index, from).find((each) => each.fileId === fileId);
    if (file !== undefined && sent !== null) return { ...file, uploaded: sent };
  }
  return undefined;
}

/** What a step reads and this run has uploaded itself, by this step or an earlier one. */
export function ownUploadsReadBy(run: BegunRun, step: number): (StepFile & { uploaded: Uploaded })[] {
  return filesReadBy(run.pipeline.steps[step]).flatMap((file) => {
    const here = ownUpload(run, file.fileId);
    return here === undefined ? [] : [{ ...file, uploaded: here.uploaded }];
  });
}
