import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { arrivalOf } from '../../shared/run/arrivals.ts';
import { createRun } from '../../shared/run/ledger.ts';
import { runIdOf, type Trigger } from '../../shared/run/trigger.ts';
import { AT, aRun, aTrigger } from './a-run.ts';

const HOUR = 3_600_000;

describe('whether a file of a pipeline has come', () => {
  let state: MemoryStore;
  beforeEach(() => {
    state = new MemoryStore({ bucket: 'state', clock: new ManualClock(AT) });
  });
  const run = async (pipelineName: string, trigger: Trigger) => {
    const runId = runIdOf(pipelineName, trigger);
    await createRun({ state, random: () => 0.5 }, { ...aRun({ trigger }), runId, pipelineName });
    return runId;
  };
  const drop = (hours: number, key = 'a.csv'): Trigger => {
    const lastModified = new Date(AT + hours * HOUR).toISOString();
    return { ...aTrigger, kind: 'drop', key, versionId: `v${hours}`, lastModified } as Trigger;
  };
  const since = (hours: number, until = 0) =>
    arrivalOf({ state }, 'sales', { since: AT + hours * HOUR, until: AT + until * HOUR });

  it('is told by the time that its bucket gave it, over several days', async () => {
    const runId = await run('sales', drop(-50));
    expect((await since(-72))?.runId).toBe(runId);
    expect(await since(-50)).toBeUndefined();
    expect(await since(-24)).toBeUndefined();
    expect((await since(-51, -50))?.runId).toBe(runId);
  });

  it('is not told by what comes later, by another pipeline, or by a run without a file', async () => {
    await run('sales', drop(1));
    await run('other', drop(-1));
    await run('sales', { kind: 'schedule', scheduledAt: new Date(AT - HOUR).toISOString() });
    await run('sales', {
      kind: 'after',
      pipeline: 'x',
      runId: '20260302-0',
      endedAt: new Date(AT - HOUR).toISOString(),
    });
    expect(await since(-24)).toBeUndefined();
  });

  it('is found among many, and beside ledgers that nobody can read', async () => {
    for (let number = 0; number < 40; number++) await run('other', drop(-2, `${number}.csv`));
    await state.put('runs/2026-03-02/20260302-0000000000000000.json', '{ "v": 2 }');
    await state.put('runs/2026-03-02/20260302-0000000000000001.json', 'not JSON');
    const runId = await run('sales', drop(-3));
    expect((await since(-5))?.runId).toBe(runId);
  });

  it('is not guessed when the store does not answer', async () => {
    await run('other', drop(-2));
    state.faults = ({ name }) => (name === 'get' ? 'fail' : undefined);
    await expect(since(-5)).rejects.toThrow();
  });
});
