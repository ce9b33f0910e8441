import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { testCertificate } from '../anaplan/test-certificate.ts';
import { finished, plandrop, start, tenantAndFolder } from './plandrop.ts';

const CERTIFICATE = testCertificate().certificatePem;

/** The outcome contract, as others read it. */
const counts = z.strictObject({
  processed: z.int(),
  created: z.int(),
  updated: z.int(),
  rejected: z.int(),
  warned: z.int(),
  ignored: z.int(),
});
const outcomeContract = z.strictObject({
  runId: z.string(),
  pipeline: z.string(),
  outcome: z.enum(['succeeded', 'succeeded-with-rejects', 'failed', 'unknown', 'cancelled']),
  rowsVerified: z.boolean(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  source: z
    .strictObject({
      bucket: z.string(),
      key: z.string(),
      versionId: z.string(),
      bytes: z.int(),
      rows: z.int().optional(),
      sha256: z.string().optional(),
    })
    .optional(),
  steps: z.array(
    z.strictObject({
      kind: z.enum(['import', 'process', 'export', 'action']),
      name: z.string(),
      objectId: z.string(),
      taskId: z.string().optional(),
      taskState: z.string().optional(),
      adopted: z.boolean().optional(),
      counts: counts.optional(),
      cells: z.int().optional(),
      reasons: z
        .array(
          z.strictObject({
            code: z.string().optional(),
            text: z.string(),
            count: z.int(),
            columns: z.array(z.string()),
            samples: z.array(z.strictObject({ line: z.int(), values: z.array(z.string()) })),
          }),
        )
        .optional(),
      dumps: z.array(z.string()).optional(),
      dumpLost: z.string().optional(),
      repair: z.string().optional(),
      export: z.string().optional(),
    }),
  ),
  failure: z
    .strictObject({
      id: z.string(),
      category: z.string(),
      code: z.string().optional(),
      cause: z.string(),
      message: z.string(),
      whatToCheck: z.array(z.string()).min(1),
      http: z.strictObject({ method: z.string(), path: z.string(), status: z.int(), body: z.string() }).optional(),
      task: z
        .strictObject({
          taskId: z.string(),
          taskState: z.string().optional(),
          currentStep: z.string().optional(),
          details: z.array(z.strictObject({ type: z.string(), text: z.string(), occurrences: z.int() })),
        })
        .optional(),
      redrive: z.string(),
    })
    .optional(),
});
const outcomeOf = (stdout: string) => outcomeContract.parse(JSON.parse(stdout));

describe.concurrent('plandrop run', () => {
  it('lands a clean file: exit 0, the counts, the bytes in Anaplan', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = await plandrop(
      ['run', 'samples/products.csv', '--pipeline', 'products', '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const outcome = outcomeOf(run.stdout);
    expect([run.code, outcome.outcome, outcome.rowsVerified]).toEqual([0, 'succeeded', true]);
    expect(outcome.steps[0]?.counts).toEqual({
      processed: 10,
      created: 3,
      updated: 7,
      rejected: 0,
      warned: 0,
      ignored: 0,
    });
    const fileId = at.simulator.imports[0]?.importDataSourceId;
    const landed = await (await fetch(`${at.simulator.url}/simulator/files/${fileId}`)).json();
    expect(landed).toMatchObject({ sha256: outcome.source?.sha256, size: outcome.source?.bytes, chunks: 1 });
  });

  it('keeps the dump of rejected rows, byte for byte: exit 2, the top reasons first', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = await plandrop(
      ['run', 'samples/sales-with-gaps.csv', '--pipeline', 'sales', '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const outcome = outcomeOf(run.stdout);
    expect([run.code, outcome.outcome]).toEqual([2, 'succeeded-with-rejects']);
    expect(outcome.steps[0]?.reasons?.map(({ text, count }) => [count, text])).toEqual([
      [5, 'Item not located in Products list'],
      [3, 'Invalid date'],
      [1, 'Invalid number'],
    ]);
    expect(outcome.steps[0]?.counts?.rejected).toBe(9);
    const dump = await readFile(outcome.steps[0]?.dumps?.[0] ?? '', 'utf8');
    expect(dump.split('\n')[0]).toContain('"_Status_"');
    expect(dump.trimEnd().split('\n')).toHaveLength(10);
    expect(outcome.failure).toMatchObject({ category: 'missing-members' });
  });

  it('sends nothing when the columns do not match: exit 1, both sides shown', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = await plandrop(
      ['run', 'samples/regions-wrong-columns.csv', '--pipeline', 'regions', '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const outcome = outcomeOf(run.stdout);
    expect([run.code, outcome.outcome, outcome.failure?.category]).toEqual([1, 'failed', 'mapping']);
    expect(outcome.failure?.message).toContain('Region | Code');
    expect(outcome.failure?.message).toContain('Area | Short Name | Manager');
    expect(
      at.simulator
        .requests()
        .filter(({ method }) => method !== 'GET')
        .map(({ path }) => path),
    ).toEqual(['/token/authenticate']);
    const report = JSON.parse(
      await readFile(join(at.dataDir, 'state/current/failures', `${outcome.runId}.json`), 'utf8'),
    );
    expect(report).toMatchObject({ category: 'mapping', outcome: 'failed' });
    expect(await readFile(join(at.dataDir, 'alerts.jsonl'), 'utf8')).toContain(outcome.runId);
  });

  it('runs a process without a file', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = await plandrop(['run', '--pipeline', 'nightly', '--json', '--data-dir', at.dataDir], at.env);
    expect([run.code, outcomeOf(run.stdout).outcome]).toEqual([0, 'succeeded']);
  });

  it('makes a new run of each call', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const args = ['run', 'samples/products.csv', '--pipeline', 'products', '--json', '--data-dir', at.dataDir];
    const first = outcomeOf((await plandrop(args, at.env)).stdout);
    const second = outcomeOf((await plandrop(args, at.env)).stdout);
    expect(second.runId).not.toBe(first.runId);
    expect(second.steps[0]?.counts?.created).toBe(0);
  });

  it.for([
    ['a file that is not there', ['run', 'nowhere.csv', '--pipeline', 'sales'], 64, 'There is no file nowhere.csv.'],
    ['a folder instead of a file', ['run', 'samples', '--pipeline', 'sales'], 64, 'samples is not a file.'],
    [
      'an unknown pipeline',
      ['run', 'samples/sales.csv', '--pipeline', 'sale'],
      64,
      'There is no pipeline "sale"; there are sales, products, regions, forecast, nightly.',
    ],
    [
      'a file that nothing of the pipeline reads',
      ['run', 'samples/sales.csv', '--pipeline', 'nightly'],
      64,
      'Pipeline "nightly" reads no file; samples/sales.csv would not be uploaded.',
    ],
    ['no pipeline', ['run', 'samples/sales.csv'], 64, "required option '--pipeline <name>' not specified"],
    ['a word it does not know', ['lnad'], 64, "unknown command 'lnad'"],
    [
      'a configuration that is not there',
      ['run', '--pipeline', 'sales', '--config', 'no.yaml'],
      64,
      'There is no no.yaml here.',
    ],
    ['a port that is no port', ['simulate', '--port', 'http'], 64, 'A port is a whole number from 0 to 65535.'],
    ['a scenario that is not there', ['simulate', '--scenario', 'no.yaml'], 64, 'There is no file no.yaml.'],
    [
      'a run that is not there',
      ['runs', 'show', '20260101-0', '--data-dir', '{folder}/d'],
      1,
      'There is no data folder',
    ],
    ['a show without an id', ['runs', 'show'], 64, "missing required argument 'runId'"],
    [
      'a data folder that cannot be one',
      ['run', 'samples/sales.csv', '--pipeline', 'sales', '--data-dir', '/dev/null/data'],
      1,
      'Cannot open /dev/null/data',
    ],
  ] as const)('answers %s with one clear line', async ([, args, code, line], { expect }) => {
    await using at = await tenantAndFolder();
    const told = args.map((arg) => arg.replace('{folder}', at.folder));
    const inWords = await plandrop(told, at.env);
    expect([inWords.code, inWords.stdout]).toEqual([code, '']);
    expect(inWords.stderr).toContain(line);
    expect(inWords.stderr).not.toMatch(/\n {4}at /);
    const asJson = await plandrop([...told, '--json'], at.env);
    expect(asJson.code).toBe(code);
    const { error } = z
      .strictObject({
        error: z.strictObject({ category: z.string(), message: z.string(), whatToCheck: z.array(z.string()).min(1) }),
      })
      .parse(JSON.parse(asJson.stdout));
    expect(error.message).toContain(line);
  });

  it('starts nothing for a file where all imports read other models, and says so: exit 1', async ({ expect }) => {
    await using at = await tenantAndFolder({
      tenant: {
        workspace: 'Finance',
        models: {
          'FY26 Plan': {
            lists: { Products: ['Tea'], Copies: [] },
            imports: { 'From Hub': { into: 'Copies', from: 'Products', columns: { Products: 'name' } } },
          },
        },
      },
    });
    const config = join(at.folder, 'plandrop.yaml');
    const pipelines = 'hub: { workspace: Finance, model: FY26 Plan, steps: [{ import: From Hub }] }';
    await writeFile(config, `pipelines: { ${pipelines} }\n`);
    const args = ['--pipeline', 'hub', '--config', config, '--data-dir', at.dataDir, '--json'];
    const told = await plandrop(['run', 'samples/sales.csv', ...args], at.env);
    expect([told.code, JSON.parse(told.stdout)]).toMatchObject([
      1,
      { outcome: 'failed', failure: { category: 'configuration', message: expect.stringContaining('reads no file') } },
    ]);
    expect(
      at.simulator.requests().filter(({ method, path }) => method === 'POST' && path.includes('/models/')),
    ).toEqual([]);
    expect(await plandrop(['run', ...args], at.env)).toMatchObject({ code: 0 });
  });

  it('needs credentials, and says which', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = await plandrop(['run', 'samples/sales.csv', '--pipeline', 'sales'], {
      ...at.env,
      ANAPLAN_PASSWORD: '',
    });
    expect([run.code, run.stdout]).toEqual([64, '']);
    expect(run.stderr).toContain('ANAPLAN_PASSWORD is not set');
  });

  it('lists every mistake of a configuration with its line', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const config = join(at.folder, 'wrong.yaml');
    await writeFile(config, 'pipelines:\n  sales:\n    workspace: Finance\n    modle: FY26\n    steps: []\n');
    const run = await plandrop(['run', '--pipeline', 'sales', '--config', config], at.env);
    expect(run.code).toBe(64);
    expect(run.stderr).toMatch(/wrong\.yaml:4:\d+: .*model/);
    expect(run.stderr).toMatch(/wrong\.yaml:5:\d+: .*step/);
  });

  it('makes a run of what Anaplan refuses: wrong password, unknown name', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const refused = await plandrop(
      ['run', 'samples/sales.csv', '--pipeline', 'sales', '--json', '--data-dir', at.dataDir],
      {
        ...at.env,
        ANAPLAN_PASSWORD: 'not this one',
      },
    );
    expect([refused.code, outcomeOf(refused.stdout).failure?.category]).toEqual([1, 'authentication']);
    expect(refused.stdout + refused.stderr).not.toContain('not this one');

    const config = join(at.folder, 'unknown.yaml');
    await writeFile(
      config,
      'pipelines:\n  sales:\n    workspace: Finance\n    model: FY26 Plan\n    steps:\n      - import: Load Sale\n',
    );
    const unknown = await plandrop(
      ['run', 'samples/sales.csv', '--pipeline', 'sales', '--config', config, '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const { failure } = outcomeOf(unknown.stdout);
    expect([unknown.code, failure?.category]).toEqual([1, 'not-found']);
    expect(failure?.message).toContain('"Load Sales"');
  });

  it('says that an empty file is empty', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const file = join(at.folder, 'empty.csv');
    await writeFile(file, '');
    const run = await plandrop(['run', file, '--pipeline', 'sales', '--json', '--data-dir', at.dataDir], at.env);
    expect([run.code, outcomeOf(run.stdout).failure?.message]).toEqual([
      1,
      'empty.csv is empty, so it was not sent to import "Load Sales".',
    ]);
  });

  it('lets one engine at a time have a data folder', async ({ expect }) => {
    // Longer than a second process needs to begin, however busy the machine is.
    await using at = await tenantAndFolder({ taskSeconds: 600 });
    const args = ['run', 'samples/products.csv', '--pipeline', 'products', '--data-dir', at.dataDir];
    const first = start(args, at.env);
    const ended = finished(first);
    await new Promise((resolve) => first.stderr?.once('data', resolve));
    const second = await plandrop(args, at.env);
    first.kill('SIGINT');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('is in use by another plandrop');
    expect((await ended).code).toBe(130);
  });

  it('never waits for a held lane: exit 1, naming who holds it and the command that releases it', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder();
    const data = ['--data-dir', at.dataDir];
    const args = ['run', 'samples/products.csv', '--pipeline', 'products', ...data];
    expect((await plandrop(args, at.env)).code).toBe(0);
    expect((await plandrop(['lanes', 'hold', 'FY26 Plan', '--because', 'month-end close', ...data])).code).toBe(0);
    const held = await plandrop(args, at.env);
    expect([held.code, held.stdout]).toEqual([1, '']);
    expect(held.stderr).toMatch(/The lane of model "FY26 Plan" is held by .+: month-end close\./);
    const [, command = ''] = /plandrop (lanes release \S+)/.exec(held.stderr) ?? [];
    expect((await plandrop([...command.split(' '), ...data])).code).toBe(0);
    expect((await plandrop(args, at.env)).code).toBe(0);
  });

  it.for([
    ['no certificate', { ANAPLAN_CERTIFICATE: '-----BEGIN NONSENSE' }, 'The certificate is not one'],
    ['no key', { ANAPLAN_CERTIFICATE: CERTIFICATE }, 'The private key of the certificate cannot be read'],
  ] as const)(
    'tells of credentials that cannot be used before anything is begun: %s',
    async ([, env, line], { expect }) => {
      await using at = await tenantAndFolder();
      const run = await plandrop(
        ['run', 'samples/sales.csv', '--pipeline', 'sales', '--json', '--data-dir', at.dataDir],
        {
          ...at.env,
          ANAPLAN_USERNAME: '',
          ANAPLAN_PASSWORD: '',
          ANAPLAN_PRIVATE_KEY: '-----BEGIN NONSENSE',
          ...env,
        },
      );
      expect([run.code, JSON.parse(run.stdout).error.category]).toEqual([64, 'configuration']);
      expect(run.stdout).toContain(line);
      expect(await readdir(at.folder)).toEqual([]);
    },
  );

  it('ends when its data folder is taken away under it: exit 1, one sentence', async ({ expect }) => {
    await using at = await tenantAndFolder({ taskSeconds: 20 });
    const running = start(
      ['run', 'samples/products.csv', '--pipeline', 'products', '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const end = finished(running);
    await until(() => at.simulator.requests().some(({ path }) => path.endsWith('/tasks')));
    await rename(at.dataDir, `${at.dataDir}.away`);
    const { code, stdout } = await end;
    expect([code, JSON.parse(stdout).error.message]).toEqual([
      1,
      expect.stringContaining('it is not there. Was it moved or deleted by hand?'),
    ]);
  });

  it('goes on the next time when it is interrupted', async ({ expect }) => {
    await using at = await tenantAndFolder({ taskSeconds: 2 });
    const interrupted = start(
      ['run', 'samples/products.csv', '--pipeline', 'products', '--json', '--data-dir', at.dataDir],
      at.env,
    );
    const end = finished(interrupted);
    await until(() => at.simulator.requests().some(({ path }) => path.endsWith('/tasks')));
    interrupted.kill('SIGINT');
    const { code, stdout } = await end;
    expect([code, JSON.parse(stdout).error]).toMatchObject([
      130,
      { category: 'cancelled', message: expect.stringContaining('goes on the next time') },
    ]);
    const next = await plandrop(['run', '--pipeline', 'nightly', '--json', '--data-dir', at.dataDir], at.env);
    expect(next.code).toBe(0);
    const runs = await plandrop(['runs', '--json', '--data-dir', at.dataDir]);
    expect(JSON.parse(runs.stdout).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'succeeded',
      'succeeded',
    ]);
    expect(
      at.simulator
        .requests()
        .filter(({ method, path }) => method === 'POST' && path.includes('/imports/') && path.endsWith('/tasks')),
    ).toHaveLength(1);
  });
});

