import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import * as z from 'zod';
import { examinationJson, examinationWords, examine } from '../../cli/commands/doctor.ts';
import {
  demoTenant,
  type SimulatorOptions,
  selfSignedCertificate,
  type TenantDefinition,
} from '../../simulator/index.ts';
import { type Environment, plandrop, tenantAndFolder } from './plandrop.ts';

const answer = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      verdict: z.enum(['fine', 'broken', 'unclear']),
      message: z.string(),
      next: z.array(z.string()),
      category: z.string().optional(),
      workspace: z.string().optional(),
      model: z.string().optional(),
      pipelines: z.array(z.string()).optional(),
    }),
  ),
});

const DAY_MS = 24 * 3600 * 1000;
const GRACE = { email: 'grace@example.com', password: 'nautilus coffee anchor' };

/** The demo tenant with its model changed. */
function tenantWith(change: object, users = demoTenant.users): TenantDefinition {
  const tenant = structuredClone({ ...demoTenant, users });
  Object.assign(tenant.workspaces?.Finance?.models?.['FY26 Plan'] ?? {}, change);
  return tenant;
}

function signedBy(from: number, until: number): { tenant: TenantDefinition; env: Environment } {
  const { certificate, privateKey } = selfSignedCertificate('robot', Date.now() + from, Date.now() + until);
  const users = [{ email: 'robot@example.com', role: 'run' as const, certificate }];
  const env = {
    ANAPLAN_USERNAME: '',
    ANAPLAN_PASSWORD: '',
    ANAPLAN_CERTIFICATE: certificate,
    ANAPLAN_PRIVATE_KEY: privateKey,
  };
  return { tenant: { ...demoTenant, users }, env };
}

const pipeline = (workspace: string, model: string, step: string) =>
  `anaplan: { apiUrl: "http://127.0.0.1:1", authUrl: "http://127.0.0.1:1" }\npipelines: { it: { workspace: ${workspace}, model: ${model}, steps: [${step}] } }\n`;
const USUAL = pipeline('Finance', 'FY26 Plan', '{ import: Load Products }');

interface Broken {
  options?: SimulatorOptions;
  config?: string;
  env?: Environment;
  check: string;
  message: string;
  next: string;
}

describe.concurrent('plandrop doctor prints the one ✘ that matters', () => {
  it.for<[string, Broken]>([
    [
      'of a wrong password',
      {
        env: { ANAPLAN_PASSWORD: 'not this one' },
        check: 'sign-in',
        message: 'Anaplan refused the sign-in.',
        next: 'Check the user name and password',
      },
    ],
    [
      'of an address where nobody listens',
      {
        env: { ANAPLAN_API_URL: 'http://127.0.0.1:1', ANAPLAN_AUTH_URL: 'http://127.0.0.1:1' },
        check: 'sign-in',
        message: 'No connection to Anaplan could be opened.',
        next: 'outbound HTTPS, proxy, firewall',
      },
    ],
    [
      'of an expired certificate',
      {
        ...withOptions(signedBy(-90 * DAY_MS, -2 * DAY_MS)),
        check: 'certificate',
        message: 'expired on',
        next: 'Have a new certificate issued',
      },
    ],
    [
      'of a workspace that the user does not see',
      {
        config: pipeline('Finances', 'FY26 Plan', '{ import: Load Products }'),
        check: 'workspace',
        message: 'There is no workspace "Finances" that ada@example.com sees. There is "Finance".',
        next: 'letter by letter',
      },
    ],
    [
      'of a model that is not there',
      {
        config: pipeline('Finance', 'FY27 Plan', '{ import: Load Products }'),
        check: 'model',
        message: 'There is no model "FY27 Plan"',
        next: 'letter by letter',
      },
    ],
    [
      'of an archived model',
      {
        options: { tenant: tenantWith({ state: 'ARCHIVED' }) },
        check: 'model-state',
        message: 'is archived',
        next: 'unarchive it',
      },
    ],
    [
      'of a locked model',
      {
        options: { tenant: tenantWith({ state: 'LOCKED' }) },
        check: 'model-state',
        message: 'is locked',
        next: 'unlock it',
      },
    ],
    [
      'of an offline model',
      {
        options: { tenant: tenantWith({ state: 'MAINTENANCE' }) },
        check: 'model-state',
        message: 'is offline for maintenance',
        next: 'bring it online',
      },
    ],
    [
      'of a role without access',
      {
        options: { tenant: tenantWith({}, [{ ...GRACE, role: 'none' }]) },
        env: { ANAPLAN_USERNAME: GRACE.email, ANAPLAN_PASSWORD: GRACE.password },
        check: 'role',
        message: 'the role of grace@example.com is most likely "No Access"',
        next: 'a role in the model',
      },
    ],
    [
      'of a gateway that answers in place of the model, whose 404 says nothing of the role',
      {
        options: {
          scenario: {
            rules: [
              {
                match: { path: '**/status' },
                do: { answer: { status: 404, form: 'html', headers: { 'retry-after': 60 } } },
              },
            ],
          },
        },
        check: 'model-status',
        message: 'seems to have answered 404 in its place',
        next: 'Ask those who run the proxy',
      },
    ],
    [
      'of an import that was renamed',
      {
        config: pipeline('Finance', 'FY26 Plan', '{ import: Load Product }, { process: Recalculate }'),
        check: 'object',
        message: 'There is no import "Load Product" in model "FY26 Plan"',
        next: 'letter by letter',
      },
    ],
    [
      'of an import whose definition Anaplan does not give',
      {
        options: {
          scenario: { rules: [{ match: { method: 'GET', path: '**/imports/*' }, do: { answer: { status: 403 } } }] },
        },
        check: 'definition',
        message: 'Reading the definition of import "Load Products" failed: Anaplan answered 403',
        next: 'Ask a workspace administrator',
      },
    ],
    [
      'of a data source that the user does not see',
      {
        options: {
          scenario: {
            rules: [
              {
                match: { method: 'GET', path: '**/files' },
                do: { answer: { status: 200, body: { status: { code: 200, message: 'Success' }, meta: {} } } },
              },
            ],
          },
        },
        check: 'files',
        message: 'is not among those that ada@example.com sees',
        next: 'data source of the import still exists',
      },
    ],
  ])('%s', async ([, { options, config, env, check, message, next }], { expect }) => {
    await using at = await tenantAndFolder(options);
    const path = join(at.folder, 'plandrop.yaml');
    await writeFile(path, config ?? USUAL);
    const { ok, checks, words } = await examined(at, { config: path }, env);
    const wrong = checks.filter(({ verdict }) => verdict === 'broken');
    expect([ok, wrong.map((one) => one.check), words.match(/^ *✘/gm)?.length]).toEqual([false, [check], 1]);
    expect(wrong[0]?.message).toContain(message);
    expect(wrong[0]?.next.join(' ')).toContain(next);
    const changing = at.simulator
      .requests()
      .filter(({ method, path: asked }) => method !== 'GET' && !asked.startsWith('/token/'));
    expect(changing).toEqual([]);
  });
});

