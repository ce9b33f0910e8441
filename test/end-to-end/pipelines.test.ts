import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import { LocalScheduler } from '../../infra/local/local-scheduler.ts';
import { isDone, type Run, runSchema } from '../../shared/run/run.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { impatient, landing } from './landing.ts';

/** Every kind of step and every trigger, through the local engine; what is in the simulated model afterwards decides. */

const TENANT: TenantDefinition = {
  workspace: 'Finance',
  models: {
    'FY26 Plan': {
      lists: {
        Products: {
          properties: { Family: 'text' },
          items: [
            { name: 'Tea', code: 'T', properties: { Family: 'Hot' } },
            { name: 'Chicory', code: 'C', properties: { Family: 'Old' } },
          ],
        },
      },
      modules: {
        Sales: {
          by: ['Products', 'Versions', 'Time'],
          items: { Units: 'number' },
          cells: [{ Products: 'Tea', Versions: 'Forecast', Time: 'Jan 26', Units: 7 }],
        },
      },
      imports: {
        'Load Products': {
          into: 'Products',
          file: 'products.csv',
          columns: { Product: 'name', Code: 'code', Family: 'Family' },
        },
        'Load Sales': {
          into: 'Sales',
          file: 'sales.csv',
          columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
          ask: ['Versions'],
        },
        'Load Forecast': { into: 'Sales', file: 'forecast.csv' },
      },
      exports: { Report: { from: 'Sales' } },
      actions: { Clear: { delete: 'Products', where: { Family: 'Old' } } },
      processes: { Nightly: ['Clear', 'Report'], Refresh: ['Load Products', 'Load Forecast'] },
    },
  },
};

const PRODUCTS = 'Product,Code,Family\nCoffee,K,Hot\nTea,T,Leaf\n';
const SALES = 'Product,Month,Units\nTea,Jan 26,5\nTea,Feb 26,6\n';
const FORECAST = 'Products,Versions,Time,Units\nTea,Forecast,Mar 26,9\n';

const TEA = { name: 'Tea', code: 'T', properties: { Family: 'Hot' } };
const CHICORY = { name: 'Chicory', code: 'C', properties: { Family: 'Old' } };
const BEFORE = { Products: 'Tea', Versions: 'Forecast', Time: 'Jan 26', Units: 7 };

type At = Awaited<ReturnType<typeof landing>>;

const at = (pipelines: string) => landing({ tenant: TENANT, pipelines });

async function modelOf({ simulator }: At) {
  const answer = await fetch(`${simulator.url}/simulator/models/${simulator.model.id}`);
  // biome-ignore lint/suspicious/noExplicitAny: a test looks wherever it likes into JSON it has not typed
  const model: any = await answer.json();
  return { products: model.lists.Products, cells: model.modules.Sales };
}

