import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import * as z from 'zod';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const answer = z.strictObject({
  file: z.string(),
  pipeline: z.string(),
  ok: z.boolean(),
  bytes: z.int(),
  rows: z.int().optional(),
  sha256: z.string().optional(),
  imports: z.array(
    z.strictObject({
      name: z.string(),
      objectId: z.string(),
      fileId: z.string(),
      ok: z.boolean(),
      failure: z
        .strictObject({
          category: z.string(),
          cause: z.string(),
          message: z.string(),
          whatToCheck: z.array(z.string()).min(1),
        })
        .optional(),
    }),
  ),
});

describe.concurrent('plandrop check', () => {
  it('says that a file fits, counts its rows, and sends nothing', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const args = ['check', 'samples/products.csv', '--pipeline', 'products', '--data-dir', at.dataDir];
    const told = await plandrop(args, at.env);
    expect([told.code, told.stdout]).toEqual([0, '✔ samples/products.csv fits import "Load Products": 10 rows.\n']);
    const json = await plandrop([...args, '--json'], at.env);
    expect(json.code).toBe(0);
    expect(answer.parse(JSON.parse(json.stdout))).toMatchObject({ ok: true, rows: 10, imports: [{ ok: true }] });
    const methods = at.simulator.requests().map(({ method, path }) => `${method} ${path.split('/')[1]}`);
    expect(new Set(methods)).toEqual(new Set(['POST token', 'GET 2']));
  });

  it('shows both sides when the columns differ: exit 1', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const args = ['check', 'samples/regions-wrong-columns.csv', '--pipeline', 'regions'];
    const told = await plandrop(args, at.env);
    expect(told.code).toBe(1);
    expect(told.stdout).toContain(
      '  The import reads: Region | Code\n  The file has:     Area | Short Name | Manager\n',
    );
    expect(told.stdout).toContain('  What to check:\n    1. Have the missing columns put back');
    const json = answer.parse(JSON.parse((await plandrop([...args, '--json'], at.env)).stdout));
    expect(json.imports[0]?.failure?.category).toBe('mapping');
    // The file was only looked at.
    for (const words of [told.stdout, JSON.stringify(json)]) {
      expect(words).not.toMatch(/loaded|redrive|drop/);
      expect(words).toContain('Then check the mended file.');
    }
  });

  it.for([
    ['an empty file', '', 'it holds nothing'],
    [
      'a row that is cut off',
      `Product,Code,Family,Launch Date\n${'Tea,T,x,\n'.repeat(9000)}Tea,T`,
      'its last row has 2 columns',
    ],
    [
      'a bad row in the middle',
      `Product,Code,Family,Launch Date\n${'Tea,T,x,\n'.repeat(9000)}Tea\n${'Tea,T,x,\n'.repeat(9000)}`,
      'line 9002 has 1 column',
    ],
  ] as const)('finds %s: exit 1', async ([, content, words], { expect }) => {
    await using at = await tenantAndFolder();
    const file = join(at.folder, 'it.csv');
    await writeFile(file, content);
    const told = await plandrop(['check', file, '--pipeline', 'products'], at.env);
    expect([told.code, told.stderr]).toEqual([1, '']);
    expect(told.stdout).toContain(words);
  });

  it.for([
    ['a file that is not there', ['check', 'nowhere.csv', '--pipeline', 'sales'], 64, 'There is no file nowhere.csv.'],
    ['an unknown pipeline', ['check', 'samples/sales.csv', '--pipeline', 'sale'], 64, 'There is no pipeline "sale"'],
    ['a pipeline that reads no file', ['check', 'samples/sales.csv', '--pipeline', 'nightly'], 64, 'has no import'],
    ['no file', ['check', '--pipeline', 'sales'], 64, "missing required argument 'file'"],
  ] as const)('answers %s with one clear line, without asking Anaplan', async ([, args, code, line], { expect }) => {
    await using at = await tenantAndFolder();
    const told = await plandrop(args, at.env);
    expect([told.code, told.stdout, at.simulator.requests().length]).toEqual([code, '', 0]);
    expect(told.stderr).toContain(line);
  });

  it('tells a refused sign-in and a name that is not there: exit 1', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const args = ['check', 'samples/sales.csv', '--pipeline', 'sales', '--json'];
    const refused = await plandrop(args, { ...at.env, ANAPLAN_PASSWORD: 'not this one' });
    expect([refused.code, JSON.parse(refused.stdout).error.category]).toEqual([1, 'authentication']);
    const config = join(at.folder, 'unknown.yaml');
    await writeFile(
      config,
      'pipelines: { sales: { workspace: Finance, model: FY26 Plan, steps: [{ import: Load Sale }] } }\n',
    );
    const unknown = await plandrop([...args, '--config', config], at.env);
    expect([unknown.code, JSON.parse(unknown.stdout).error.category]).toEqual([1, 'not-found']);
    expect(unknown.stdout).toContain('Load Sales');
  });
});
