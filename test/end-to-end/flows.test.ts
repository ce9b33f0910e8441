import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import { LocalScheduler, schedulesOf } from '../../infra/local/local-scheduler.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import { isDone, type Run, runSchema } from '../../shared/run/run.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { impatient, landing, when } from './landing.ts';
import { plandrop } from './plandrop.ts';

/** What starts when, and what becomes of the files: through the local engine and its drop folder, against the simulator. */

const TENANT: TenantDefinition = {
  workspace: 'Finance',
  models: {
    'FY26 Plan': {
      lists: { Products: ['Tea'], Regions: ['North'] },
      imports: {
        'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name', Code: 'code' } },
        'Load Regions': { into: 'Regions', file: 'regions.csv', columns: { Region: 'name', Code: 'code' } },
      },
      actions: { Clear: { delete: 'Products', where: { name: 'Tea' } } },
      processes: { 'Load All': ['Load Products', 'Load Regions'], Nightly: ['Clear'] },
    },
  },
};
const PRODUCTS = 'Product,Code\nCoffee,K\nMug,M\n';
const REGIONS = 'Region,Code\nSouth,S\n';
const FILES = 'files: { Load Products: "in/**/products*.csv", Load Regions: "in/**/regions*.csv" }';

type Office = Awaited<ReturnType<typeof landing>>;

