import { describe, expect, it } from 'vitest';
import type { TaskResult } from '../../shared/anaplan/types.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { decide } from '../../shared/run/decide.ts';
import { type DumpProgress, type StepRecord, untouchedSteps } from '../../shared/run/run.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

const result = { successful: true, failureDumpAvailable: true, details: [], nestedResults: [] };
const inner = (objectId: string) => ({ ...result, objectId });
const several = {
  ...result,
  nestedResults: [inner('A'), { ...inner('B'), failureDumpAvailable: false }, inner('C')],
};
const WHOLE = { kind: 'whole', bytes: 9 } as const;
const LOST = { kind: 'lost', because: 'it is gone' } as const;
const PART = {
  kind: 'under-way',
  download: { key: 'k', chunkCount: 2, chunksKept: 1, write: null, rest: null, restarts: 0 },
} as const;
const dump = (ordinal: number, progress: DumpProgress['progress'] = WHOLE, taskId = 'T1'): DumpProgress => ({
  taskId,
  objectId: 'A',
  ordinal,
  progress,
});

const DIAGNOSIS: Diagnosis = {
  category: 'internal',
  cause: 'c',
  message: 'It failed.',
  whatToCheck: ['look'],
  retry: { kind: 'no' },
  references: {},
};

describe('a run that is given up after its task has ended, with a dump announced,', () => {
  it.each<[string, TaskResult, DumpProgress[], boolean]>([
    ['keeps the lane when nothing of the dump is in the store', result, [], true],
    ['keeps the lane when a part of it is', result, [dump(1, PART)], true],
    ['keeps the lane when it was found to be lost, which no result says yet', result, [dump(1, LOST)], true],
    ['leaves the lane when it is in the store', result, [dump(1)], false],
    ['keeps the lane when only the dump of another task is', result, [dump(1, WHOLE, 'T0')], true],
    ['keeps the lane when one of several is', several, [dump(1)], true],
    ['leaves the lane when all of several are', several, [dump(1), dump(3)], false],
    ['leaves the lane when none was announced', { ...result, failureDumpAvailable: false }, [], false],
  ])('%s', (_, told, dumps, held) => {
    const at = new Date(AT).toISOString();
    const task = { taskId: 'T1', adopted: false, startedAt: at, polls: 1, failedPolls: 0, lastPolledAt: at };
    const seen = { taskId: 'T1', taskState: 'COMPLETE', result: told } as const;
    const run = aRun({
      pipeline: { ...aPipeline, onFailure: 'continue' },
      position: { step: 0, stage: 'collect' },
      steps: [{ ...untouchedSteps(1)[0], task: { ...task, seen }, dumps } as StepRecord],
    });
    const { ended } = decide(run, { kind: 'hindered', diagnosis: DIAGNOSIS }, { now: AT, random: () => 0.5 });
    expect(ended?.outcome).toBe('unknown');
    expect(ended?.holdLane?.startsWith('a failure dump')).toBe(held ? true : undefined);
    expect(ended?.failure?.whatToCheck).toHaveLength(held ? 2 : 1);
  });
});