describe('a step', () => {
  it('import loads a list: members are made and changed', async () => {
    await using office = await at(impatient('products', '[import: Load Products]'));
    const { outcome } = await office.land('products', PRODUCTS);
    expect(outcome).toMatchObject({ outcome: 'succeeded', rowsVerified: true });
    expect((await modelOf(office)).products).toEqual([
      { name: 'Tea', code: 'T', properties: { Family: 'Leaf' } },
      CHICORY,
      { name: 'Coffee', code: 'K', properties: { Family: 'Hot' } },
    ]);
  });

  it('import loads a module, with the mapping that the pipeline says', async () => {
    await using office = await at(impatient('sales', '[{ import: Load Sales, mapping: { Version: Actual } }]'));
    const { outcome } = await office.land('sales', SALES);
    expect(outcome).toMatchObject({ outcome: 'succeeded', steps: [{ kind: 'import', cells: 2 }] });
    expect((await modelOf(office)).cells).toEqual([
      { Products: 'Tea', Versions: 'Actual', Time: 'Jan 26', Units: 5 },
      { Products: 'Tea', Versions: 'Actual', Time: 'Feb 26', Units: 6 },
      BEFORE,
    ]);
  });

  it('process runs its actions', async () => {
    await using office = await at(impatient('nightly', '[process: Nightly]'));
    const { outcome } = await office.start('nightly');
    expect(outcome).toMatchObject({ outcome: 'succeeded', steps: [{ kind: 'process', name: 'Nightly' }] });
    expect((await modelOf(office)).products).toEqual([TEA]);
  });

  it('export brings what is in the model to the store', async () => {
    await using office = await at(impatient('report', '[{ export: Report, to: "out/{pipeline}-{run}.csv" }]'));
    const { outcome, run } = await office.start('report');
    expect(outcome.outcome).toBe('succeeded');
    const path = outcome.steps[0]?.export ?? '';
    expect(path).toBe(join(office.dataDir, `state/current/out/report-${run.runId}.csv`));
    expect(await readFile(path, 'utf8')).toBe('Products,Versions,Time,Units\nTea,Forecast,Jan 26,7\n');
  });

  it('export packs it when asked to', async () => {
    await using office = await at(impatient('report', '[{ export: Report, to: "out/report.csv.gz", gzip: true }]'));
    const { outcome } = await office.start('report');
    const packed = await readFile(outcome.steps[0]?.export ?? '');
    expect(gunzipSync(packed).toString()).toBe('Products,Versions,Time,Units\nTea,Forecast,Jan 26,7\n');
  });

  it('action deletes what its filter selects', async () => {
    await using office = await at(impatient('tidy', '[action: Clear]'));
    const { outcome } = await office.start('tidy');
    expect(outcome).toMatchObject({ outcome: 'succeeded', steps: [{ kind: 'action', name: 'Clear' }] });
    expect((await modelOf(office)).products).toEqual([TEA]);
  });

  it('comes after the one before it, each started once', async () => {
    const steps = `
      - import: Load Products
      - action: Clear
      - process: Nightly
      - { export: Report, to: "out/report.csv" }`;
    await using office = await at(impatient('all', steps));
    const { outcome } = await office.land('all', PRODUCTS);
    expect(outcome.steps.map(({ kind, taskState }) => [kind, taskState])).toEqual([
      ['import', 'COMPLETE'],
      ['action', 'COMPLETE'],
      ['process', 'COMPLETE'],
      ['export', 'COMPLETE'],
    ]);
    expect((await modelOf(office)).products.map(({ name }: { name: string }) => name)).toEqual(['Tea', 'Coffee']);
    expect(
      office.simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/tasks')),
    ).toHaveLength(4);
  });
});

/** The runs that are over, as soon as there are so many. */
async function over({ folder }: At, count: number): Promise<Run[]> {
  for (;;) {
    const runs: Run[] = [];
    for await (const { key } of folder.state.list('runs/')) {
      const { body } = (await folder.state.get(key)) ?? {};
      runs.push(runSchema.parse(JSON.parse(Buffer.from(body ?? []).toString())));
    }
    if (runs.length >= count && runs.every(isDone)) return runs;
    await folder.clock.sleep(1000);
  }
}

