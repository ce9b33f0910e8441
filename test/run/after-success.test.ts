import { describe, expect, it } from 'vitest';
import { readRun } from '../../shared/run/ledger.ts';
import type { Run } from '../../shared/run/run.ts';
import { settleRun } from '../../shared/run/settle.ts';
import type { Scenario } from '../../simulator/index.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

/** What a run that succeeded leaves to do: its followers start, and its drop is seen to. */

const KEY = 'sales/a.csv';
const GOOD = ['Product,Month,Units', 'Tea,Jan 26,1', 'Coffee,Feb 26,2', ''].join('\n');
const REJECTED = ['Product,Month,Units', 'Tea,Jan 26,1', 'Cocoa,Feb 26,2', ''].join('\n');
const FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/imports/*/tasks' }, do: { task: { fails: { type: 'actionFailed' } } } }],
};

interface Options extends Partial<WorldOptions> {
  sales?: Partial<PipelineOptions>;
  text?: string;
}

async function live({ sales = {}, text = GOOD, ...options }: Options = {}): Promise<World> {
  const world = await World.build({
    taskSeconds: 20,
    like: 'local',
    pipelines: {
      sales: { model: 'Plan 1', steps: ['import'], ...sales },
      totals: { model: 'Plan 1', steps: ['process'], on: '{ after: sales }' },
      report: { model: 'Plan 1', steps: ['process'], on: '{ after: totals }' },
    },
    ...options,
  });
  await world.drop(KEY, text);
  await world.runUntilQuiet();
  return world;
}

const outcomes = (world: World) =>
  Object.fromEntries(world.runs().map(({ pipelineName, ended }) => [pipelineName, ended?.outcome]));
const runOf = (world: World, pipeline: string): Run | undefined =>
  world.runs().find(({ pipelineName }) => pipelineName === pipeline);

describe('the pipelines that follow another', () => {
  it('run when it has succeeded, one after the other', async () => {
    await using world = await live();
    expect(outcomes(world)).toEqual({ sales: 'succeeded', totals: 'succeeded', report: 'succeeded' });
    expect(world.runs()).toHaveLength(3);
    const [sales, totals] = [runOf(world, 'sales'), runOf(world, 'totals')];
    expect(totals?.trigger).toEqual({
      kind: 'after',
      pipeline: 'sales',
      runId: sales?.runId,
      endedAt: sales?.ended?.at,
    });
    expect(violationsOf(world)).toEqual([]);
  });

  it('run when the rows that it lost are within its allowance, and not beyond it', async () => {
    await using within = await live({ text: REJECTED, sales: { maxRows: 1 } });
    expect(outcomes(within)).toMatchObject({ sales: 'succeeded-with-rejects', totals: 'succeeded' });
    await using beyond = await live({ text: REJECTED });
    expect(outcomes(beyond)).toEqual({ sales: 'succeeded-with-rejects' });
  });

  it('do not run when it has failed', async () => {
    await using world = await live({ scenario: FAILS });
    expect(outcomes(world)).toEqual({ sales: 'failed' });
  });

  it('run once, however often they are told', async () => {
    const twice = ({ kind }: Operation): Fate =>
      kind === 'queue' ? { kind: 'queue-fault', fault: 'duplicate' } : GOES;
    await using world = await live({ fate: twice, like: 'aws' });
    expect(world.runs()).toHaveLength(3);
    expect(world.watcher.ours.filter(({ action }) => action === 'Recalculate')).toHaveLength(2);
  });
});

describe('a drop that was loaded', () => {
  const drops = (world: World) => Object.fromEntries(world.drops.keys().map((key) => [key, world.drops.text(key)]));
  const tags = (world: World, key = KEY) => world.drops.tags(key);

  it('stays and is tagged, where nothing is said', async () => {
    await using world = await live();
    expect(drops(world)).toEqual({ [KEY]: GOOD });
    expect(tags(world)).toEqual({ plandrop: 'succeeded', 'plandrop-run': runOf(world, 'sales')?.runId });
  });

  it('is moved to the archive', async () => {
    await using world = await live({ sales: { more: 'keep: { archive: "done/" }' } });
    expect(drops(world)).toEqual({ [`done/${KEY}`]: GOOD });
    expect(tags(world, `done/${KEY}`)).toMatchObject({ plandrop: 'succeeded' });
  });

  it('is removed, and with it no other version of its key', async () => {
    await using world = await World.build({
      like: 'local',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'], more: 'keep: delete' } },
    });
    await world.drop(KEY, GOOD);
    await world.drops.put(KEY, 'not told of yet');
    await world.runUntilQuiet();
    expect(outcomes(world)).toEqual({ sales: 'succeeded' });
    expect(drops(world)).toEqual({ [KEY]: 'not told of yet' });
    await world.tellOf(KEY);
    await world.runUntilQuiet();
    expect(drops(world)).toEqual({ [KEY]: 'not told of yet' });
    expect(
      world
        .runs()
        .map(({ ended }) => ended?.outcome)
        .sort(),
    ).toEqual(['failed', 'succeeded']);
  });

  it.each(['delete', '{ archive: "done/" }'])('is told of again after %s, and has its run already', async (keep) => {
    await using world = await World.build({
      like: 'local',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'], more: `keep: ${keep}` } },
    });
    // Within a second, and at the end of a day: the event's time is the later one.
    await world.clock.advance(Date.UTC(2026, 0, 5, 23, 59, 59, 400) - world.clock.now());
    await world.drop(KEY, GOOD);
    const [version] = world.dropped;
    await world.runUntilQuiet();
    expect(world.drops.text(KEY)).toBeUndefined();
    for (const eventTime of ['2026-01-05T23:59:59.400Z', '2026-01-06T00:00:03.000Z']) {
      const s3 = { bucket: { name: 'plandrop-drops' }, object: { key: KEY, versionId: version?.versionId } };
      const body = JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', eventTime, s3 }] });
      await world.queues.send('drops', body);
    }
    await world.runUntilQuiet();
    expect(outcomes(world)).toEqual({ sales: 'succeeded' });
    expect(world.runs()).toHaveLength(1);
  });

  it.each([
    ['failed', GOOD, FAILS],
    ['lost more rows than its pipeline allows', REJECTED, { rules: [] }],
  ])('is left alone when its run %s, because a redrive needs it', async (_, text, scenario) => {
    await using world = await live({ text, scenario, sales: { more: 'keep: delete' } });
    expect(drops(world)).toEqual({ [KEY]: text });
    expect(tags(world)).toEqual({});
  });

  it('is left alone, and nothing follows, when the dump of its few rejected rows is lost', async () => {
    const gone = { match: { method: 'GET', path: '**/dump/**' }, do: { answer: { status: 404 } } };
    const rules = [gone, { ...gone, match: { method: 'GET', path: '**/dump' } }];
    const text = `Product,Code\nChai,H\n${'x'.repeat(80)},X\n`;
    const sales = { steps: ['list-import'], maxRows: 100, more: 'keep: delete' } as const;
    await using world = await live({ text, scenario: { rules }, sales });
    expect(outcomes(world)).toEqual({ sales: 'succeeded-with-rejects' });
    expect(runOf(world, 'sales')?.steps[0]?.result).toMatchObject({
      counts: { rejected: 1 },
      dumpLost: expect.stringContaining('no longer has it'),
    });
    expect(drops(world)).toEqual({ [KEY]: text });
    expect(world.alerts.published.map(({ text: told }) => told)).toEqual([
      expect.stringContaining('Nobody can tell any more which rows, so they are beyond any allowance.'),
    ]);
  });

  it('with all its set, marker included', async () => {
    await using world = await World.build({
      like: 'local',
      pipelines: {
        month: {
          model: 'Plan 1',
          steps: ['several-files'],
          on: '{ set: { marker: "month/*/_READY" } }',
          more: 'keep: { archive: "done/" }',
        },
      },
    });
    await world.drop('month/03/products.csv', 'Product,Code\nTea,T\n');
    await world.drop('month/03/sales.csv', GOOD);
    await world.drop('month/03/_READY', '');
    await world.runUntilQuiet();
    expect(outcomes(world)).toEqual({ month: 'succeeded' });
    expect(world.drops.keys()).toEqual([
      'done/month/03/_READY',
      'done/month/03/products.csv',
      'done/month/03/sales.csv',
    ]);
  });

  it('is not told of as unmatched when its copy is written', async () => {
    await using world = await live({ sales: { more: 'keep: { archive: "done/" }' } });
    await world.tellOf(`done/${KEY}`);
    await world.runUntilQuiet();
    world.watch();
    await world.runUntilQuiet();
    expect(world.alerts.published).toEqual([]);
    expect(world.runs()).toHaveLength(3);
  });
});

