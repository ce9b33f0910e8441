import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import { type Run, runSchema } from '../../shared/run/run.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const TENANT: TenantDefinition = {
  workspace: 'Finance',
  models: {
    'FY26 Plan': {
      lists: { Products: { properties: { Family: 'text' }, items: [{ name: 'Tea' }] } },
      imports: { 'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name' } } },
      actions: { Clear: { delete: 'Products', where: { Family: 'Old' } } },
    },
  },
};

const CONFIGURATION = `pipelines:
  products:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "in/*.csv" }
    steps: [import: Load Products]
  tidy:
    workspace: Finance
    model: FY26 Plan
    on: { after: products }
    steps: [action: Clear]
  tidy-again:
    workspace: Finance
    model: FY26 Plan
    on: { after: tidy }
    steps: [action: Clear]
`;

async function runsIn(dataDir: string): Promise<Run[]> {
  const runs: Run[] = [];
  using folder = joinDataFolder(dataDir);
  for await (const { key } of folder.state.list('runs/')) {
    const { body } = (await folder.state.get(key)) ?? {};
    runs.push(runSchema.parse(JSON.parse(Buffer.from(body ?? []).toString())));
  }
  return runs;
}

describe('plandrop run in the data folder of a stopped plandrop local', () => {
  it('finishes what was left with all that follows it, and lets nothing follow its own run', async ({ expect }) => {
    await using at = await tenantAndFolder({ tenant: TENANT, taskSeconds: 0 });
    const config = join(at.folder, 'plandrop.yaml');
    const file = join(at.folder, 'x.csv');
    await writeFile(config, CONFIGURATION);
    await writeFile(file, 'Product\nCoffee\n');
    const left = joinDataFolder(at.dataDir);
    await putDrop(left, { path: file, key: 'in/left.csv' });
    left.close();

    const ran = await plandrop(
      ['run', file, '--pipeline', 'products', '--config', config, '--data-dir', at.dataDir],
      at.env,
    );

    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)]);
    const runs = await runsIn(at.dataDir);
    const told = runs.map(({ pipelineName, trigger, pipeline, ended }) => [
      trigger.kind === 'drop' ? trigger.key : pipelineName,
      pipeline?.onFailure,
      pipeline?.followers,
      ended?.outcome,
    ]);
    expect(told.sort()).toEqual([
      ['in/left.csv', 'hold', ['tidy'], 'succeeded'],
      ['tidy', 'hold', ['tidy-again'], 'succeeded'],
      ['tidy-again', 'hold', [], 'succeeded'],
      ['x.csv', 'continue', [], 'succeeded'],
    ]);
  });
});