describe('a pipeline is started', () => {
  const onDrop = (on: string) => impatient('products', '[import: Load Products]', `on: ${on}`);

  it('by a drop whose key matches, and by no other', async () => {
    await using office = await at(onDrop('{ drop: "products/*.csv" }'));
    const drops = join(office.dataDir, 'in');
    const watched = new DropFolder(drops, office.folder);
    watched.start();
    await drop(drops, 'elsewhere/list.csv', PRODUCTS);
    await drop(drops, 'products/list.csv', PRODUCTS);
    const [run, ...others] = await over(office, 1);
    await watched.stop();
    expect([run?.trigger, run?.ended?.outcome, others]).toMatchObject([
      { kind: 'drop', key: 'products/list.csv' },
      'succeeded',
      [],
    ]);
    expect((await modelOf(office)).products).toHaveLength(3);
    expect((await readdir(drops, { recursive: true })).filter((name) => name.endsWith('.csv')).sort()).toEqual([
      'taken/elsewhere/list.csv',
      'taken/products/list.csv',
    ]);
  });

  it('by its schedule, in its time zone, once', async () => {
    // Tokyo is nine hours ahead, without summer time.
    const soon = (office: At) =>
      new Date(office.folder.clock.now() + 9 * 3_600_000 + 20_000).toISOString().slice(0, 19);
    await using office = await at(
      impatient('tidy', '[action: Clear]', 'on: { schedule: "cron(0 6 * * ? *)", timezone: Asia/Tokyo }'),
    );
    const { state, queues, clock } = office.folder;
    const schedule = { pipeline: 'tidy', expression: `at(${soon(office)})`, timezone: 'Asia/Tokyo' };
    const scheduler = new LocalScheduler({ state, queues, clock, schedules: [schedule] });
    scheduler.start();
    const [run, ...others] = await over(office, 1);
    await scheduler.stop();
    expect([run?.trigger.kind, run?.ended?.outcome, others]).toEqual(['schedule', 'succeeded', []]);
    expect((await modelOf(office)).products).toEqual([TEA]);
  });

  it('by somebody who runs it', async () => {
    await using office = await at(impatient('tidy', '[action: Clear]'));
    const { run } = await office.start('tidy');
    expect([run.trigger.kind, run.ended?.outcome]).toEqual(['manual', 'succeeded']);
    expect((await modelOf(office)).products).toEqual([TEA]);
  });

  it('by the success of another pipeline, after it', async () => {
    await using office = await at(
      impatient('products', '[import: Load Products]') +
        impatient('nightly', '[process: Nightly]', 'on: { after: products }') +
        impatient('report', '[{ export: Report, to: "out/report.csv" }]', 'on: { after: nightly }'),
    );
    const { run: first } = await office.land('products', PRODUCTS);
    const runs = await over(office, 3);
    const [second, third] = ['nightly', 'report'].map((name) => runs.find((run) => run.pipelineName === name));
    expect([second?.trigger, third?.trigger]).toMatchObject([
      { kind: 'after', pipeline: 'products', runId: first.runId },
      { kind: 'after', pipeline: 'nightly', runId: second?.runId },
    ]);
    expect(runs.map(({ ended }) => ended?.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect((await modelOf(office)).products.map(({ name }: { name: string }) => name)).toEqual(['Tea', 'Coffee']);
  });

  it('not at all by one that failed', async () => {
    await using office = await at(
      impatient('products', '[import: Load Products]') +
        impatient('tidy', '[action: Clear]', 'on: { after: products }'),
    );
    expect((await office.land('products', 'Area,Short Name\nx,y\n')).outcome.outcome).toBe('failed');
    await office.idle();
    expect(await over(office, 1)).toHaveLength(1);
    expect((await modelOf(office)).products).toEqual([TEA, CHICORY]);
  });

  it('by the last file of its set, with each file where it belongs', async () => {
    const files = '{ Load Products: "in/*/products.csv", Load Forecast: "in/*/forecast.csv" }';
    await using office = await at(
      impatient('refresh', `[{ process: Refresh, files: ${files} }]`, 'on: { set: folder }'),
    );
    const drops = join(office.dataDir, 'in');
    const watched = new DropFolder(drops, office.folder);
    watched.start();
    await drop(drops, 'in/march/forecast.csv', FORECAST);
    await drop(drops, 'in/april/products.csv', 'of another set');
    await drop(drops, 'in/march/products.csv', PRODUCTS);
    const [run, ...others] = await over(office, 1);
    await watched.stop();
    expect([run?.trigger, run?.ended?.outcome, others]).toMatchObject([
      { kind: 'set', members: [{ key: 'in/march/products.csv' }, { key: 'in/march/forecast.csv' }] },
      'succeeded',
      [],
    ]);
    const { products, cells } = await modelOf(office);
    expect(products).toHaveLength(3);
    expect(cells).toEqual([BEFORE, { Products: 'Tea', Versions: 'Forecast', Time: 'Mar 26', Units: 9 }]);
  });
});

/** Renamed in, as a careful sender does. */
async function drop(drops: string, key: string, content: string): Promise<void> {
  const path = join(drops, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}