/** An engine with a folder to drop files into. */
async function office(pipelines: string) {
  const engine = await landing({ tenant: TENANT, pipelines });
  const drops = join(engine.dataDir, 'in');
  const folder = new DropFolder(drops, engine.folder);
  folder.start();
  return {
    ...engine,
    /** Renamed in, as a careful sender does. */
    async drop(key: string, content: string): Promise<void> {
      const path = join(drops, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.partial`, content);
      await rename(`${path}.partial`, path);
    },
    /** Waits until the bucket has it. */
    async taken(key: string, content: string): Promise<void> {
      while ((await engine.folder.drops.head(key))?.size !== content.length) await engine.folder.clock.sleep(500);
    },
    /** The runs that are over, as soon as there are so many. */
    async over(count: number): Promise<Run[]> {
      for (;;) {
        const runs = await runsOf(engine);
        if (runs.length >= count && runs.every(isDone)) return runs;
        await engine.folder.clock.sleep(500);
      }
    },
    /** Every key in the bucket that drops land in. */
    async keys(): Promise<string[]> {
      const keys: string[] = [];
      for await (const { key } of engine.folder.drops.list('')) keys.push(key);
      return keys;
    },
    async [Symbol.asyncDispose]() {
      await folder.stop();
      await engine[Symbol.asyncDispose]();
    },
  };
}

async function runsOf({ folder }: Pick<Office, 'folder'>): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const { key } of folder.state.list('runs/')) {
    const { body } = (await folder.state.get(key)) ?? {};
    runs.push(runSchema.parse(JSON.parse(Buffer.from(body ?? []).toString())));
  }
  return runs;
}

const loaded = (outcome: RunOutcome) => outcome.sources?.map(({ file, key, rows }) => [file, key, rows]);

describe.concurrent('a process with several files', () => {
  const pipeline = (set: string) => impatient('all', `[{ process: Load All, ${FILES} }]`, `on: { set: ${set} }`);

  it('starts when those of one date are there, whatever their folders', async () => {
    await using at = await office(pipeline('date'));
    await at.drop('in/a/products-2026-03-01.csv', 'of another day');
    await at.drop('in/a/products-2026-03-02.csv', PRODUCTS);
    await at.drop('in/b/regions_20260302.csv', REGIONS);
    const [run] = await at.over(1);
    if (run === undefined) throw new Error('there is no run');
    const outcome = outcomeOf(run);
    expect(outcome).toMatchObject({ outcome: 'succeeded', rowsVerified: true });
    expect(loaded(outcome)).toEqual([
      ['Load Products', 'in/a/products-2026-03-02.csv', 2],
      ['Load Regions', 'in/b/regions_20260302.csv', 1],
    ]);
  });

  it('starts when its marker says that all of them are there', async () => {
    await using at = await office(pipeline('{ marker: "in/*/_READY" }'));
    await at.drop('in/03/regions.csv', REGIONS);
    await at.drop('in/03/products.csv', 'half of it');
    await at.taken('in/03/products.csv', 'half of it');
    await at.drop('in/03/products.csv', PRODUCTS);
    await at.taken('in/03/products.csv', PRODUCTS);
    expect(await runsOf(at)).toEqual([]);
    await at.drop('in/03/_READY', '');
    const [run] = await at.over(1);
    if (run === undefined) throw new Error('there is no run');
    expect(loaded(outcomeOf(run))).toEqual([
      ['Load Products', 'in/03/products.csv', 2],
      ['Load Regions', 'in/03/regions.csv', 1],
    ]);
  });

  it('says which file another took the place of, while it waits and after its start', async () => {
    await using at = await office(pipeline('{ marker: "in/*/_READY" }'));
    for (const [key, content] of [
      ['in/03/products1.csv', 'half of it'],
      ['in/03/products2.csv', PRODUCTS],
      ['in/03/regions.csv', REGIONS],
    ] as const) {
      await at.drop(key, content);
      await at.taken(key, content);
    }
    await at.idle();
    const here = ['--data-dir', at.dataDir];
    const waiting = await plandrop(['runs', 'sets', ...here]);
    expect(waiting.stdout.replaceAll(/[^\S\n]+/g, ' ')).toContain('│ the marker │ in/03/products1.csv │');
    await at.drop('in/03/_READY', '');
    const [run] = await at.over(1);
    const { stdout } = await plandrop(['runs', 'show', run?.runId ?? '', ...here]);
    expect(stdout).toContain(
      '  in/03/products2.csv: 28 bytes, 2 rows, for "Load Products"\n' +
        '    in place of in/03/products1.csv, which was not loaded\n' +
        '  in/03/regions.csv: 20 bytes, 1 rows, for "Load Regions"\n',
    );
    const told = JSON.parse((await plandrop(['runs', 'show', run?.runId ?? '', '--json', ...here])).stdout);
    expect(told.superseded).toMatchObject([
      { file: 'Load Products', key: 'in/03/products1.csv', by: told.sources[0].versionId },
    ]);
    // The next set of that folder has nothing to do with it.
    await at.drop('in/03/products.csv', PRODUCTS);
    await at.taken('in/03/products.csv', PRODUCTS);
    await at.idle();
    expect((await plandrop(['runs', 'sets', ...here])).stdout).not.toContain('products1');
  });

  it('is refused before its start when one of its files is not what the import reads, and the alert names it', async () => {
    await using at = await office(pipeline('folder'));
    await at.drop('in/03/products.csv', PRODUCTS);
    await at.drop('in/03/regions.csv', 'Land\nSouth\n');
    const [run] = await at.over(1);
    expect(run?.ended?.outcome).toBe('failed');
    expect(at.calls('start')).toEqual([]);
    expect(at.alerts[0]?.text).toMatch(/^File in\/03\/regions.csv of set in\/03\/ was not loaded/);
    expect(await at.reports()).toMatchObject([
      { drop: { key: 'in/03/regions.csv' }, set: { id: 'in/03/', files: [{ file: 'Load Products' }, {}] } },
    ]);
  });
});

describe.concurrent('a pipeline after another', () => {
  it('runs when that has succeeded, and not when it has failed', async () => {
    await using at = await office(
      impatient('products', '[import: Load Products]', 'on: { drop: "in/*.csv" }') +
        impatient('nightly', '[process: Nightly]', 'on: { after: products }'),
    );
    await at.drop('in/wrong.csv', 'Product\nTea\n');
    await at.over(1);
    await at.drop('in/right.csv', PRODUCTS);
    const runs = await at.over(3);
    expect(runs.map(({ pipelineName, ended }) => [pipelineName, ended?.outcome]).toSorted()).toEqual([
      ['nightly', 'succeeded'],
      ['products', 'failed'],
      ['products', 'succeeded'],
    ]);
  });
});

describe.concurrent('a drop that was loaded', () => {
  const keeping = (keep: string) =>
    impatient('products', '[import: Load Products]', `on: { drop: "in/*.csv" }\n    keep: ${keep}`);

  it.each([
    ['stays, and is tagged', 'leave', ['in/products.csv']],
    ['moves to the archive', '{ archive: "done/" }', ['done/in/products.csv']],
    ['is removed', 'delete', []],
  ])('%s', async (_, keep, left) => {
    await using at = await office(keeping(keep));
    await at.drop('in/products.csv', PRODUCTS);
    const [run] = await at.over(1);
    expect(run?.ended?.outcome).toBe('succeeded');
    expect(await at.keys()).toEqual(left);
    for (const key of left)
      expect(at.folder.drops.tags(key)).toMatchObject({ plandrop: 'succeeded', 'plandrop-run': run?.runId });
  });
});

describe.concurrent('a file', () => {
  it('that is expected and does not come is one alert, at its time of day', async () => {
    const soon = new Date(Date.now() + 60_000).toISOString().slice(11, 16);
    await using at = await office(
      impatient('products', '[import: Load Products]', `on: { drop: "in/*.csv" }\n    expectBy: "${soon}"`),
    );
    const { state, queues, clock } = at.folder;
    const scheduler = new LocalScheduler({ state, queues, clock, schedules: schedulesOf(at.configuration) });
    scheduler.start();
    while (at.alerts.length === 0) await clock.sleep(500);
    await clock.sleep(60_000);
    await scheduler.stop();
    expect(at.alerts).toMatchObject([
      { pipeline: 'products', subject: `Plandrop: nothing has come for products by ${soon}` },
    ]);
    expect(await runsOf(at)).toEqual([]);
  });

  it('that no pipeline takes is reported once, with all that came by then', async () => {
    await using at = await office(impatient('products', '[import: Load Products]', 'on: { drop: "in/*.csv" }'));
    await at.drop('elsewhere/notes.txt', 'not ours');
    await at.drop('in/products.txt', 'not ours either');
    await at.drop('in/products.csv', PRODUCTS);
    await at.over(1);
    await at.idle();
    const watch = createWatchRuns(at.services);
    for (const _ of [1, 2]) await watch();
    expect(at.alerts.map(({ subject }) => subject)).toEqual(['Plandrop: 2 files that no pipeline takes, notes.txt']);
    expect(at.alerts[0]?.text).toContain('- in/products.txt (in plandrop-drops): no pipeline takes its key');
  });
});

it('two drops for one model run in their order, also when Anaplan is slow to tell the names of the first', async () => {
  const done: string[] = [];
  await using at = await landing({
    tenant: TENANT,
    pipelines:
      impatient('products', '[import: Load Products]', 'on: { drop: "products.csv" }') +
      impatient('regions', '[import: Load Regions]', 'on: { drop: "regions.csv" }'),
    adjust: (services) => ({
      ...services,
      onCommit: (run) => {
        if (isDone(run)) done.push(run.pipelineName);
      },
    }),
    scenario: { rules: [when('models', { delayMs: 20_000 }, 1)] },
  });
  const drop = async (key: string, content: string) => {
    await writeFile(join(at.dataDir, key), content);
    await putDrop(at.folder, { path: join(at.dataDir, key), key });
  };
  await drop('products.csv', PRODUCTS);
  await drop('regions.csv', REGIONS);
  await at.idle();
  expect(done).toEqual(['products', 'regions']);
});
