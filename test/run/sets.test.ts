import { describe, expect, it } from 'vitest';
import { dropSetSchema } from '../../shared/run/drop-set.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { violationsOf } from '../simulation/violations.ts';
import { sha256Of } from '../simulation/watcher.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const PRODUCTS = ['Product,Code', 'Tea,T', 'Coffee,C', 'Chai,H', ''].join('\n');
const SALES = ['Product,Month,Units', 'Tea,Jan 26,1', 'Coffee,Feb 26,2', 'Mug,Mar 26,3', 'Chai,Apr 26,4', ''].join(
  '\n',
);

interface Life {
  set: string;
  drops: readonly [key: string, text: string][];
}

const BY_FOLDER: Life = {
  set: 'folder',
  drops: [
    ['month/03/products.csv', PRODUCTS],
    ['month/03/sales.csv', SALES],
  ],
};
const BY_DATE: Life = {
  set: 'date',
  drops: [
    ['month/sales/sales-2026-03-02.csv', SALES],
    ['month/products/products_20260302.csv', PRODUCTS],
  ],
};
const BY_MARKER: Life = {
  set: '{ marker: "month/*/_READY" }',
  drops: [...BY_FOLDER.drops, ['month/03/_READY', '']],
};

async function begin({ set }: Pick<Life, 'set'>, options: Partial<WorldOptions> = {}): Promise<World> {
  const month = { model: 'Plan 1', steps: ['several-files'], on: `{ set: ${set} }` } as const;
  return World.build({ pipelines: { month }, taskSeconds: 20, like: 'local', ...options });
}

async function live(life: Life, options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await begin(life, options);
  for (const [key, text] of life.drops) {
    await world.clock.advance(1000);
    await world.drop(key, text);
  }
  await world.runUntilQuiet();
  if (options.watchSeconds !== undefined) await world.runUntilDone();
  return world;
}

/** What is wrong with a world in which one set should have been loaded, once. */
async function wrongWith(world: World): Promise<string[]> {
  const found = violationsOf(world);
  const [run, ...others] = world.runs();
  if (run === undefined || others.length > 0) return [...found, `there are ${world.runs().length} runs`];
  if (run.ended?.outcome !== 'succeeded')
    found.push(`it ended ${run.ended?.outcome}: ${run.ended?.failure?.message} at ${JSON.stringify(run.position)}`);
  const loads = world.watcher.ours.filter(({ action }) => action === 'Load All');
  if (loads.length !== 1) found.push(`the process was started ${loads.length} times`);
  const loaded = await contentsOf(world);
  for (const [file, text] of [
    ['products.csv', PRODUCTS],
    ['sales.csv', SALES],
  ] as const)
    if (!loaded.includes(sha256Of(text))) found.push(`Anaplan does not have the bytes of ${file}`);
  return found;
}

async function contentsOf(world: World): Promise<(string | undefined)[]> {
  const [model] = world.simulator.tenant.models;
  const files = new Set([...(model?.imports.values() ?? [])].flatMap(({ fileId }) => (fileId ? [fileId] : [])));
  const all = await Promise.all([...files].map((fileId) => model?.files.reports(() => '', fileId)));
  return all.flat().map((report) => report?.sha256);
}

function setsIn(world: World) {
  const keys = world.state.keys().filter((key) => key.startsWith('sets/'));
  return keys.map((key) => dropSetSchema.parse(JSON.parse(world.state.text(key) ?? '')));
}