/** What `plandrop doctor` tells, as JSON and in words, without a process for each. */
async function examined(
  at: Awaited<ReturnType<typeof tenantAndFolder>>,
  options: { pipeline?: string; config?: string },
  env: Environment = {},
) {
  const { ANAPLAN_PASSWORD: password, ANAPLAN_PRIVATE_KEY: key } = env;
  for (const secret of [password, key]) if (secret) at.canary.hide(secret);
  const found = await examine({ config: 'plandrop.yaml', dataDir: at.dataDir, ...options }, { ...at.env, ...env });
  const [json, words] = [JSON.stringify(examinationJson(found)), examinationWords(found)];
  at.canary.saw('what doctor found', `${json}\n${words}`);
  return { ...answer.parse(JSON.parse(json)), words };
}

function withOptions({ tenant, env }: { tenant: TenantDefinition; env: Environment }) {
  return { options: { tenant }, env };
}

describe.concurrent('plandrop doctor', () => {
  it('finds nothing wrong with the samples, says what cannot be seen, and changes nothing', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const told = await plandrop(['doctor'], at.env);
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(told.stdout).not.toContain('✘');
    for (const line of [
      '✔ Signed in as ada@example.com.',
      '✔ Workspace "Finance" is there.',
      '✔ Model "FY26 Plan" is there.',
      '✔ Model "FY26 Plan" is open for changes.',
      '✔ ada@example.com has a role in model "FY26 Plan".',
      '✔ Model "FY26 Plan" is loaded and idle.',
      '✔ import "Load Sales" is there and reads 6 columns of a file.',
      '✔ process "Recalculate" is there; it runs "Delete Discontinued Products", "Board Report".',
      '✔ The file of import "Load Sales" can be read; nothing is in it now.',
      '? Whether files may be written shows only when one is uploaded',
      '? Whether ada@example.com may run "Load Products"',
      '? Whether the role may read or write the modules, lists, views and line items',
      '? Plandrop itself asks nothing that needs a workspace administrator, but deleting and some other actions do',
    ]) {
      expect(told.stdout).toContain(line);
    }
    expect(told.stdout).toContain('Nothing is seen to be wrong. Nothing was changed.');
    const asked = at.simulator.requests().filter(({ method }) => method !== 'GET');
    expect(asked.map(({ path }) => path)).toEqual(['/token/authenticate']);
  });

  it('shows what is wrong as one ✘ with what to do next, and nothing else: exit 1', async ({ expect }) => {
    await using at = await tenantAndFolder({ tenant: tenantWith({ state: 'LOCKED' }) });
    const path = join(at.folder, 'plandrop.yaml');
    await writeFile(path, USUAL);
    const told = await plandrop(['doctor', '--config', path], at.env);
    const lines = told.stdout.split('\n');
    const wrong = lines.flatMap((line, index) => (line.trimStart().startsWith('✘') ? [index] : []));
    expect([told.code, wrong.length]).toEqual([1, 1]);
    expect(lines[wrong[0] ?? 0]).toContain('✘ Model "FY26 Plan" is locked');
    expect(lines[(wrong[0] ?? 0) + 1]).toContain('unlock it');
  });

  it.for([
    ['good for long', 400, '✔', '399 days left'],
    ['to be renewed soon', 9, '?', '8 days left'],
  ] as const)(
    'counts the days of a certificate %s, which is no fault yet',
    async ([, days, sign, words], { expect }) => {
      const { tenant, env } = signedBy(-DAY_MS, days * DAY_MS - 3600_000);
      await using at = await tenantAndFolder({ tenant });
      const told = await examined(at, { pipeline: 'products' }, env);
      expect(told.ok).toBe(true);
      expect(told.words).toMatch(new RegExp(`\\${sign} The certificate has ${words}`));
      expect(told.words).toContain('✔ Signed in as robot@example.com.');
    },
  );

  it.for([
    ['deployed', tenantWith({ state: 'PRODUCTION' }), [], '? Model "FY26 Plan" is in deployed mode.'],
    [
      'not loaded',
      { ...tenantWith({ loaded: false }), settings: { wakeSeconds: 0.2 } },
      [],
      '? Model "FY26 Plan" is not loaded.',
    ],
    [
      'busy',
      undefined,
      [{ match: { path: '**/status', nth: 1 }, do: { otherStarts: { action: 'Load Sales', seconds: 60 } } }],
      '? Model "FY26 Plan" is busy now: The system is currently processing an Import: Import started by user grace@example.com',
    ],
  ] as const)(
    'asks a model that is %s nothing that it would hold, and finds no fault',
    async ([, tenant, rules, line], { expect }) => {
      await using at = await tenantAndFolder({ tenant, scenario: { rules: [...rules] } });
      const { ok, words } = await examined(at, { pipeline: 'products' });
      expect([ok, words.includes('✘')]).toEqual([true, false]);
      expect(words).toContain(line);
    },
  );

  it('looks at each file that a process takes', async ({ expect }) => {
    const processes = { 'Nightly Load': ['Load Products', 'Load Sales'] };
    await using at = await tenantAndFolder({ tenant: tenantWith({ processes }) });
    const config = join(at.folder, 'plandrop.yaml');
    const files = '{ Load Products: "in/*/products.csv", sales.csv: "in/*/sales.csv", Load Costs: "in/*/costs.csv" }';
    await writeFile(
      config,
      `pipelines: { it: { workspace: Finance, model: FY26 Plan, on: { set: folder }, steps: [{ process: Nightly Load, files: ${files} }] } }`,
    );
    const told = examinationWords(await examine({ config, dataDir: at.dataDir }, at.env));
    for (const line of [
      '✔ process "Nightly Load" is there; it runs "Load Products", "Load Sales".',
      '✘ No file that process "Nightly Load" reads is called "Load Costs" or has this id; there is "Load Products", "Load Sales".',
      '✔ File "Load Products" is there and has 4 columns.',
      '✔ File "sales.csv" is there and has 6 columns.',
      '✔ The file of import "sales.csv" can be read; nothing is in it now.',
    ]) {
      expect(told).toContain(line);
    }
  });

  it('says once what several pipelines share, and all that differs', async ({ expect }) => {
    const processes = { 'Nightly Load': ['Load Products', 'Load Sales'] };
    await using at = await tenantAndFolder({ tenant: tenantWith({ processes }) });
    const config = join(at.folder, 'plandrop.yaml');
    const pipeline = (files: string, more = '') =>
      `{ workspace: Finance, model: FY26 Plan, on: { set: folder }, steps: [{ process: Nightly Load, files: { ${files} } }${more}] }`;
    await writeFile(
      config,
      `pipelines:
  one: ${pipeline('Load Products: "in/*/products.csv", Load Sales: "in/*/sales.csv"')}
  two: ${pipeline('Load Products: "of/*/products.csv"', ', { import: Load Products }')}
`,
    );
    const told = examinationWords(await examine({ config, dataDir: at.dataDir }, at.env));
    for (const [line, times] of [
      ['✔ process "Nightly Load" is there', 1],
      ['✔ import "Load Products" is there', 1],
      ['✔ File "Load Products" is there', 1],
      ['✔ File "Load Sales" is there', 1],
      ['✔ The file of import "Load Products" can be read', 1],
      ['✔ The file of import "Load Sales" can be read', 1],
      ['may run "Nightly Load", "Load Products", "Load Sales" shows', 1],
      ['whether "Nightly Load" is among them', 1],
    ] as const) {
      expect([line, told.split(line).length - 1]).toEqual([line, times]);
    }
  });

  it('tells wrong usage and missing credentials without asking Anaplan: exit 64', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const unknown = await plandrop(['doctor', '--pipeline', 'sale'], at.env);
    expect([unknown.code, unknown.stdout]).toEqual([64, '']);
    expect(unknown.stderr).toContain('There is no pipeline "sale"');
    const missing = await plandrop(['doctor', '--json'], { ...at.env, ANAPLAN_USERNAME: '', ANAPLAN_PASSWORD: '' });
    expect([missing.code, JSON.parse(missing.stdout).error.category]).toEqual([64, 'configuration']);
    expect(at.simulator.requests()).toEqual([]);
  });
});
