import { describe, expect, it } from 'vitest';
import { type Holder, leaveLane } from '../../shared/run/lane.ts';
import { holdLane, releaseLane } from '../../shared/run/lane-by-hand.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import type { BegunRun, Settled } from '../../shared/run/run.ts';
import { settleRun } from '../../shared/run/settle.ts';
import type { Scenario } from '../../simulator/index.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { servicesToRelease } from '../simulation/people.ts';
import { seededRandom } from '../simulation/random.ts';
import { type Dropped, keyOf, violationsOf } from '../simulation/violations.ts';
import { sha256Of } from '../simulation/watcher.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const rows = (units: number) => `Product,Month,Units\nTea,Jan 26,${units}\nCoffee,Feb 26,${units}\nMug,Mar 26,3\n`;
const file = (name: string, units: number): Dropped => ({ key: `sales/${name}.csv`, text: rows(units) });
const FILES = [file('a', 1), file('b', 2), file('c', 3)];
const FIRST_FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { task: { fails: { type: 'actionFailed' } } } }],
};
const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1);

function build(options: Partial<WorldOptions> = {}): Promise<World> {
  return World.build({
    pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
    taskSeconds: 20,
    ...options,
  });
}

/** The keys of the drops in the order in which Anaplan was told to load them. */
function loaded(world: World, dropped: readonly Dropped[]): string[] {
  return world.watcher.ours.map(
    ({ sha256 }) => dropped.find(({ text }) => sha256Of(text) === sha256)?.key ?? 'strange',
  );
}

/** In the order of their keys. */
const outcomes = (world: World) => {
  const runs = world.runs().map((run) => [keyOf(run), run.ended?.outcome ?? 'waits'] as const);
  return new Map(runs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/** Lets one drop have the lane, and the others arrive while it is uploading. */
async function meanwhile(world: World, [first, ...others]: readonly Dropped[]): Promise<void> {
  if (first === undefined) return;
  await world.drop(first.key, first.text);
  while (world.runs()[0]?.lane == null) await world.step();
  for (const { key, text } of others) {
    await world.clock.advance(1000);
    await world.drop(key, text);
  }
}

describe.each(['local', 'aws'] as const)('like %s, a lane', (like) => {
  it('gives runs their turn in the order of their drops, whoever asks first', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      await using world = await build({
        like,
        seed,
        choose: (choices) => Math.floor(random() * choices),
        concurrency: 5,
      });
      await meanwhile(world, FILES);
      await world.runUntilQuiet();
      expect([seed, ...violationsOf(world)]).toEqual([seed]);
      expect([seed, ...loaded(world, FILES)]).toEqual([seed, 'sales/a.csv', 'sales/b.csv', 'sales/c.csv']);
    }
  });

  it('is taken by one of those that race for it, and loses none', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      await using world = await build({
        like,
        seed,
        choose: (choices) => Math.floor(random() * choices),
        concurrency: 5,
      });
      for (const { key, text } of FILES) await world.drop(key, text, { copies: 2 });
      await world.runUntilQuiet();
      expect([seed, ...violationsOf(world)]).toEqual([seed]);
      expect(loaded(world, FILES).toSorted()).toEqual(FILES.map(({ key }) => key));
    }
  });

  it('does not make its holder wait for an older drop that arrives later, which says so', async () => {
    await using world = await build({ like });
    const [older = file('a', 1), younger = file('b', 2)] = FILES;
    await world.drop(older.key, older.text, { delaySeconds: 60 });
    await world.clock.advance(1000);
    await world.drop(younger.key, younger.text);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(loaded(world, FILES)).toEqual(['sales/b.csv', 'sales/a.csv']);
    const run = world.runs().find((each) => keyOf(each) === older.key);
    expect(run?.journal.map(({ text }) => text).join()).toContain('it arrived later, and ran next');
  });
});

