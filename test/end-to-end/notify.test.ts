import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { type Finished, plandrop, tenantAndFolder } from './plandrop.ts';

/** How people on one machine are told, with the real command line. */

type At = Awaited<ReturnType<typeof tenantAndFolder>>;

/** Lands a file that is not what its import reads. */
async function fail(at: At, notify: string): Promise<Finished> {
  const config = join(at.folder, 'plandrop.yaml');
  const steps = '[{ import: Load Products }]';
  await writeFile(
    config,
    `notify: ${notify}\npipelines:\n  products: { workspace: Finance, model: FY26 Plan, steps: ${steps} }\n`,
  );
  const file = join(at.folder, 'products.csv');
  await writeFile(file, 'Area,Manager\nNorth,Ada\n');
  const args = ['run', file, '--pipeline', 'products', '--config', config, '--data-dir', at.dataDir, '--json'];
  return plandrop(args, { ...at.env, SEEN: join(at.folder, 'seen') });
}

describe.concurrent('notify on one machine', () => {
  it('tells a command in plain words, without a secret of ours', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const failed = await fail(at, '{ command: \'cat >"$SEEN"; env >>"$SEEN"\' }');
    const { runId, outcome } = JSON.parse(failed.stdout);
    expect([failed.code, outcome]).toEqual([1, 'failed']);
    const seen = await readFile(join(at.folder, 'seen'), 'utf8');
    expect(seen).toMatch(/^Plandrop: products failed \(mapping\), products\.csv\n\nFile products\.csv was not loaded/);
    const json: unknown = JSON.parse(/^PLANDROP_ALERT=(.*)$/m.exec(seen)?.[1] ?? '');
    expect(json).toMatchObject({ id: runId, run: runId, pipeline: 'products', category: 'mapping', outcome: 'failed' });
    const config = join(at.folder, 'plandrop.yaml');
    expect(seen).toContain(
      `The commands are for --data-dir ${at.dataDir}. failures redrive also needs --config ${config}.`,
    );
    expect(seen).not.toMatch(/^ANAPLAN/m);
    expect(seen).not.toContain(at.simulator.password);
  }, 60_000);

  it('ends a run, and frees its lane, also when nobody takes the alert; the run shows it', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const failed = await fail(at, '{ webhook: "http://127.0.0.1:1/secretpath" }');
    const { runId } = JSON.parse(failed.stdout);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('An alert could not be sent.')]);
    const state = ['--data-dir', at.dataDir];
    const [lanes, shown, json] = await Promise.all([
      plandrop(['lanes', '--json', ...state]),
      plandrop(['runs', 'show', runId, ...state]),
      plandrop(['runs', 'show', runId, '--json', ...state]),
    ]);
    expect(shown.stdout).toContain(
      'its alert could not be sent (one try): the webhook of notify did not answer (ECONNREFUSED); tried again after ',
    );
    expect(JSON.parse(json.stdout).alert).toMatchObject({ state: 'unsent', tries: 1, like: runId });
    expect(JSON.parse(lanes.stdout)).toMatchObject([{ holder: { runId: null, hold: null }, waiting: [] }]);
    expect([failed, lanes, shown, json].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain(
      'secretpath',
    );
    // It is recorded where it can be found.
    expect(await readFile(join(at.dataDir, 'alerts.jsonl'), 'utf8')).toContain(runId);
  }, 60_000);
});
