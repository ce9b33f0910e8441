import { describe, expect, it } from 'vitest';
import { runMessage } from '../../shared/run/message.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { type Dropped, violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const FILE: Dropped = { key: 'sales/a.csv', text: 'Product,Month,Units\nTea,Jan 26,1\nCoffee,Feb 26,2\n' };

async function live(options: Partial<WorldOptions>): Promise<World> {
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    taskSeconds: 20,
    ...options,
  });
  await world.drop(FILE.key, FILE.text);
  await world.runUntilQuiet({ maxHours: 100 });
  return world;
}

/** From its `from`th time on, an operation fails as long as `until` says. */
function failing(fits: (operation: Operation) => boolean, times = Number.POSITIVE_INFINITY) {
  let met = 0;
  return (operation: Operation): Fate =>
    fits(operation) && ++met <= times ? { kind: 'store-fault', fault: 'fail' } : GOES;
}

const readsSource = ({ name }: Operation) => name === 'getRange';
const dies = (fits: (operation: Operation) => boolean) => (operation: Operation) =>
  fits(operation) ? ({ kind: 'killed-before' } as const) : GOES;

describe('a run whose handler keeps failing', () => {
  it('goes on when the cause is gone within the tries it has', async () => {
    await using world = await live({ fate: failing(readsSource, 9) });
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
  });

  it('ends failed before anything of it is in Anaplan, and tells the last error', async () => {
    await using world = await live({ fate: failing(readsSource) });
    expect(violationsOf(world)).toEqual([]);
    const [run] = world.runs();
    expect(run?.ended).toMatchObject({ outcome: 'failed', failure: { category: 'internal' } });
    expect(run?.ended?.failure?.message).toContain('getRange sales/a.csv: fail');
    expect(world.watcher.starts).toEqual([]);
  });

  it('is tried no more often when its message is dealt with before the try is counted', async () => {
    let tries = 0;
    const before = new WeakMap<object, string>();
    await using world = await live({
      like: 'local',
      fate: (operation) => {
        if (!readsSource(operation)) return GOES;
        tries++;
        return { kind: 'store-fault', fault: 'fail' };
      },
      slowness: ({ invocation, name, about }) => {
        const isCount = name === 'replace' && before.get(invocation) === 'send upload';
        before.set(invocation, `${name} ${about}`);
        return isCount ? 3000 : 0;
      },
    });
    expect(world.runs()[0]?.ended?.outcome).toBe('failed');
    expect(tries).toBe(15);
    expect(violationsOf(world)).toEqual([]);
  });

  it.each([
    ['aws', 24],
    ['local', 1],
  ] as const)(
    'stays one message where its ledger cannot be written, on %s for %s h, and then goes on',
    async (like, hours) => {
      let sent = 0;
      await using world: World = await World.build({
        like,
        pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
        taskSeconds: 20,
        fate: ({ name, about }) => {
          const refuses = world.clock.now() < heals;
          if (refuses && name === 'send' && about === 'upload') sent++;
          const isCommit = name === 'replace' && about.startsWith('runs/');
          return refuses && isCommit ? { kind: 'store-fault', fault: 'fail' } : GOES;
        },
      });
      const heals = world.clock.now() + hours * 3_600_000;
      await world.drop(FILE.key, FILE.text);
      await world.runUntilQuiet({ maxHours: 100 });
      expect(violationsOf(world)).toEqual([]);
      expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
      // Each copy is delivered five times before it is buried in its turn.
      const secondsEach = like === 'aws' ? 6 * 900 : 5 * 5;
      expect(sent).toBeLessThanOrEqual(1 + (hours * 3600) / secondsEach);
    },
  );

  describe('on AWS, of which the watch sends copies meanwhile,', () => {
    const MINUTE = 60_000;

    /** Every delivery of the stage fails, from the first until so many minutes after the first alarm. */
    async function liveThrough(stage: 'upload' | 'start' | 'poll', minutes: number) {
      let alarmedAt: number | undefined;
      let deliveries = 0;
      await using world = await live({
        watchSeconds: 300,
        taskSeconds: 3600,
        fails: (queue, now) => {
          if (queue === 'poison') alarmedAt ??= now;
          const fails = queue === stage && now < (alarmedAt ?? now) + minutes * MINUTE;
          if (fails) deliveries++;
          return fails;
        },
      });
      expect(violationsOf(world)).toEqual([]);
      const [run] = world.runs();
      const minutesLeft = (Date.parse(run?.ended?.at ?? '') - (alarmedAt ?? 0)) / MINUTE;
      return { run, minutesLeft, deliveries, copies: run?.resent?.times ?? 0 };
    }

    it.each([
      ['upload', 'failed'],
      ['start', 'failed'],
      ['poll', 'unknown'],
    ] as const)('ends three hours after the first alarm where %s fails for a day', async (stage, outcome) => {
      const { run, minutesLeft, deliveries, copies } = await liveThrough(stage, 24 * 60);
      expect(run?.ended).toMatchObject({ outcome, failure: { category: 'internal' } });
      expect(minutesLeft).toBeGreaterThanOrEqual(175);
      expect(minutesLeft).toBeLessThanOrEqual(195);
      // Five of the first message and of each that was sent again, besides those of the copies.
      expect(copies).toBeGreaterThanOrEqual(3);
      expect(deliveries).toBeGreaterThanOrEqual(15);
    });

    it.each(['upload', 'start'] as const)('goes on when %s is mended within that time', async (stage) => {
      const { run } = await liveThrough(stage, 160);
      expect(run?.ended?.outcome).toBe('succeeded');
    });
  });

  it('ends unknown when its task may be running, and keeps the lane', async () => {
    await using world = await live({
      fate: dies(({ kind, name, about }) => kind === 'http' && name === 'GET' && /tasks\/\w+$/.test(about)),
    });
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs()[0]?.ended).toMatchObject({
      outcome: 'unknown',
      holdLane: 'a task of this run may still be running in Anaplan',
    });
  });
});

