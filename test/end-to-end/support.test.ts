import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { describe, it } from 'vitest';
import { parseScenario, type Simulator } from '../../simulator/index.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

/** The files of a bundle, as text, without the folder that they stand in. */
async function unpacked(path: string): Promise<Record<string, string>> {
  const members = Object.entries(unzipSync(await readFile(path)));
  return Object.fromEntries(members.map(([name, bytes]) => [name.replace(/^[^/]+\//, ''), strFromU8(bytes)]));
}

interface Line {
  method: string;
  path: string;
  status?: number;
}
const inShort = ({ method, path, status }: Line) => `${method} ${path} ${status}`;
const seenBy = (simulator: Simulator) => simulator.requests().map(inShort);
const keptIn = (files: Record<string, string>) =>
  (files['requests.jsonl'] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => inShort(JSON.parse(line)));

const FAILS_AFTER_WEATHER = parseScenario(`
rules:
  - match: { method: PUT, path: "**/chunks/*", nth: 1 }
    do: { answer: { status: 503, headers: { x-request-id: corr-4711 } } }
  - match: { method: GET, path: "**/status", nth: 1 }
    do: { answer: { status: 429, headers: { retry-after: "1" } } }
  - match: { method: POST, path: "**/tasks" }
    do: { task: { fails: { type: actionFailed } } }
`);

// Every bundle is written to the test's folder, where the search for secrets at the end of the test opens it.
describe.concurrent('plandrop support', () => {
  it('holds every request of a failed run, with its status, and the words that support asks for', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder({ scenario: FAILS_AFTER_WEATHER });
    const state = ['--data-dir', at.dataDir];
    const run = await plandrop(['run', 'samples/products.csv', '--pipeline', 'products', '--json', ...state], at.env);
    const { runId, steps, failure } = JSON.parse(run.stdout);
    const path = join(at.folder, 'bundle.zip');
    const made = await plandrop(['support', runId, '--output', path, '--json', ...state], at.env);
    const told = JSON.parse(made.stdout);
    expect([run.code, made.code, told]).toEqual([1, 0, expect.objectContaining({ runId, path, lacks: [] })]);

    const files = await unpacked(path);
    expect(Object.keys(files)).toEqual(told.files);
    expect(keptIn(files)).toEqual(seenBy(at.simulator));
    expect(keptIn(files).filter((line) => /(503|429)$/.test(line))).toHaveLength(2);
    expect(told.requests).toBe(at.simulator.requests().length);

    const page = files['README.md'] ?? '';
    const { workspace, model, imports, user } = at.simulator;
    const named = [workspace.id, workspace.name, model.id, model.name, imports[0]?.id, user, steps[0].taskId];
    for (const word of [...named, runId, failure.message, 'corr-4711', 'actionFailed', process.version])
      expect(page).toContain(word);
    expect(page).not.toContain('undefined');
    expect(JSON.parse(files['task-output.json'] ?? '')[0]).toMatchObject({
      step: 1,
      taskId: steps[0].taskId,
      seen: { taskState: 'COMPLETE', result: { successful: false } },
    });
    expect(JSON.parse(files['ledger.json'] ?? '')).toMatchObject({ runId, ended: { outcome: 'failed' } });
    expect(JSON.parse(files['failure-report.json'] ?? '')).toMatchObject({ runId, category: failure.category });
    for (const content of Object.values(files)) expect(content).not.toMatch(/AnaplanAuthToken \w|Basic \w/);
  });

  it('leaves rejected rows at home unless they are asked for, and never writes over a file', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const state = ['--data-dir', at.dataDir];
    const run = await plandrop(
      ['run', 'samples/sales-with-gaps.csv', '--pipeline', 'sales', '--json', ...state],
      at.env,
    );
    const { runId, steps } = JSON.parse(run.stdout);
    // From where it is called, because the name is relative.
    const support = (...more: string[]) => plandrop(['support', runId, ...state, ...more], {}, at.folder);
    const first = await support();
    const second = await support('--with-dumps');
    const third = await support('--output', `plandrop-support-${runId}.zip`);
    expect([first.code, second.code, third.code]).toEqual([0, 0, 64]);
    expect(third.stderr).toContain('already');
    const name = `plandrop-support-${runId}`;
    const bundles = (await readdir(at.folder)).filter((each) => each.endsWith('.zip')).sort();
    expect(bundles).toEqual([`${name}-2.zip`, `${name}.zip`]);

    expect(first.stdout).toContain(
      'No password and no token is in it. Values that Anaplan quoted are, such as names of',
    );
    expect(second.stdout).toContain('No password and no token stands outside its dumps');

    const dump = await readFile(steps[0].dumps[0], 'utf8');
    const without = await unpacked(join(at.folder, `${name}.zip`));
    expect(Object.keys(without).filter((each) => each.startsWith('dumps/'))).toEqual([]);
    expect(JSON.parse(without['outcome.json'] ?? '').steps[0].reasons[0]).toMatchObject({ count: 5, samples: null });
    const row = dump.split('\n')[1] ?? '';
    for (const content of Object.values(without)) expect(content).not.toContain(row);
    // What Anaplan called missing is said, because it says what happened; so the page does not promise otherwise.
    const page = without['README.md'] ?? '';
    expect(page).toContain('P450');
    expect(page).toContain('names of members that it called missing, and samples in its messages');
    expect(page).not.toContain('nor the contents of any uploaded file');
    const including = await unpacked(join(at.folder, `${name}-2.zip`));
    expect(Object.entries(including).filter(([each]) => each.startsWith('dumps/'))).toEqual([
      [expect.stringMatching(/^dumps\/1-1-\d+\.csv$/), dump],
    ]);
    expect(including['README.md']).toContain('is in this bundle outside `dumps/`');
  });

  it('holds the looking up of names of a run that could not begin', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(
      config,
      'pipelines: { p: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Prodcts }] } }\n',
    );
    const state = ['--data-dir', at.dataDir];
    const run = await plandrop(
      ['run', 'samples/products.csv', '--pipeline', 'p', '--config', config, '--json', ...state],
      at.env,
    );
    const { runId, outcome } = JSON.parse(run.stdout);
    const path = join(at.folder, 'bundle.zip');
    const made = await plandrop(['support', runId, '--output', path, ...state]);
    expect([outcome, made.code]).toEqual(['failed', 0]);
    const files = await unpacked(path);
    expect(keptIn(files)).toEqual(seenBy(at.simulator));
    expect(files['README.md']).toContain('Load Prodcts');
  });

  it('of a run that is not there names those that are called nearly so', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const state = ['--data-dir', at.dataDir];
    const run = await plandrop(['run', '--pipeline', 'nightly', '--json', ...state], at.env);
    const { runId } = JSON.parse(run.stdout);
    const cut = await plandrop(['support', runId.slice(0, 12), ...state]);
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringContaining(`There is ${runId}.`)]);
    const other = await plandrop(['support', '19990101-0000000000000000', '--json', ...state]);
    expect([other.code, JSON.parse(other.stdout).error]).toEqual([
      1,
      {
        category: 'not-found',
        message: 'There is no run 19990101-0000000000000000.',
        whatToCheck: ['plandrop runs lists them.'],
      },
    ]);
    const nowhere = await plandrop(['support', runId, '--data-dir', join(at.folder, 'none')]);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('There is no data folder')]);
    const folder = await plandrop(['support', runId, '--output', join(at.folder, 'none', 'x.zip'), ...state]);
    expect([folder.code, folder.stderr]).toEqual([64, expect.stringContaining('There is no folder')]);
  });
});
