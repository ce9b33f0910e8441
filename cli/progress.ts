import colors from 'picocolors';
import { type BegunRun, hasBegun, type Run } from '../shared/run/run.ts';
import { currentFile, dropFor, filesToUploadNow } from '../shared/run/step-files.ts';
import { currentStep } from '../shared/run/transitions.ts';

/**
 * Tells a person, line by line, what each commit of a run means: where it is, and every retry with its delay.
 * @param write gets whole lines, without the line end
 * @returns what `onCommit` calls
 */
export function progressOf(write: (line: string) => void, now: () => number = Date.now): (run: Run) => void {
  const startedAt = now();
  const told = new Map<string, { state: string; journalLength: number }>();
  return (run) => {
    const before = told.get(run.runId) ?? { state: '', journalLength: 0 };
    const state = stateOf(run);
    const line = (text: string) => {
      const seconds = ((now() - startedAt) / 1000).toFixed(1).padStart(6);
      write(`${colors.dim(`${seconds} s`)}  ${run.pipelineName.padEnd(20)} ${text}`);
    };
    const entries = run.journalDropped + run.journal.length;
    for (const entry of run.journal.slice(Math.max(0, run.journal.length - (entries - before.journalLength)))) {
      line(colors.yellow(entry.text));
    }
    if (state !== before.state) line(state);
    told.set(run.runId, { state, journalLength: entries });
  };
}

/** Where a run is, in a few words, for a terminal. */
export function stateOf(run: Run): string {
  return run.ended === null ? stateInWords(run) : colored(run.ended.outcome);
}

/** Where a run is, in a few words. */
export function stateInWords(run: Run): string {
  if (run.ended !== null) return run.ended.outcome;
  if (run.lane === null || !hasBegun(run)) return 'waits for its lane';
  const definition = run.pipeline.steps[run.position.step];
  const step = currentStep(run);
  const what = `${definition?.kind ?? ''} "${definition?.name ?? ''}"`;
  switch (run.position.stage) {
    case 'upload': {
      const file = definition?.fileId !== undefined ? `the file of ${what}` : fileOf(run, what);
      if (step.epoch === null) return `uploads ${file}`;
      return `uploads ${file}: ${step.epoch.sent.length} of ${step.epoch.chunkCount} chunks`;
    }
    case 'start':
      return `starts ${what}`;
    case 'poll':
      return `${what}: ${step.task?.seen?.taskState ?? 'started'}${percent(step.task?.seen?.progress)}`;
    case 'collect':
      return `collects the result of ${what}`;
  }
}

/** `products.csv (2 of 5) for process "Load All"` */
function fileOf(run: BegunRun, what: string): string {
  const file = currentFile(run);
  const drop = file && dropFor(run, file);
  const place = `${(run.position.file ?? 0) + 1} of ${filesToUploadNow(run).length}`;
  return `${drop?.key.split('/').at(-1) ?? 'a file'} (${place}) for ${what}`;
}

function percent(progress: number | undefined): string {
  return progress === undefined || progress < 0 ? '' : ` ${Math.round(progress * 100)} %`;
}

export function colored(outcome: string): string {
  if (outcome === 'succeeded') return colors.green(outcome);
  return outcome === 'succeeded-with-rejects' ? colors.yellow(outcome) : colors.red(outcome);
}