describe('a lane', () => {
  it('stays held after a failure, until a person releases it', async () => {
    await using world = await build({
      scenario: FIRST_FAILS,
      pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    });
    await meanwhile(world, FILES);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect([...outcomes(world).values()].toSorted()).toEqual(['failed', 'waits', 'waits']);
    expect(await release(world)).toBe(true);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(loaded(world, FILES)).toEqual(['sales/a.csv', 'sales/b.csv', 'sales/c.csv']);
    expect(await release(world)).toBe(false);
  });

  it('goes to the next when it is released before the one that held it could tell of its failure', async () => {
    const tellsNobody = ({ kind, about }: Operation): Fate =>
      kind === 'queue' && about === 'failures' ? { kind: 'queue-fault', fault: 'fail' } : GOES;
    const pipelines = { sales: { model: 'Plan 1', steps: ['import'] } } as const;
    await using world = await build({ scenario: FIRST_FAILS, pipelines, fate: tellsNobody });
    await meanwhile(world, FILES);
    while (world.heldLanes().length === 0) await world.step();
    expect(await release(world)).toBe(true);
    for (let steps = 0; steps < 100; steps++) await world.step();
    world.fate = () => GOES;
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect([...outcomes(world).values()].toSorted()).toEqual(['failed', 'succeeded', 'succeeded']);
  });

  it.each([
    ['failed', 'nobody was woken', 'list'],
    ['succeeded', 'nothing of the rest was begun', 'send'],
  ] as const)(
    'goes to the next when its run is settled as %s a second time, after %s by the first',
    async (as, _, failing) => {
      await using world = await build({
        scenario: { rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'before' } }] },
      });
      await meanwhile(world, FILES.slice(0, 2));
      await world.runUntilQuiet();
      const say = async () => {
        const services = world.servicesOf(world.newProcess());
        const held = await world.doing(
          readRun(services, world.runs().find(({ ended }) => ended?.outcome === 'unknown')?.runId ?? ''),
        );
        if (held === undefined) throw new Error('there is no run');
        return world.doing(settleRun(services, held, { as, by: 'ann', evidence: 'looked' }));
      };
      const ended = world.deed();
      world.fate = ({ name }) => (name === failing ? { kind: 'killed-before' } : GOES);
      await expect(say()).rejects.toThrow('is dead');
      world.fate = () => GOES;
      expect(await say()).toMatchObject({ ok: false });
      ended();
      await world.runUntilQuiet();
      expect([...outcomes(world).values()]).toEqual(['unknown', 'succeeded']);
      expect(violationsOf(world)).toEqual([]);
    },
  );

  it('held by hand lets its holder finish, and then nobody in', async () => {
    await using world = await build();
    await meanwhile(world, FILES);
    await byHand(world, (services, modelId) => holdLane(services, modelId, { by: 'ann', reason: 'month end' }));
    await world.runUntilQuiet();
    expect(outcomes(world).get('sales/a.csv')).toBe('succeeded');
    expect(outcomes(world).get('sales/b.csv')).toBe('waits');
    await release(world);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(new Set(outcomes(world).values())).toEqual(new Set(['succeeded']));
  });

  it.each([
    ['when another has seen the run through', 0],
    ['also when its next write fails', 1],
  ])('is not kept by a delivery that was slow to take it, %s', async (_, failures) => {
    await using world = await build({ like: 'aws', concurrency: 2 });
    let listed = 0;
    let failed = 0;
    const late = world.clock.now() + 100_000;
    world.fate = ({ name, about }) =>
      world.clock.now() >= late && name === 'replace' && about.startsWith('runs/') && failed++ < failures
        ? { kind: 'store-fault', fault: 'conflict' }
        : GOES;
    world.slowness = ({ name, about }) =>
      name === 'list' && about.includes('/tickets/') && ++listed === 1 ? 100_000 : 0;
    const [file] = FILES;
    if (file === undefined) throw new Error('there is no file');
    await world.drop(file.key, file.text, { copies: 2 });
    await world.runUntilQuiet();
    expect([...outcomes(world).values()]).toEqual(['succeeded']);
    expect(holderOf(world)).toMatchObject({ runId: null, fence: 2 });
    expect(failed).toBeGreaterThanOrEqual(failures);
    expect(violationsOf(world)).toEqual([]);
  });

  it('is taken by a newcomer whose ticket was being written while the lane was left', async () => {
    await using world = await build();
    const [first, second] = FILES;
    if (first === undefined || second === undefined) throw new Error('there are no files');
    await world.drop(first.key, first.text);
    while (world.runs()[0]?.position.stage !== 'poll') await world.step();
    world.slowness = ({ name, about }) => (name === 'create' && about.includes('/tickets/') ? 100_000 : 0);
    await world.drop(second.key, second.text);
    await world.runUntilQuiet();
    expect([...outcomes(world).values()]).toEqual(['succeeded', 'succeeded']);
    expect(violationsOf(world)).toEqual([]);
  });

  describe('held by hand while its holder ends with a reason to keep it', () => {
    const START_LOST: Scenario = {
      rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'before' } }],
    };
    const STORIES = [
      [
        'nobody knows what became of its task',
        START_LOST,
        'unknown',
        'a task of this run may still be running in Anaplan',
      ],
      ['it failed and says so', FIRST_FAILS, 'failed', 'the run ended failed and the pipeline says onFailure: hold'],
    ] as const;
    const buildHeld = (scenario: Scenario, options: Partial<WorldOptions> = {}) =>
      build({ scenario, pipelines: { sales: { model: 'Plan 1', steps: ['import'] } }, ...options });
    const hold = (world: World) =>
      byHand(world, (services, modelId) => holdLane(services, modelId, { by: 'ann', reason: 'month end' }));
    const first = (world: World) => world.runs().find((run) => keyOf(run) === 'sales/a.csv');

    it.each(STORIES)('stays held by that run when the person releases it: %s', async (_, scenario, outcome, reason) => {
      await using world = await buildHeld(scenario);
      await meanwhile(world, FILES.slice(0, 2));
      await hold(world);
      await world.runUntilQuiet();
      expect(holderOf(world).hold).toEqual({ by: 'ann', reason: 'month end' });
      expect(await release(world)).toBe(true);
      await world.runUntilQuiet();
      expect(holderOf(world)).toMatchObject({ hold: { by: `run ${first(world)?.runId}`, reason } });
      expect([...outcomes(world).values()]).toEqual([outcome, 'waits']);
      expect(await release(world)).toBe(true);
      await world.runUntilQuiet();
      expect([...outcomes(world).values()]).toEqual([outcome, 'succeeded']);
      expect(violationsOf(world)).toEqual([]);
    });

    it('stays held by that run also when the answer to the release is lost', async () => {
      await using world = await buildHeld(START_LOST);
      await meanwhile(world, FILES.slice(0, 2));
      await hold(world);
      await world.runUntilQuiet();
      let lost = 0;
      world.fate = ({ name }) =>
        name === 'replace' && lost++ === 0 ? { kind: 'store-fault', fault: 'lost-then-refused' } : GOES;
      expect(await release(world)).toBe(true);
      await world.runUntilQuiet();
      expect(lost).toBe(1);
      expect(holderOf(world).hold?.by).toBe(`run ${first(world)?.runId}`);
      expect([...outcomes(world).values()]).toEqual(['unknown', 'waits']);
    });

    it('stays held by that run when the person releases it at the moment at which it ends', async () => {
      for (const seed of Array.from({ length: 60 }, (_, i) => i + 1)) {
        const random = seededRandom(seed);
        await using world = await buildHeld(FIRST_FAILS, { seed, concurrency: 5 });
        await meanwhile(world, FILES.slice(0, 2));
        await hold(world);
        while (first(world)?.position.stage !== 'collect') await world.step();
        for (let steps = Math.floor(random() * 20); steps > 0; steps--) await world.step();
        // From then on whatever the person's command is about to do waits for all that the run does.
        let inTurn = Math.floor(random() * 12);
        world.options.choose = (choices) => (inTurn-- > 0 ? 0 : choices - 1);
        await release(world);
        await world.runUntilQuiet();
        expect([seed, holderOf(world).hold?.by]).toEqual([seed, `run ${first(world)?.runId}`]);
        expect([seed, ...outcomes(world).values()]).toEqual([seed, 'failed', 'waits']);
        expect([seed, ...violationsOf(world)]).toEqual([seed]);
      }
    });

    it('is free when that run was settled and the person releases it', async () => {
      await using world = await buildHeld(START_LOST);
      await meanwhile(world, FILES.slice(0, 2));
      await hold(world);
      await world.runUntilQuiet();
      const settled = await byHand(world, async (services) => {
        const held = await readRun(services, first(world)?.runId ?? '');
        return held && settleRun(services, held, { as: 'succeeded', by: 'bob', evidence: 'looked' });
      });
      expect(settled).toMatchObject({ ok: true, lane: { freed: false, because: 'ann: month end' } });
      await world.runUntilQuiet();
      expect(holderOf(world).hold?.by).toBe('ann');
      await release(world);
      await world.runUntilQuiet();
      expect([...outcomes(world).values()]).toEqual(['unknown', 'succeeded']);
      expect(violationsOf(world)).toEqual([]);
    });
  });

  describe('held by hand after its run has left it held', () => {
    const STORIES: readonly [string, Settled['as'] | 'redriven'][] = [
      ['settled as succeeded', 'succeeded'],
      ['settled as failed', 'failed'],
      ['redriven', 'redriven'],
    ];

    it.each(STORIES)(
      'stays held by the person when the run is %s, and goes on when the person releases it',
      async (_, how) => {
        const lost = { match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'before' } } as const;
        const scenario: Scenario = how === 'redriven' ? FIRST_FAILS : { rules: [lost] };
        const onFailure = how === 'redriven' ? 'hold' : 'continue';
        await using world = await build({
          scenario,
          pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure } },
        });
        await meanwhile(world, FILES.slice(0, 2));
        await world.runUntilQuiet();
        const ann = { by: 'ann', reason: 'model rebuild until Monday' };
        const hold = () => byHand(world, (services, modelId) => holdLane(services, modelId, ann));
        const first = world.runs().find((run) => keyOf(run) === 'sales/a.csv');
        expect(holderOf(world).hold?.by).toBe(`run ${first?.runId}`);
        expect([await hold(), await hold()]).toEqual([true, false]);
        expect(holderOf(world).hold).toEqual(ann);
        // What the run has left to do may be done twice.
        await byHand(world, (services) => leaveLane(services, first as BegunRun, first?.ended?.holdLane));
        expect(holderOf(world).hold).toEqual(ann);
        await byHand(world, async (services) => {
          const held = await readRun(services, first?.runId ?? '');
          if (held === undefined || first?.pipeline == null) throw new Error('there is no run');
          if (how === 'redriven') return redriveRun(services, held, first.pipeline);
          return settleRun(services, held, { as: how, by: 'bob', evidence: 'looked' });
        });
        await world.runUntilQuiet();
        for (let looks = 0; looks < 3; looks++) {
          await world.clock.advance(300_000);
          world.watch();
          await world.runUntilQuiet();
        }
        expect(holderOf(world).hold).toEqual(ann);
        expect(outcomes(world).get('sales/b.csv')).toBe('waits');
        await release(world);
        await world.runUntilQuiet();
        expect(outcomes(world).get('sales/b.csv')).toBe('succeeded');
        expect(holderOf(world).hold).toBeNull();
        expect(violationsOf(world)).toEqual([]);
      },
    );

    it('stays held by the run when nobody has settled it and the person releases it', async () => {
      await using world = await build({
        scenario: FIRST_FAILS,
        pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
      });
      await meanwhile(world, FILES.slice(0, 1));
      await world.runUntilQuiet();
      const before = holderOf(world).hold;
      await byHand(world, (services, modelId) => holdLane(services, modelId, { by: 'ann', reason: 'month end' }));
      await release(world);
      expect(holderOf(world).hold).toEqual(before);
    });
  });

  it('goes to the next when the first that waits is cancelled', async () => {
    await using world = await build();
    await meanwhile(world, FILES);
    await world.runUntilQuiet({ maxHours: 0 }).catch(() => {});
    while (world.runs().length < 3) await world.step();
    const second = world.runs().find((run) => keyOf(run) === 'sales/b.csv');
    const cancelled = byHand(world, (services) => requestCancel(services, second?.runId ?? '', 'ann'));
    await world.runUntilQuiet();
    await cancelled;
    expect(violationsOf(world)).toEqual([]);
    expect(outcomes(world)).toEqual(
      new Map([
        ['sales/a.csv', 'succeeded'],
        ['sales/b.csv', 'cancelled'],
        ['sales/c.csv', 'succeeded'],
      ]),
    );
  });

  it('is freed of a holder and a ticket whose runs are done', async () => {
    await using world = await build();
    const [first = file('a', 1), second = file('b', 2)] = FILES;
    await world.drop(first.key, first.text);
    await world.runUntilQuiet();
    const [run] = world.runs();
    const holder = world.state.keys().find((key) => key.endsWith('/holder')) ?? '';
    await world.state.put(holder, JSON.stringify({ runId: run?.runId, fence: 1, hold: null, last: null }));
    await world.state.put(run?.ticket ?? '', '{}');
    await world.drop(second.key, second.text);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
  });

  it('survives that each of the steps of leaving it is the last of its process', async () => {
    const problems: string[] = [];
    for (const kind of ['killed-before', 'killed-after'] as const) {
      for (let at = 1; at < 12; at++) {
        let left = 0;
        const fate = (operation: Operation): Fate => {
          const leaving =
            left > 0 || (operation.name === 'get' && operation.about.endsWith('holder') && hasEnded(world));
          if (!leaving || ++left !== at) return GOES;
          return { kind };
        };
        await using world = await build({ like: 'aws' });
        await meanwhile(world, FILES);
        world.fate = fate;
        await world.runUntilQuiet();
        problems.push(...violationsOf(world).map((what) => `${kind} ${at}: ${what}`));
        if (loaded(world, FILES).join() !== FILES.map(({ key }) => key).join()) problems.push(`${kind} ${at}: order`);
      }
    }
    expect(problems).toEqual([]);
  });
});

const hasEnded = (world: World) => world.runs().some(({ ended }) => ended !== null);

function holderOf(world: World): Holder {
  return JSON.parse(world.state.text(`lanes/${world.simulator.model.id}/holder`) ?? '');
}

/** What a person does from the command line, in a process of its own. */
async function byHand<T>(
  world: World,
  act: (services: ReturnType<World['servicesOf']>, modelId: string) => Promise<T>,
): Promise<T> {
  return world.doing(act(world.servicesOf(world.newProcess()), world.simulator.model.id));
}

const release = (world: World) => world.doing(releaseLane(servicesToRelease(world), world.simulator.model.id));
