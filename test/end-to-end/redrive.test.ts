import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { parseScenario } from '../../simulator/index.ts';
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
    expect(shown.steps.map(({ taskState }: { taskState: string }) => taskState)).toEqual(['COMPLETE', 'COMPLETE']);
    expect(startsOf(at)).toEqual({ imports: 2, processes: 2 });

    const late = await plandrop(redrive, at.env);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('which succeeded')]);
    const settle = await plandrop(['runs', 'settle', runId, '--as', 'failed', ...state]);
    expect([settle.code, settle.stderr]).toEqual([1, expect.stringContaining('nothing to settle')]);
    const discard = await plandrop(['failures', 'discard', runId, '--because', 'it is done', ...state]);
    expect([discard.code, (await plandrop(['failures', 'show', runId, ...state])).stdout]).toEqual([
      0,
      expect.stringContaining('it is done'),
    ]);

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
  }, 60_000);
});

async function configuration(folder: string): Promise<string> {
  const path = join(folder, 'plandrop.yaml');
  await writeFile(
    path,
    `pipelines:
  both: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Products }, { process: Recalculate }] }
  products: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Products }] }
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