it('says its version', async () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile('package.json', 'utf8')));
  expect(await plandrop(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('plandrop simulate', () => {
  it('prints one JSON line when it listens, and answers as Anaplan does', async () => {
    const child = start(['simulate', '--port', '0', '--json']);
    const end = finished(child);
    const [line] = (await new Promise<Buffer>((resolve) => child.stdout?.once('data', resolve))).toString().split('\n');
    const tenant = JSON.parse(line ?? '');
    const [user] = tenant.users;
    const authorization = `Basic ${btoa(`${user.email}:${user.password}`)}`;
    const signedIn = await fetch(`${tenant.url}/token/authenticate`, { method: 'POST', headers: { authorization } });
    expect(signedIn.status).toBe(201);
    const { tokenInfo } = z.object({ tokenInfo: z.object({ tokenValue: z.string() }) }).parse(await signedIn.json());
    const workspaces = await fetch(`${tenant.url}/2/0/workspaces`, {
      headers: { authorization: `AnaplanAuthToken ${tokenInfo.tokenValue}` },
    });
    expect(await workspaces.json()).toMatchObject({
      meta: expect.anything(),
      status: { code: 200 },
      workspaces: [{ name: 'Finance' }],
    });

    const port = new URL(tenant.url).port;
    const second = await plandrop(['simulate', '--port', port]);
    expect([second.code, second.stderr]).toEqual([
      1,
      `plandrop: Port ${port} is in use by another program.\n  Stop that program, or choose another port with --port.\n`,
    ]);
    child.kill('SIGTERM');
    expect((await end).code).toBe(0);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