describe('a run that nobody knew the end of, settled as succeeded', () => {
  const LOST: Scenario = { rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'before' } }] };
  const archived = { more: 'keep: { archive: "done/" }' };

  /** Somebody settles the run of sales in a process of their own, which may die. */
  async function settle(world: World): Promise<void> {
    const process = world.newProcess();
    const services = world.servicesOf(process);
    const word = { as: 'succeeded', by: 'ada', evidence: 'its data is there' } as const;
    const settled = (async () => {
      const held = await readRun(services, runOf(world, 'sales')?.runId ?? '');
      if (held !== undefined) await settleRun(services, held, word);
    })().catch(() => {});
    await world.doing(Promise.race([settled, process.died]));
    await world.runUntilQuiet();
  }

  it('is followed, and its drop is seen to', async () => {
    await using world = await live({ scenario: LOST, sales: archived });
    expect(outcomes(world)).toEqual({ sales: 'unknown' });
    expect(world.drops.keys()).toEqual([KEY]);
    await settle(world);
    expect(outcomes(world)).toEqual({ sales: 'unknown', totals: 'succeeded', report: 'succeeded' });
    expect(world.drops.keys()).toEqual([`done/${KEY}`]);
    expect(world.drops.tags(`done/${KEY}`)).toMatchObject({ plandrop: 'succeeded' });
    expect(runOf(world, 'totals')?.trigger).toMatchObject({ endedAt: runOf(world, 'sales')?.settled?.at });
  });

  it('in a step that is not its last, leaves that to its redrive', async () => {
    await using world = await live({ scenario: LOST, sales: { ...archived, steps: ['import', 'process'] } });
    await settle(world);
    expect(outcomes(world)).toEqual({ sales: 'unknown' });
    expect(world.drops.keys()).toEqual([KEY]);
  });

  it('by somebody who dies at any moment, is followed once it is settled', async () => {
    const problems: string[] = [];
    for (let at = 1; at < 14; at++) {
      await using world = await live({ scenario: LOST, sales: archived });
      const first = world.operations;
      world.fate = ({ number }) => (number === first + at ? { kind: 'killed-after' } : GOES);
      await settle(world);
      if (runOf(world, 'sales')?.settled === undefined) continue;
      await world.clock.advance(3_600_000);
      world.watch();
      await world.runUntilQuiet();
      if (world.runs().length !== 3 || world.drops.keys().join() !== `done/${KEY}`)
        problems.push(`${at}: ${JSON.stringify(outcomes(world))} ${world.drops.keys().join()}`);
    }
    expect(problems).toEqual([]);
  });
});