describe.each(['local', 'aws'] as const)('like %s, a set', (like) => {
  it.each([
    ['of one folder', BY_FOLDER],
    ['of one date', BY_DATE],
    ['that a marker completes', BY_MARKER],
  ])('%s is one run of its process, with all its files', async (_, life) => {
    await using world = await live(life, { like });
    expect(await wrongWith(world)).toEqual([]);
    const [run] = world.runs();
    if (run === undefined) throw new Error('there is no run');
    const outcome = outcomeOf(run);
    expect(outcome.source).toBeUndefined();
    expect(outcome.sources).toMatchObject([
      { file: 'Load Products', rows: 3, sha256: sha256Of(PRODUCTS) },
      { file: 'Load Sales', rows: 4, sha256: sha256Of(SALES) },
    ]);
    expect(setsIn(world)).toMatchObject([
      { generation: 2, members: [], started: [{ opened: true, runId: run.runId }] },
    ]);
  });

  it('is told of twice and in any order, and is one run', async () => {
    for (const order of [
      [0, 1, 0, 1],
      [1, 0, 1, 0],
    ]) {
      await using world = await begin(BY_FOLDER, { like });
      for (const [key, text] of BY_FOLDER.drops) await world.drops.put(key, text);
      for (const index of order) await world.tellOf(BY_FOLDER.drops[index]?.[0] ?? '');
      await world.runUntilQuiet();
      // Told of again when it is long done.
      for (const index of order) await world.tellOf(BY_FOLDER.drops[index]?.[0] ?? '');
      await world.runUntilQuiet();
      expect(await wrongWith(world)).toEqual([]);
    }
  });

  it('is told of again when it was loaded and its drops were removed, and stays one run', async () => {
    const month = {
      model: 'Plan 1',
      steps: ['several-files'],
      on: '{ set: { marker: "month/*/_READY" } }',
      more: 'keep: delete',
    } as const;
    await using world = await begin(BY_MARKER, { like, pipelines: { month } });
    for (const [key, text] of BY_MARKER.drops) await world.drop(key, text);
    const late = world.dropped.map(({ key, versionId }) => ({ key, versionId }));
    await world.runUntilQuiet();
    expect(world.drops.keys()).toEqual([]);
    for (const { key, versionId } of late) {
      const s3 = { bucket: { name: 'plandrop-drops' }, object: { key, size: 1, versionId } };
      const eventTime = new Date(world.clock.now()).toISOString();
      await world.queues.send(
        'drops',
        JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', eventTime, s3 }] }),
      );
    }
    await world.runUntilQuiet();
    expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
    expect(violationsOf(world)).toEqual([]);
  });

  it('waits, visibly, for what is missing', async () => {
    await using world = await begin(BY_MARKER, { like });
    await world.drop('month/03/sales.csv', SALES);
    await world.drop('month/04/_READY', '');
    await world.runUntilQuiet();
    expect(world.runs()).toEqual([]);
    expect(setsIn(world)).toMatchObject([
      { setId: 'month/03/', members: [{ file: 'Load Sales' }], marker: null },
      { setId: 'month/04/', members: [], marker: { key: 'month/04/_READY' } },
    ]);
  });

  it('loads the newest of a file that was dropped twice, and keeps note of the other', async () => {
    await using world = await begin(BY_FOLDER, { like });
    await world.drop('month/03/sales.csv', 'Product,Month,Units\nTea,Jan 26,99\n');
    await world.clock.advance(1000);
    await world.drop('month/03/sales.csv', SALES);
    await world.drop('month/03/products.csv', PRODUCTS);
    await world.runUntilQuiet();
    expect(await wrongWith(world)).toEqual([]);
    expect(setsIn(world)).toMatchObject([{ superseded: [{ file: 'Load Sales', generation: 1 }] }]);
  });

  it('loads the newest of each file also when S3 tells of it after the marker', async () => {
    for (const late of ['month/03/sales.csv', 'month/03/products.csv']) {
      await using world = await begin(BY_MARKER, { like });
      for (const [key, text] of BY_FOLDER.drops) {
        if (key !== late) await world.drop(key, text);
        else await world.drop(key, 'Product,Month,Units\nTea,Jan 26,99\n');
      }
      await world.clock.advance(1000);
      await world.drop(late, BY_FOLDER.drops.find(([key]) => key === late)?.[1] ?? '', { copies: 0 });
      await world.drop('month/03/_READY', '');
      await world.runUntilQuiet();
      expect(await wrongWith(world)).toEqual([]);
      await world.tellOf(late);
      await world.runUntilQuiet();
      expect(world.runs()).toHaveLength(1);
      expect(setsIn(world)).toMatchObject([{ generation: 2, members: [], superseded: [{ key: late, generation: 1 }] }]);
    }
  });

  it('loads the newest of its last file also when S3 tells of that later', async () => {
    await using world = await begin(BY_FOLDER, { like });
    await world.drop('month/03/products.csv', PRODUCTS);
    await world.drop('month/03/sales.csv', 'Product,Month,Units\nTea,Jan 26,99\n');
    await world.drop('month/03/sales.csv', SALES, { copies: 0 });
    await world.runUntilQuiet();
    expect(await wrongWith(world)).toEqual([]);
    await world.tellOf('month/03/sales.csv');
    await world.runUntilQuiet();
    expect(setsIn(world)).toMatchObject([{ generation: 2, members: [], superseded: [{ file: 'Load Sales' }] }]);
  });

  it('that was started is followed by another when its files come again', async () => {
    await using world = await live(BY_FOLDER, { like });
    await world.clock.advance(60_000);
    await world.drop('month/03/products.csv', PRODUCTS);
    await world.runUntilQuiet();
    expect(world.runs()).toHaveLength(1);
    await world.drop('month/03/sales.csv', SALES);
    await world.runUntilQuiet();
    expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded', 'succeeded']);
    expect(violationsOf(world)).toEqual([]);
  });
});

