import { countOf } from '../diagnosis/words.ts';
import type { BegunRun, DumpProgress, Run } from './run.ts';
import { currentStep, forgive, nextTurn, note, withStep } from './transitions.ts';

/** How failure dumps that one message cannot bring to the store go on in the next. */

/** The dump at its place. Only more of it is progress: that it cannot be had is none. */
export function keepDump(run: BegunRun, dump: DumpProgress): BegunRun {
  const dumps = currentStep(run).dumps ?? [];
  const isSame = (of: DumpProgress) => of.taskId === dump.taskId && of.ordinal === dump.ordinal;
  const before = dumps.find(isSame);
  const kept = withStep(run, { dumps: [...dumps.filter((each) => !isSame(each)), dump] });
  return isMore(dump, before) ? forgive(kept) : kept;
}

export function restartDump(
  run: BegunRun,
  dump: DumpProgress,
  { because, now }: { because: string; now: number },
): Run {
  const text = `The download of the failure dump of object ${dump.objectId} begins anew: ${because}.`;
  return note(keepDump(run, dump), { now, text });
}

/** @param announced how many dumps the task has announced */
export function pauseDumps(run: BegunRun, announced: number, now: number): Run {
  const { task, dumps = [] } = currentStep(run);
  const ours = dumps.filter(({ taskId }) => taskId === task?.taskId).map(({ progress }) => progress);
  const whole = ours.filter(({ kind }) => kind === 'whole').length;
  const [next] = ours.flatMap((each) =>
    each.kind === 'under-way' && each.download.chunksKept > 0 ? [each.download] : [],
  );
  const kept = [
    ...(whole === 0 ? [] : [`${whole} of ${countOf(announced, 'failure dump')}`]),
    ...(next === undefined
      ? []
      : [
          `${next.chunksKept} of ${countOf(next.chunkCount, 'chunk')} of ${whole === 0 ? 'a failure dump' : 'the next'}`,
        ]),
  ].join(' and ');
  const isOver = ours.filter(({ kind }) => kind !== 'under-way').length >= announced;
  const text = `In the store: ${kept}; ${isOver ? 'what is in them is read next' : 'the rest follows'}.`;
  return nextTurn(kept === '' ? run : note(run, { now, text }), 'collect', { now, delaySeconds: 0 });
}

function isMore({ progress: now }: DumpProgress, before: DumpProgress | undefined): boolean {
  if (now.kind === 'lost') return false;
  if (now.kind === 'whole') return before?.progress.kind !== 'whole';
  return now.download.chunksKept > (before?.progress.kind === 'under-way' ? before.progress.download.chunksKept : 0);
}