describe('what is left to do after a success', () => {
  const archived = { more: 'keep: { archive: "done/" }' };

  it.each([
    ['local', 'killed-before'],
    ['local', 'killed-after'],
    ['aws', 'killed-after'],
  ] as const)('like %s, %s each operation of it, is done all the same', async (like, kind) => {
    let first = 0;
    let last = 0;
    await using plain = await live({
      like,
      sales: archived,
      fate: ({ number, about, name }, world) => {
        if (first === 0 && runOf(world, 'sales')?.ended?.outcome === 'succeeded') first = number;
        if (last === 0 && name === 'create' && about.startsWith('runs/') && first > 0) last = number;
        return GOES;
      },
    });
    expect(outcomes(plain)).toEqual({ sales: 'succeeded', totals: 'succeeded', report: 'succeeded' });
    expect(last - first).toBeGreaterThan(5);
    const problems: string[] = [];
    for (let at = first - 1; at <= last + 2; at++) {
      let killed: Operation | undefined;
      await using world = await live({
        like,
        sales: archived,
        fate: (operation) => {
          if (operation.number !== at) return GOES;
          killed = operation;
          return { kind };
        },
      });
      const where = `${kind} ${at} (${killed?.kind} ${killed?.name} ${killed?.about})`;
      const found = violationsOf(world);
      if (world.runs().length !== 3) found.push(`there are ${world.runs().length} runs`);
      if (world.runs().some(({ ended }) => ended?.outcome !== 'succeeded')) found.push(JSON.stringify(outcomes(world)));
      if (world.drops.keys().join() !== `done/${KEY}`) found.push(`the bucket has ${world.drops.keys().join()}`);
      if (world.drops.text(`done/${KEY}`) !== GOOD) found.push('the archived bytes differ');
      problems.push(...found.map((what) => `${where}: ${what}`));
    }
    expect(problems).toEqual([]);
  });
});