const kill =
  (at: number, kind: 'killed-before' | 'killed-after') =>
  (operation: Operation): Fate =>
    operation.number === at ? { kind } : GOES;

describe('a file whose set goes by date', () => {
  it('is reported when its key has none, with what to do about it', async () => {
    await using world = await live({ set: 'date', drops: [['month/sales/sales-march.csv', SALES]] });
    world.watch();
    await world.runUntilQuiet();
    expect(world.runs()).toEqual([]);
    const [told, ...more] = world.alerts.published;
    expect(more).toEqual([]);
    expect(told?.text).toContain(
      '1. Put the date into the name of what pipeline month takes, such as 2026-01-31, and drop the file again.\n\n',
    );
  });
});

describe('a set whose processes die', () => {
  /**
   * What changes something, until its start is prepared: what follows is the life of any run, and who dies at a reading has done no
   * more than who died after the change before it.
   */
  async function changesOf(like: 'local' | 'aws'): Promise<number[]> {
    let started = 0;
    const changes: number[] = [];
    await using world = await live(BY_FOLDER, {
      like,
      fate: ({ kind, name, about, number }) => {
        if (started === 0 && kind === 'http' && name === 'GET' && /\/tasks\b/.test(about)) started = number;
        if (started === 0 && !/^(get|getRange|head|list|GET)$/.test(name)) changes.push(number);
        return GOES;
      },
    });
    expect(await wrongWith(world)).toEqual([]);
    expect(changes.length).toBeGreaterThan(15);
    return changes;
  }

  it.each([
    ['local', 'killed-before'],
    ['local', 'killed-after'],
    ['aws', 'killed-after'],
  ] as const)('like %s, %s each change until its start, is one run all the same', async (like, kind) => {
    const problems: string[] = [];
    for (const at of await changesOf(like)) {
      await using world = await live(BY_FOLDER, { like, fate: kill(at, kind) });
      problems.push(...(await wrongWith(world)).map((what) => `${kind} ${at}: ${what}`));
    }
    expect(problems).toEqual([]);
  });

  it('is opened by the watch when its messages are gone', async () => {
    await using world = await begin(BY_FOLDER, {
      watchSeconds: 300,
      like: 'aws',
      fate: ({ name, about }) => (name === 'create' && about.startsWith('runs/') ? { kind: 'killed-before' } : GOES),
    });
    for (const [key, text] of BY_FOLDER.drops) await world.drop(key, text);
    for (let steps = 0; steps < 60 && setsIn(world)[0]?.started[0] === undefined; steps++) await world.step();
    expect(setsIn(world)[0]?.started).toMatchObject([{ opened: false }]);
    for (;;) {
      const [message] = await world.queues.receive('drops', { max: 1, visibilitySeconds: 0 });
      if (message === undefined) break;
      await world.queues.delete('drops', message.receiptHandle);
    }
    world.fate = () => GOES;
    await world.clock.advance(1_200_000);
    world.watch();
    await world.runUntilQuiet();
    expect(await wrongWith(world)).toEqual([]);
  });
});
