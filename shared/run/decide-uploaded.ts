import type { DecideContext } from './decide-context.ts';
import type { BegunRun, Run, Uploaded } from './run.ts';
import { currentFile, filesToUploadNow } from './step-files.ts';
import { currentStep, forgive, nextTurn, note, withStep } from './transitions.ts';

/**
 * A file that the step needs is at Anaplan, every chunk of it: on to the step's next file, or to its start when all of them are there.
 * What is known of a file that is done is kept; epoch and chunks are those of the file under way.
 */
export function decideUploaded(run: BegunRun, uploaded: Uploaded, { now }: DecideContext): Run {
  // An import has one file, its own.
  if (run.pipeline.steps[run.position.step]?.fileId !== undefined)
    return nextTurn(withStep(run, { uploaded }), 'start', { now, delaySeconds: 0 });
  const { epoch, uploads = [] } = currentStep(run);
  const file = currentFile(run);
  if (file === undefined || epoch === null)
    throw new Error(`run ${run.runId} finished the upload of a file that it does not have`);
  const { name, fileId } = file;
  const done = { file: name, fileId, ...uploaded, epochs: epoch.ordinal, fence: epoch.fence };
  const kept = withStep(run, { uploads: [...uploads, done], epoch: null, uploaded: null });
  const { step, stage, file: index = 0 } = run.position;
  const all = filesToUploadNow(run).length;
  const told = note(kept, { now, text: `Uploaded the file of "${name}", ${index + 1} of ${all}.` });
  if (index + 1 < all) {
    const moved: BegunRun = { ...told, position: { step, stage, file: index + 1 } };
    return nextTurn(forgive(moved), 'upload', { now, delaySeconds: 0 });
  }
  return nextTurn({ ...told, position: { step, stage } }, 'start', { now, delaySeconds: 0 });
}
