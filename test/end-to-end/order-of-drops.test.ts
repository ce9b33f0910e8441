import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { putDrop } from '../../infra/local/put-drop.ts';
import { isDone } from '../../shared/run/run.ts';
import type { TenantDefinition } from '../../simulator/index.ts';
import { impatient, landing, when } from './landing.ts';

const TENANT: TenantDefinition = {
  workspace: 'Finance',
  models: {
    'FY26 Plan': {
      lists: { Products: ['Tea'], Regions: ['North'] },
      imports: {
        'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name', Code: 'code' } },
        'Load Regions': { into: 'Regions', file: 'regions.csv', columns: { Region: 'name', Code: 'code' } },
      },
    },
  },
};

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
  await drop('products.csv', 'Product,Code\nCoffee,K\n');
  await drop('regions.csv', 'Region,Code\nSouth,S\n');
  await at.idle();
  expect(done).toEqual(['products', 'regions']);
});
