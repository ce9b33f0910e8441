import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { changeHolder, type Hold, readHolder } from '../../shared/run/lane.ts';
import { holdLane, releaseLane } from '../../shared/run/lane-by-hand.ts';
import { createRun } from '../../shared/run/ledger.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { watchRuns } from '../../shared/run/watch-runs.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

const iso = new Date(AT).toISOString();
const ANN = { by: 'ann', reason: 'month end' };

/** A lane whose run has ended, and the services of somebody to whom something happens before the nth read of its holder. */
async function laneOf(change: Partial<BegunRun>, hold: (run: BegunRun) => Hold | null) {
  const clock = new ManualClock(AT);
  const state = new MemoryStore({ bucket: 'state', clock });
  const alerts = { publish: async () => {} };
  const services = {
    ...handServices({ state, queues: new MemoryQueues({ clock }) }),
    clock,
    alerts,
    log: silentLogger,
  };
  const run = aRun({ next: null, ...change });
  const held = await createRun(services, run);
  const { runId } = run;
  await changeHolder(services, 'M', (now) =>
    now.runId === runId ? undefined : { ...now, runId, fence: 1, hold: hold(run) },
  );
  const meanwhile = (nth: number, act: () => Promise<unknown>) => {
    let reads = 0;
    const get: MemoryStore['get'] = async (key, versionId) => {
      if (key.endsWith('/holder') && ++reads === nth) await act();
      return state.get(key, versionId);
    };
    const racing = new Proxy(state, {
      get: (target, name) => {
        const value: unknown = name === 'get' ? get : Reflect.get(target, name);
        return typeof value === 'function' && name !== 'get' ? value.bind(target) : value;
      },
    });
    return { ...services, state: racing };
  };
  return { services, held, meanwhile };
}

describe("a person's hold is lifted by nobody else", () => {
  it('that comes while somebody settles the run', async () => {
    const ended = { outcome: 'unknown' as const, at: iso, holdLane: 'open', todo: ['lane' as const] };
    const { services, held, meanwhile } = await laneOf({ ended }, () => null);
    const racing = meanwhile(2, () => holdLane(services, 'M', ANN));
    expect(await settleRun(racing, held, { as: 'succeeded', by: 'bob', evidence: 'looked' })).toMatchObject({
      lane: { freed: false, because: 'ann: month end' },
    });
    expect((await readHolder(services, 'M')).hold).toEqual(ANN);
  });

  it('that comes while the watch frees the lane of a run that was settled', async () => {
    const settled = { as: 'succeeded', by: 'bob', evidence: 'looked', at: iso } as const;
    const ended = { outcome: 'unknown' as const, at: iso, todo: [] };
    const { services, meanwhile } = await laneOf({ ended, settled }, ({ runId }) => ({
      by: `run ${runId}`,
      reason: 'open',
    }));
    const racing = meanwhile(2, async () => {
      await releaseLane(services, 'M');
      await holdLane(services, 'M', ANN);
    });
    await watchRuns(racing);
    expect(await readHolder(services, 'M')).toMatchObject({ runId: null, hold: ANN });
  });
});

it('a lane is freed of a settled run also when what else is left of the run keeps failing', async () => {
  const settled = { as: 'succeeded', by: 'bob', evidence: 'looked', at: iso } as const;
  const ended = { outcome: 'unknown' as const, at: iso, todo: ['keep' as const] };
  const pipeline = { ...aPipeline, keep: { kind: 'delete' as const } };
  const { services } = await laneOf({ ended, settled, pipeline }, ({ runId }) => ({
    by: `run ${runId}`,
    reason: 'open',
  }));
  const source = () => {
    throw new Error('the bucket is away');
  };
  const watched = await watchRuns({ ...services, source });
  expect(watched.failed).toBeGreaterThan(0);
  expect(await readHolder(services, 'M')).toMatchObject({ runId: null, hold: null });
});
