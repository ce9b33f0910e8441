import { expect, it } from 'vitest';
import { decide } from '../../shared/run/decide.ts';
import { type BegunRun, type DumpProgress, runSchema } from '../../shared/run/run.ts';
import { currentStep, withStep } from '../../shared/run/transitions.ts';
import { AT, aRun } from './a-run.ts';

const now = { now: AT, random: () => 0.5 };

/** A run that collects task T1, with two failed attempts behind it. */
function collecting(dumps?: DumpProgress[]): BegunRun {
  const spent = { attempts: 2, conflicts: 0, looks: 0, waitingSince: null };
  const run = aRun({ position: { step: 0, stage: 'collect' }, spent });
  const at = new Date(AT).toISOString();
  const task = { taskId: 'T1', adopted: false, startedAt: at, polls: 1, failedPolls: 0, lastPolledAt: at, seen: null };
  return withStep(run, { task, ...(dumps === undefined ? {} : { dumps }) });
}

function dumpOf(ordinal: number, progress: DumpProgress['progress'], taskId = 'T1'): DumpProgress {
  return { taskId, objectId: `11200000000${ordinal}`, ordinal, progress };
}

function underWay(chunksKept: number): DumpProgress['progress'] {
  const download = { key: 'dumps/r/1-1-1.csv', chunkCount: 6, chunksKept, write: null, rest: null, restarts: 0 };
  return { kind: 'under-way', download };
}

const WHOLE = { kind: 'whole', bytes: 7 } as const;
const LOST = { kind: 'lost', because: 'it is gone' } as const;

it.each<[string, DumpProgress[] | undefined, DumpProgress['progress'], number]>([
  ['the first chunks', undefined, underWay(2), 0],
  ['more chunks', [dumpOf(1, underWay(2))], underWay(3), 0],
  ['the last of it', [dumpOf(1, underWay(2))], WHOLE, 0],
  ['as many chunks as before', [dumpOf(1, underWay(2))], underWay(2), 2],
  ['that it is whole, once more', [dumpOf(1, WHOLE)], WHOLE, 2],
  ['that it is lost', [dumpOf(1, underWay(2))], LOST, 2],
])('after %s of a dump the failures before count as told', (_what, before, progress, attempts) => {
  const run = decide(collecting(before), { kind: 'dump-progressed', dump: dumpOf(1, progress) }, now);
  expect([run.spent.attempts, currentStep(run).dumps]).toEqual([attempts, [dumpOf(1, progress)]]);
});

it('a dump of another task, or at another place, is another dump', () => {
  const others = [dumpOf(1, WHOLE, 'T0'), dumpOf(2, WHOLE)];
  const run = decide(collecting(others), { kind: 'dump-progressed', dump: dumpOf(1, underWay(1)) }, now);
  expect(currentStep(run).dumps).toEqual([...others, dumpOf(1, underWay(1))]);
});

it.each<[string, DumpProgress[] | undefined, string[]]>([
  ['nothing, as a ledger of before has it', undefined, []],
  ['chunks', [dumpOf(1, underWay(2))], ['In the store: 2 of 6 chunks of a failure dump; the rest follows.']],
  [
    'a dump and chunks',
    [dumpOf(1, WHOLE), dumpOf(2, underWay(2))],
    ['In the store: 1 of 3 failure dumps and 2 of 6 chunks of the next; the rest follows.'],
  ],
  [
    'all but a lost one',
    [dumpOf(1, WHOLE), dumpOf(2, LOST), dumpOf(3, WHOLE)],
    ['In the store: 2 of 3 failure dumps; what is in them is read next.'],
  ],
])('with %s kept the run goes on in a new message, and no attempt is counted', (_what, dumps, told) => {
  const before = collecting(dumps);
  const run = decide(before, { kind: 'dumps-paused', announced: 3 }, now);
  expect(run.next).toEqual({ turn: before.turn + 1, queue: 'collect', due: new Date(AT).toISOString() });
  expect(run.spent).toEqual(before.spent);
  expect(run.journal.map(({ text }) => text)).toEqual(told);
  expect(runSchema.parse(JSON.parse(JSON.stringify(run)))).toEqual(run);
});
