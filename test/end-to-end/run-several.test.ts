import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const CONFIGURATION = `pipelines:
  all:
    workspace: Finance
    model: FY26 Plan
    on: { set: folder }
    steps:
      - process: Load All
        files: { Load Products: "in/*/products.csv", Load Regions: "in/*/regions.csv" }
    onFailure: continue
`;

describe.concurrent('plandrop run with several files', () => {
  it('loads each where it belongs, in one run, and shows which sets wait', async ({ expect }) => {
    await using at = await tenantAndFolder({
      tenant: {
        workspace: 'Finance',
        models: {
          'FY26 Plan': {
            lists: { Products: ['Tea'], Regions: ['North'] },
            imports: {
              'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name' } },
              'Load Regions': { into: 'Regions', file: 'regions.csv', columns: { Region: 'name' } },
            },
            processes: { 'Load All': ['Load Products', 'Load Regions'] },
          },
        },
      },
    });
    const config = join(at.folder, 'plandrop.yaml');
    const [products, other] = [join(at.folder, 'products.csv'), join(at.folder, 'other.csv')];
    await writeFile(config, CONFIGURATION);
    await writeFile(products, 'Product\nCoffee\nMug\n');
    await writeFile(other, 'Region\nSouth\n');
    const common = ['--pipeline', 'all', '--config', config, '--data-dir', at.dataDir];

    const check = ['check', '--pipeline', 'all', '--config', config, '--data-dir', at.dataDir];
    const checked = await plandrop([...check, products], at.env);
    expect([checked.code, checked.stdout]).toEqual([0, `✔ ${products} fits file "Load Products": 2 rows.\n`]);
    const wrong = await plandrop([...check, products, '--as', 'Load Regions'], at.env);
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('does not fit file "Load Regions".')]);
    const unclear = await plandrop([...check, other, '--json'], at.env);
    expect([unclear.code, JSON.parse(unclear.stdout).error.message]).toEqual([
      64,
      `Pipeline "all" takes several files. ${other} fits none of its files.`,
    ]);

    const missing = await plandrop(['run', products, ...common, '--json'], at.env);
    expect(missing.code).toBe(64);
    expect(JSON.parse(missing.stdout).error.message).toContain(
      'The file for "Load Regions" (in/*/regions.csv) is missing.',
    );

    const ran = await plandrop(['run', products, '--file', `Load Regions=${other}`, ...common, '--json'], at.env);
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('uploads other.csv (2 of 2)')]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      outcome: 'succeeded',
      rowsVerified: true,
      sources: [
        { file: 'Load Regions', key: 'other.csv', rows: 1 },
        { file: 'Load Products', key: 'products.csv', rows: 2 },
      ],
    });
    const listed = await plandrop(['runs', '--data-dir', at.dataDir]);
    expect(listed.stdout).toContain('set by hand ');
    const sets = await plandrop(['runs', 'sets', '--data-dir', at.dataDir, '--json']);
    expect(JSON.parse(sets.stdout)).toEqual([]);
  });
});