describe('a run whose handler died while a chunk was on its way, and whose message was buried then', () => {
  it('keeps the lane until the model answers a file call', async () => {
    let died = false;
    const fate = ({ name, about }: Operation): Fate => {
      if (died || name !== 'PUT' || !about.includes('/chunks/')) return GOES;
      died = true;
      return { kind: 'killed-after' };
    };
    const pipelines = { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } } as const;
    await using world = await live({ pipelines, fate, fails: (queue) => died && queue === 'upload' });
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs()[0]?.ended).toMatchObject({
      outcome: 'failed',
      holdLane: 'Anaplan has not answered since a file call of this run was cut off',
    });
    expect(world.heldLanes()).toHaveLength(1);
  });
});

describe('a drop that never becomes a run', () => {
  it('becomes one that has failed, with a report', async () => {
    let asked = 0;
    const fate = (operation: Operation): Fate => {
      const opens = operation.name === 'create' && operation.about.startsWith('runs/');
      return opens && ++asked <= 6 ? { kind: 'store-fault', fault: 'fail' } : GOES;
    };
    await using world = await live({ fate });
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs()[0]?.ended).toMatchObject({ outcome: 'failed', failure: { category: 'internal' } });
  });

  it('becomes a plain one when only its first deliveries failed', async () => {
    await using world = await live({ fate: failing(({ name, about }) => name === 'head' && about === FILE.key, 5) });
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
  });
});

describe('a part of a set that keeps failing', () => {
  const month = { model: 'Plan 1', steps: ['several-files'], on: '{ set: folder }' } as const;
  const DROPS = [
    ['month/03/products.csv', 'Product,Code\nChai,H\n'],
    ['month/03/sales.csv', FILE.text],
  ] as const;

  async function liveSet(fate: WorldOptions['fate']): Promise<World> {
    const world = await World.build({ like: 'aws', pipelines: { month }, taskSeconds: 20, ...(fate && { fate }) });
    for (const [key, text] of DROPS) {
      await world.drop(key, text);
      await world.clock.advance(1000);
    }
    await world.runUntilQuiet({ maxHours: 100 });
    return world;
  }

  it('before it has its place is reported, and is to be dropped again', async () => {
    await using world = await liveSet(failing(({ name, about }) => name === 'get' && about.startsWith('sets/'), 13));
    expect(violationsOf(world)).toEqual([]);
    const failed = world.runs().filter(({ ended }) => ended?.outcome === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const { ended } of failed) {
      expect(ended?.failure?.whatToCheck.at(-1)).toContain('drop the file again: it then takes its place in its set');
    }
  });

  it('in its place is no run of its own: the set is opened when the cause is gone', async () => {
    await using world = await liveSet(failing(({ name, about }) => name === 'create' && about.startsWith('runs/'), 12));
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs().map(({ trigger, ended }) => [trigger.kind, ended?.outcome])).toEqual([['set', 'succeeded']]);
  });
});

describe('a buried message', () => {
  it('of a run that is done deletes the ticket that was left', async () => {
    let met = false;
    const fate = ({ name, about }: Operation): Fate => {
      if (met || name !== 'delete' || !about.includes('/tickets/')) return GOES;
      met = true;
      return { kind: 'store-fault', fault: 'fail' };
    };
    await using world = await live({ fate, fails: (queue) => met && queue !== 'poison' });
    expect(met).toBe(true);
    expect(violationsOf(world)).toEqual([]);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
  });

  it.each([
    ['of a run that is done', 1],
    ['of a run that nobody knows', 99],
  ])('%s does nothing', async (_, turn) => {
    await using world = await live({});
    const runId = turn === 99 ? '20260105-0000000000000000' : (world.runs()[0]?.runId ?? '');
    await world.queues.send('poison', JSON.stringify(runMessage(runId, turn)));
    const before = world.runs();
    await world.runUntilQuiet();
    expect(world.runs()).toEqual(before);
    expect(violationsOf(world)).toEqual([]);
  });
});
