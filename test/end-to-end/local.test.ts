import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { type Run, runSchema } from '../../shared/run/run.ts';
import { parseScenario, type Simulator } from '../../simulator/index.ts';
import { finished, plandrop, start, tenantAndFolder } from './plandrop.ts';
import { remap } from './remap.ts';

const HEADER = 'Product,Region,Month,Units,Revenue\n';
const CHUNK_PATH = /\/chunks\/(\d+)$/;

describe.concurrent('plandrop local', () => {
  it('killed in the middle of an upload, finishes the run at its next start and sends no recorded chunk again', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder({
      scenario: parseScenario('rules: [{ match: { method: PUT, path: "**/chunks/*" }, then: { delayMs: 700 } }]'),
    });
    const drops = join(at.folder, 'drops');
    const content = HEADER + 'P100,North,Jan 26,12,34.5\n'.repeat(400_000);
    await drop(drops, 'forecast/big.csv', content);
    const args = [
      'local',
      '--drops',
      drops,
      '--data-dir',
      at.dataDir,
      '--config',
      await configuration(at.folder, 'chunkMegabytes: 1'),
    ];

    const killed = start(args, at.env);
    const first = await until(async () => {
      const run = await onlyRun(at.dataDir);
      return (run?.steps[0]?.epoch?.sent.length ?? 0) >= 2 ? run : undefined;
    });
    killed.kill('SIGKILL');
    await finished(killed);
    const recorded = (await onlyRun(at.dataDir))?.steps[0]?.epoch?.sent ?? first.steps[0]?.epoch?.sent ?? [];
    const before = at.simulator.requests().length;

    const again = start(args, at.env);
    const done = await until(async () => {
      const run = await onlyRun(at.dataDir);
      return run?.ended?.todo.length === 0 ? run : undefined;
    });
    again.kill('SIGTERM');
    expect((await finished(again)).code).toBe(130);

    expect(recorded.length).toBeGreaterThanOrEqual(2);
    expect(recorded.length).toBeLessThan(11);
    const sentAgain = chunksSent(at.simulator, before).filter((chunk) => recorded.includes(chunk));
    expect(sentAgain).toEqual([]);
    expect(done.ended?.outcome).toBe('succeeded');
    expect(starts(at.simulator)).toBe(1);
    const landed = await (await fetch(`${at.simulator.url}/simulator/files/113000000003`)).json();
    expect(landed).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
  });

  it('takes files whose names have blanks, plus signs and umlauts, and leaves the others', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const drops = join(at.folder, 'drops');
    const names = ['forecast/März + April 2026.csv', 'forecast/100% (final) #2.csv'];
    for (const name of names) await drop(drops, name, `${HEADER}P100,North,Jan 26,1,2\n`);
    await drop(drops, 'elsewhere/notes.txt', 'not ours');
    const local = start(['local', '--drops', drops, '--data-dir', at.dataDir], at.env);
    const runs = await until(async () => {
      const all = await allRuns(at.dataDir);
      return all.length === 2 && all.every((run) => run.ended?.todo.length === 0) ? all : undefined;
    });
    local.kill('SIGTERM');
    await finished(local);
    expect(runs.map(({ trigger }) => (trigger.kind === 'drop' ? trigger.key : '')).sort()).toEqual([...names].sort());
    expect(runs.map(({ ended }) => ended?.outcome)).toEqual(['succeeded', 'succeeded']);
    const listed = await plandrop(['runs', '--data-dir', at.dataDir]);
    expect(listed.stdout).toContain('forecast/März + April 2026.csv');
  });

  it('takes what was refused, what waits behind it and what comes once the import is mapped anew, without a restart', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder();
    const drops = join(at.folder, 'drops');
    const config = await configuration(at.folder, 'poll: { minSeconds: 1 }');
    const state = ['--data-dir', at.dataDir];
    const local = start(['local', '--drops', drops, '--config', config, ...state], at.env);
    /** All runs, once they stand so. */
    const runsAre = (...wanted: readonly string[]) =>
      until(async () => {
        const all = await allRuns(at.dataDir);
        const stand = all.map(({ ended }) => (ended?.todo.length === 0 ? ended.outcome : 'goes on'));
        return stand.sort().join() === wanted.join() ? all : undefined;
      });
    const wide = `${HEADER.trim()},Planner\nP100,North,Jan 26,1,2,Ada\n`;
    await drop(drops, 'forecast/1.csv', wide);
    await drop(drops, 'forecast/2.csv', wide);
    const refused = (await runsAre('failed', 'goes on')).find(({ ended }) => ended !== null);
    const runId = refused?.runId ?? '';
    expect([refused?.ended?.failure?.category, chunksSent(at.simulator, 0)]).toEqual(['mapping', []]);

    await remap(at.simulator, 'Load Forecast', { ...FORECAST, Planner: 'ignore' });
    const told = await plandrop(['failures', 'show', runId, ...state]);
    expect(told.stdout).toContain(
      `with the same file, if the import was mended in Anaplan:\n  npx plandrop failures redrive ${runId}\n`,
    );
    expect((await plandrop(['failures', 'redrive', runId, '--config', config, ...state])).code).toBe(0);
    await runsAre('failed', 'succeeded', 'succeeded');
    await drop(drops, 'forecast/3.csv', wide);
    await runsAre('failed', 'succeeded', 'succeeded', 'succeeded');
    local.kill('SIGTERM');
    await finished(local);
    expect(starts(at.simulator)).toBe(3);
  }, 120_000);

  it('fires a schedule', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    const every = 'on: { schedule: "cron(* * * * ? *)" }';
    await writeFile(
      config,
      `pipelines:\n  tick:\n    workspace: Finance\n    model: FY26 Plan\n    ${every}\n    steps: [{ action: Delete Discontinued Products }]\n`,
    );
    const local = start(
      ['local', '--drops', join(at.folder, 'drops'), '--data-dir', at.dataDir, '--config', config],
      at.env,
    );
    const run = await until(async () => {
      const [first] = await allRuns(at.dataDir);
      return first?.ended ? first : undefined;
    }, 75_000);
    local.kill('SIGTERM');
    await finished(local);
    expect([run.trigger.kind, run.ended?.outcome]).toEqual(['schedule', 'succeeded']);
  }, 90_000);
});

