import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import * as z from 'zod';
import { plandrop, tenantAndFolder } from './plandrop.ts';

const place = { line: z.int(), column: z.int(), message: z.string() };
const answer = z.strictObject({
  ok: z.boolean(),
  file: z.string(),
  mistakes: z.array(z.strictObject(place)),
  names: z.array(z.strictObject({ ...place, pipeline: z.string() })).optional(),
  warnings: z.array(z.strictObject(place)),
  lock: z
    .strictObject({
      file: z.string(),
      state: z.enum(['current', 'stale', 'missing']),
      changes: z.array(z.string()),
    })
    .optional(),
  error: z.strictObject({ category: z.string(), message: z.string(), whatToCheck: z.array(z.string()) }).optional(),
});

const GOOD = `pipelines:
  products:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "products/*.csv" }
    steps: [{ import: Load Products }]
`;

describe.concurrent('plandrop validate', () => {
  it('tells all mistakes with line and column, without a trace of the program: exit 64', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('model: FY26', 'modle: FY26').replace('products/*.csv', '/products/*.csv'));
    const told = await plandrop(['validate', '--config', config]);
    expect(told).toEqual({
      code: 64,
      stderr: '',
      stdout: [
        `✘ ${config}:4:5: "modle" is not a setting of a pipeline; did you mean "model"?`,
        `✘ ${config}:5:17: "drop" must be a pattern without a leading "/" or "./" (keys have none), not "/products/*.csv"`,
        'To mend: 2.\n',
      ].join('\n'),
    });
    const json = await plandrop(['validate', '--config', config, '--json']);
    expect([json.code, json.stderr]).toEqual([64, '']);
    expect(answer.parse(JSON.parse(json.stdout))).toMatchObject({
      ok: false,
      mistakes: [{ line: 4 }, { line: 5 }],
      error: { category: 'configuration' },
    });
  });

  it('says that there is no such file: exit 64', async ({ expect }) => {
    const told = await plandrop(['validate', '--config', '/nowhere/plandrop.yaml']);
    expect([told.code, told.stdout]).toEqual([64, '']);
    expect(told.stderr).toContain('/nowhere/plandrop.yaml:1:1: there is no such file');
  });

  it('warns of what is probably not meant, and of a lock file that does not fit: exit 0', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('products/*.csv', 'taken/*.csv'));
    await plandrop(['lock', '--config', config], at.env);
    const current = await plandrop(['validate', '--config', config]);
    expect([current.code, current.stdout]).toEqual([
      0,
      [
        `? ${config}:5:17: "drop" matches nothing in "plandrop local", which leaves taken/ and names that begin with a dot alone`,
        `✔ ${config} has no mistake. To look at: 1.\n`,
      ].join('\n'),
    ]);
    await writeFile(config, GOOD.replace('import: Load Products', 'import: Load Regions'));
    const stale = answer.parse(JSON.parse((await plandrop(['validate', '--config', config, '--json'])).stdout));
    expect(stale.lock).toEqual({
      file: join(at.folder, 'plandrop.lock.json'),
      state: 'stale',
      changes: [
        'pipeline "products" has changed since the lock file was written: its step 1 is "import Load Regions" and was "import Load Products"',
      ],
    });
  });

  it('finds every name in Anaplan, with the lines of those it does not find and what is near: exit 1', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD.replace('Load Products', 'Load Produtcs'));
    const told = await plandrop(['validate', '--online', '--config', config], at.env);
    expect([told.code, told.stdout]).toEqual([
      1,
      [
        `✘ ${config}:6:23: no import of model "FY26 Plan" is called "Load Produtcs" or has this id; there is "Load Products"`,
        `? There is no ${join(at.folder, 'plandrop.lock.json')}: AWS needs it. Write it with plandrop lock.`,
        'To mend: 1.\n',
      ].join('\n'),
    ]);
    const json = await plandrop(['validate', '--online', '--config', config, '--json'], at.env);
    expect(answer.parse(JSON.parse(json.stdout))).toMatchObject({
      ok: false,
      names: [{ pipeline: 'products', line: 6, column: 23 }],
      lock: { state: 'missing' },
      error: { category: 'not-found' },
    });
  });

  it('sees that Anaplan has other ids than the lock file', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD);
    await plandrop(['lock', '--config', config], at.env);
    const online = ['validate', '--online', '--config', config, '--json'];
    const before = answer.parse(JSON.parse((await plandrop(online, at.env)).stdout));
    expect(before).toMatchObject({ ok: true, names: [], lock: { state: 'current' } });
    const lock = join(at.folder, 'plandrop.lock.json');
    await writeFile(lock, (await readFile(lock, 'utf8')).replace(/"fileId": "\d+"/, '"fileId": "113000000999"'));
    const later = answer.parse(JSON.parse((await plandrop(online, at.env)).stdout));
    expect(later).toMatchObject({
      ok: true,
      lock: { state: 'stale', changes: [expect.stringContaining('"products"')] },
    });
  });

  it('needs a sign-in only to ask Anaplan: exit 64 without, 1 when it is refused', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'plandrop.yaml');
    await writeFile(config, GOOD);
    const without = await plandrop(['validate', '--online', '--config', config, '--json']);
    expect(without.code).toBe(64);
    const refused = await plandrop(['validate', '--online', '--config', config, '--json'], {
      ...at.env,
      ANAPLAN_PASSWORD: 'not this one',
    });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { category: 'authentication' } });
  });
});
