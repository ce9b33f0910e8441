import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { parseScenario } from '../../simulator/index.ts';
import { SALES } from './landing.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

/** What alerts and reports tell people to type, typed. */

describe.concurrent('plandrop failures redrive', () => {
  it('goes on after the finished steps, once however often it is typed', async ({ expect }) => {
    await using at = await tenantAndFolder({
      scenario: parseScenario(
        'rules: [{ match: { method: POST, path: "**/tasks", nth: 2 }, do: { task: { fails: { type: actionFailed } } } }]',
      ),
    });
    const config = await configuration(at.folder);
    const state = ['--data-dir', at.dataDir];
    const begin = ['run', 'samples/products.csv', '--pipeline', 'both', '--config', config, '--json', ...state];
    const first = await plandrop(begin, at.env);
    const { runId, outcome } = JSON.parse(first.stdout);
    expect([first.code, outcome, startsOf(at)]).toEqual([1, 'failed', { imports: 1, processes: 1 }]);

    const redrive = ['failures', 'redrive', runId, '--config', config, ...state];
    const nowhere = await plandrop([...redrive, '--lock', join(at.folder, 'no.lock.json')], at.env);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      1,
      expect.stringContaining(`there is no ${at.folder}/no.lock.json`),
    ]);
    const told = await plandrop(redrive, at.env);
    expect([told.code, told.stdout]).toEqual([
      0,
      expect.stringContaining(`goes on as ${runId}.1, from step 2, process "Recalculate"`),
    ]);
    const again = await plandrop([...redrive, '--json'], at.env);
    expect(JSON.parse(again.stdout)).toMatchObject({ runId: `${runId}.1`, created: false, step: 2 });
    expect((await plandrop(['failures', ...state])).stdout).toContain('redriven as');

    // The next run goes first through what waits.
    const next = ['run', 'samples/products.csv', '--pipeline', 'products', '--config', config, ...state];
    expect((await plandrop(next, at.env)).code).toBe(0);
    const shown = JSON.parse((await plandrop(['runs', 'show', `${runId}.1`, '--json', ...state])).stdout);
    expect(shown).toMatchObject({ outcome: 'succeeded', rowsVerified: true });
    expect(shown).toMatchObject({ state: 'succeeded', redriveOf: runId, journalDropped: 0 });
    expect(shown.journal).toMatchObject([
      { text: expect.stringContaining(`Goes on with run ${runId}`) },
      { text: 'Uploaded the file of "Load Products", 1 of 1.' },
    ]);
    const listedRuns = JSON.parse((await plandrop(['runs', '--json', ...state])).stdout);
    expect(listedRuns).toContainEqual(expect.objectContaining({ runId, state: 'failed', redrivenAs: `${runId}.1` }));
    expect(shown.steps.map(({ taskState }: { taskState: string }) => taskState)).toEqual(['COMPLETE', 'COMPLETE']);
    expect(startsOf(at)).toEqual({ imports: 2, processes: 2 });

    const late = await plandrop(redrive, at.env);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('which succeeded')]);
    const settle = await plandrop(['runs', 'settle', runId, '--as', 'failed', ...state]);
    expect([settle.code, settle.stderr]).toEqual([
      1,
      expect.stringMatching(/nothing to settle\.\n {2}See what became of it: plandrop runs show /),
    ]);
    const short = await plandrop(['failures', 'show', runId.slice(0, 12), ...state]);
    expect([short.code, short.stderr]).toEqual([1, expect.stringContaining(`\n  There is ${runId}.\n`)]);
    const discard = await plandrop(['failures', 'discard', runId, '--because', 'it is done', ...state]);
    expect([discard.code, (await plandrop(['failures', 'show', runId, ...state])).stdout]).toEqual([
      0,
      expect.stringContaining('it is done'),
    ]);
    const discarded = JSON.parse((await plandrop(['runs', 'show', runId, '--json', ...state])).stdout);
    expect(discarded).toMatchObject({ redrivenAs: `${runId}.1`, discarded: { because: 'it is done' } });

    const ledger = await pathOf(at.dataDir, `${runId}.json`);
    await writeFile(ledger, '{}');
    const listed = await plandrop(['runs', ...state]);
    expect([listed.code, listed.stderr]).toEqual([0, expect.stringContaining(`run ${runId} cannot be read: `)]);
    expect(listed.stdout).toContain(`${runId}.1`);
    const broken = await plandrop(['runs', 'show', runId, ...state]);
    expect([broken.code, broken.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be read: it is not of this version/),
    ]);
  }, 120_000);

  it('reads a mended file, in the place of the rejected rows, and exactly its rows arrive', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = await configuration(at.folder);
    const state = ['--data-dir', at.dataDir];
    const file = join(at.folder, 'sales.csv');
    const bad = 'NOPE,North,Jan 26,1,2,2026-01-31\nP110,North,Jan 26,many,2,2026-01-31\n';
    await writeFile(file, `${SALES}${bad}P120,South,Feb 26,3,4,2026-02-28\n`);
    const first = await plandrop(['run', file, '--pipeline', 'sales', '--config', config, '--json', ...state], at.env);
    const { runId, steps } = JSON.parse(first.stdout);
    expect([first.code, steps[0].counts.rejected]).toEqual([2, 2]);

    const mended = join(at.folder, 'mended.csv');
    const rows = (await readFile(steps[0].repair, 'utf8')).replace('NOPE', 'P300').replace('many', '7');
    await writeFile(mended, rows);
    const redrive = ['failures', 'redrive', runId, '--config', config, ...state];
    const [told, missing] = await Promise.all([
      plandrop([...redrive, '--with', mended, '--json'], at.env),
      plandrop([...redrive, '--with', join(at.folder, 'nowhere.csv')], at.env),
    ]);
    expect(JSON.parse(told.stdout)).toMatchObject({ runId: `${runId}.1`, created: true, step: 1 });
    expect([missing.code, missing.stderr]).toEqual([64, expect.stringContaining('There is no file')]);
    const [again, other] = await Promise.all([
      plandrop([...redrive, '--with', mended], at.env),
      plandrop([...redrive, '--with', file], at.env),
    ]);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('in the place of the rows that were rejected'),
    ]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('is there already, with another file')]);
    const kept = await readdir(join(at.dataDir, 'state/current/mended'), { recursive: true });
    expect(kept.filter((name) => name.endsWith('.csv'))).toEqual([expect.stringMatching(/-mended\.csv$/)]);

    // The next run goes first through what waits.
    const next = ['run', 'samples/products.csv', '--pipeline', 'products', '--config', config, ...state];
    expect((await plandrop(next, at.env)).code).toBe(0);
    const shown = JSON.parse((await plandrop(['runs', 'show', `${runId}.1`, '--json', ...state])).stdout);
    const sha256 = createHash('sha256').update(rows).digest('hex');
    expect(shown).toMatchObject({ outcome: 'succeeded', source: { rows: 2, sha256, bytes: rows.length } });
    expect(shown.steps[0].counts).toMatchObject({ rejected: 0 });
    const landed = await (await fetch(`${at.simulator.url}/simulator/files/113000000002`)).json();
    expect(landed).toMatchObject({ sha256 });
  }, 90_000);

  it('refuses a mended file where the step that failed reads none', async ({ expect }) => {
    await using at = await tenantAndFolder({
      scenario: parseScenario(
        'rules: [{ match: { method: POST, path: "**/processes/*/tasks" }, do: { task: { fails: { type: actionFailed } } } }]',
      ),
    });
    const config = await configuration(at.folder);
    const state = ['--data-dir', at.dataDir];
    const begin = ['run', 'samples/products.csv', '--pipeline', 'both', '--config', config, '--json', ...state];
    const { runId } = JSON.parse((await plandrop(begin, at.env)).stdout);
    const args = [
      'failures',
      'redrive',
      runId,
      '--with',
      'samples/products.csv',
      '--config',
      config,
      '--json',
      ...state,
    ];
    const refused = await plandrop(args, at.env);
    expect([refused.code, JSON.parse(refused.stdout).error]).toEqual([
      1,
      {
        category: 'conflict',
        message: `Run ${runId} has no rejected rows that could be mended, and goes on with process "Recalculate", which reads no file.`,
        whatToCheck: ['Leave out --with.'],
      },
    ]);
    expect(existsSync(join(at.dataDir, 'state/current/mended'))).toBe(false);
  }, 60_000);
});

async function configuration(folder: string): Promise<string> {
  const path = join(folder, 'plandrop.yaml');
  await writeFile(
    path,
    `pipelines:
  both: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Products }, { process: Recalculate }] }
  products: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Products }] }
  sales: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Sales }] }
`,
  );
  return path;
}

function startsOf({ simulator }: Awaited<ReturnType<typeof tenantAndFolder>>) {
  const starts = simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/tasks'));
  const of = (kind: string) => starts.filter(({ path }) => path.includes(`/${kind}/`)).length;
  return { imports: of('imports'), processes: of('processes') };
}

async function pathOf(dataDir: string, name: string): Promise<string> {
  const folder = join(dataDir, 'state/current/runs');
  const found = (await readdir(folder, { recursive: true })).find((path) => path.endsWith(name));
  if (found === undefined) throw new Error(`${name} is not there`);
  await readFile(join(folder, found));
  return join(folder, found);
}