const FORECAST = {
  ...{ Product: 'Products', Region: 'Regions', Month: 'Time' },
  ...{ Units: 'Forecast Units', Revenue: 'Forecast Revenue' },
};

/** Renamed in, as a careful sender does, so that it is taken at once. */
async function drop(drops: string, key: string, content: string): Promise<void> {
  const path = join(drops, key);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}

async function configuration(folder: string, more: string): Promise<string> {
  const path = join(folder, 'plandrop.yaml');
  await writeFile(
    path,
    `pipelines:\n  forecast:\n    workspace: Finance\n    model: FY26 Plan\n    on: { drop: "forecast/*.csv" }\n    steps: [{ import: Load Forecast }]\n    ${more}\n    upload: { chunksInFlight: 2 }\n`,
  );
  return path;
}

async function allRuns(dataDir: string): Promise<Run[]> {
  const folder = join(dataDir, 'state/current/runs');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const ledgers = names.filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(ledgers.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return texts.flatMap((text) => (text === '' ? [] : [runSchema.parse(JSON.parse(text))]));
}

async function onlyRun(dataDir: string): Promise<Run | undefined> {
  return (await allRuns(dataDir))[0];
}

function chunksSent(simulator: Simulator, from: number): number[] {
  return simulator
    .requests()
    .slice(from)
    .flatMap(({ method, path }) =>
      method === 'PUT' && CHUNK_PATH.test(path) ? [Number(CHUNK_PATH.exec(path)?.[1])] : [],
    );
}

function starts(simulator: Simulator): number {
  return simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/tasks')).length;
}

async function until<T>(look: () => Promise<T | undefined>, forMs = 60_000): Promise<T> {
  for (const end = Date.now() + forMs; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within ${forMs / 1000} s`);
}
