import { describe, it } from 'vitest';
import type { Category } from '../../shared/diagnosis/diagnosis.ts';
import type { Outcome } from '../../shared/run/run.ts';
import { demoTenant, type TenantDefinition } from '../../simulator/index.ts';
import { impatient, type LandingOptions, landing, PRODUCTS, type Rule, SALES, when } from './landing.ts';

/** Every common cause of a failed task in the troubleshooting guide: what the run comes to, that it is started once, what the alert says. */

interface Failing {
  /** what is dropped; nothing for a run without a file */
  file?: string | Uint8Array;
  pipeline?: string;
  options?: LandingOptions;
  outcome: Outcome;
  category: Category;
  starts: number;
  alert: readonly string[];
}

const sales = (more = '') => impatient('sales', '[import: Load Sales]', more);
const fails = (type: string, values: Record<string, string> = {}) => ({
  scenario: { rules: [when('start', { task: { fails: { type: type as 'internalError', values } } })] },
});

/** The demo tenant with one more process. */
function withProcess(name: string, steps: string[]): TenantDefinition {
  const tenant = structuredClone(demoTenant);
  const model = tenant.workspaces?.Finance?.models?.['FY26 Plan'];
  if (model === undefined) throw new Error('the demo tenant has changed');
  Object.assign(model.processes ?? {}, { [name]: steps });
  return tenant;
}

/** The demo tenant, whose import of sales has its products mapped one by one. */
function withMapped(products: string[]): TenantDefinition {
  const tenant = structuredClone(demoTenant);
  Object.assign(tenant.workspaces?.Finance?.models?.['FY26 Plan']?.imports?.['Load Sales'] ?? {}, {
    mapped: { Products: products },
  });
  return tenant;
}

/** An import that asks for the version each time it runs. */
const askingTenant: TenantDefinition = {
  workspaces: {
    Finance: {
      models: {
        'FY26 Plan': {
          lists: { Products: ['Tea', 'Coffee'] },
          modules: { Sales: { by: ['Products', 'Time', 'Versions'], items: { Units: 'number' } } },
          imports: {
            'Load Sales': {
              into: 'Sales',
              columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
              ask: ['Versions'],
            },
          },
        },
      },
    },
  },
};

/** An import that reads one byte per character. */
const latinTenant: TenantDefinition = {
  workspaces: {
    Finance: {
      models: {
        'FY26 Plan': {
          lists: { Regions: [] },
          imports: {
            'Load Regions': {
              into: 'Regions',
              file: { name: 'regions.csv', encoding: 'ISO-8859-1' },
              columns: { Region: 'name' },
            },
          },
        },
      },
    },
  },
};

/** The demo tenant, seen by somebody who is no administrator and whose role lacks something. */
function lacking(lack: { mayNotRun?: string[]; mayNotWrite?: string[]; role?: 'read' | 'none' }): LandingOptions {
  const user = { email: 'grace@example.com', password: 'nautilus coffee anchor' };
  const tenant: TenantDefinition = { ...demoTenant, users: [{ role: 'run', ...user, ...lack }] };
  return { tenant, user };
}

async function failing(
  { file, pipeline = 'products', options, ...expected }: Failing,
  expect: typeof import('vitest').expect,
) {
  await using at = await landing(options);
  const { outcome, alerts } = file === undefined ? await at.start(pipeline) : await at.land(pipeline, file);
  expect({
    outcome: outcome.outcome,
    category: outcome.failure?.category,
    starts: at.calls('start').length,
    alerts: alerts.length,
  }).toEqual({ outcome: expected.outcome, category: expected.category, starts: expected.starts, alerts: 1 });
  for (const words of expected.alert) expect(alerts[0]?.text).toContain(words);
}

describe.concurrent('the source file', () => {
  it.for<[string, Failing]>([
    [
      'is not uploaded: a process runs an import whose file nobody sent',
      {
        pipeline: 'nightly',
        options: {
          tenant: withProcess('Reload', ['Load Products']),
          pipelines: impatient('nightly', '[process: Reload]'),
        },
        outcome: 'failed',
        category: 'source-file',
        starts: 1,
        alert: [
          'Process "Reload" failed in "Load Products"',
          'The uploaded file is no longer available.',
          'Plandrop uploads for a process only what `files:` of its step names. Add the import there, or load its file before',
        ],
      },
    ],
    [
      'is no longer there, or was never completed, when the import starts',
      {
        file: PRODUCTS,
        options: fails('uploadedFileNoLongerAvailable'),
        outcome: 'failed',
        category: 'source-file',
        starts: 1,
        alert: [
          'Anaplan says "The uploaded file is no longer available. Please upload the file again."',
          '1. Redrive the run: it uploads the file again.',
        ],
      },
    ],
    [
      'is empty',
      {
        file: '',
        outcome: 'failed',
        category: 'source-file',
        starts: 0,
        alert: ['products.csv is empty', 'Look at the job that writes this file'],
      },
    ],
    [
      'has a header and no rows',
      {
        file: 'Product,Code,Family,Launch Date\n',
        outcome: 'failed',
        category: 'source-file',
        starts: 0,
        alert: ['it holds no data row'],
      },
    ],
    [
      'is cut off in the middle of a quoted value',
      {
        file: `${PRODUCTS}"Long Black,P131,Coffee,2026-02-01`,
        outcome: 'failed',
        category: 'source-file',
        starts: 0,
        alert: ['the quote opened on line 3 is never closed'],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));
});

describe.concurrent('the mapping', () => {
  it.for<[string, Failing]>([
    [
      'does not fit the columns: told before a byte is sent',
      {
        file: 'Area,Short Name\nNorth,N\n',
        outcome: 'failed',
        category: 'mapping',
        starts: 0,
        alert: ['The import reads: Product | Code | Family | Launch Date', 'The file has:     Area | Short Name'],
      },
    ],
    [
      'does not fit the separator',
      {
        file: PRODUCTS.replaceAll(',', ';'),
        outcome: 'failed',
        category: 'mapping',
        starts: 0,
        alert: ['the import expects commas, and the file uses semicolons'],
      },
    ],
    [
      'does not fit the columns, and nobody looked before (source: off): Anaplan says so, once',
      {
        file: 'Product,Code\nFlat White,P130\n',
        options: { pipelines: impatient('products', '[import: Load Products]', 'source: off') },
        outcome: 'failed',
        category: 'mapping',
        starts: 1,
        alert: ['the following fields are unavailable: Family, Launch Date'],
      },
    ],
    [
      'asks for a dimension each time, and the step names none',
      {
        file: 'Product,Month,Units\nTea,Jan 26,3\n',
        pipeline: 'sales',
        options: { tenant: askingTenant, pipelines: impatient('sales', '[import: Load Sales]') },
        outcome: 'failed',
        category: 'mapping',
        starts: 1,
        alert: ['no mapping was given for Versions'],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));

  it('asks for a dimension each time, and the step names it', async ({ expect }) => {
    const pipelines = impatient('sales', '[{ import: Load Sales, mapping: { Version: Actual } }]');
    await using at = await landing({ tenant: askingTenant, pipelines });
    const { outcome } = await at.land('sales', 'Product,Month,Units\nTea,Jan 26,3\n');
    expect(outcome.outcome).toBe('succeeded');
  });
});

describe.concurrent('the data', () => {
  const rejects = {
    outcome: 'succeeded-with-rejects',
    starts: 1,
    pipeline: 'sales',
    options: { pipelines: sales() },
  } as const;
  it.for<[string, Failing]>([
    [
      'names members that the list lacks: they are listed, ready to be created',
      {
        ...rejects,
        file: `${SALES}NOPE,North,Jan 26,1,2,2026-01-31\nALSO,North,Jan 26,1,2,2026-01-31\n`,
        category: 'missing-members',
        alert: ['2 rows were rejected', 'Missing from Products: NOPE, ALSO.', 'The failure dump'],
      },
    ],
    [
      'has dates that are none',
      {
        ...rejects,
        file: `${SALES}P110,North,Jan 26,1,2,31/01/2026\n`,
        category: 'invalid-data',
        alert: ['- Invalid date: 1 time, for example line 3: 31/01/2026'],
      },
    ],
    [
      'has numbers that are none',
      {
        ...rejects,
        file: `${SALES}P110,North,Jan 26,many,2,2026-01-31\n`,
        category: 'invalid-data',
        alert: ['- Invalid number: 1 time, for example line 3: many'],
      },
    ],
    [
      'is written in another encoding: told before a byte is sent',
      {
        ...rejects,
        file: Buffer.from(`${SALES}Café,North,Jan 26,1,2,2026-01-31\n`, 'latin1'),
        outcome: 'failed',
        category: 'source-file',
        starts: 0,
        alert: ['the import expects UTF-8, and the file is not'],
      },
    ],
    [
      'is UTF-8 where ISO-8859-1 is expected, as only its middle shows: told before the import starts',
      {
        file: `Region\n${'North\n'.repeat(15_000)}Zürich\n${'North\n'.repeat(15_000)}`,
        pipeline: 'regions',
        options: { tenant: latinTenant, pipelines: impatient('regions', '[import: Load Regions]') },
        outcome: 'failed',
        category: 'source-file',
        starts: 0,
        alert: ['the import expects ISO-8859-1, and the file is UTF-8, as byte 90008 on line 15002 shows'],
      },
    ],
    [
      'is all wrong: nothing was loaded',
      {
        ...rejects,
        file: `${SALES.split('\n')[0]}\nNOPE,North,Jan 26,1,2,2026-01-31\n`,
        outcome: 'failed',
        category: 'missing-members',
        alert: ['nothing was loaded, 1 row was rejected'],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));

  describe('names members that the import has not mapped', () => {
    const file = `${SALES}P110,North,Jan 26,1,2,2026-01-31\nP120,North,Jan 26,1,2,2026-01-31\n`;
    const tenant = withMapped(['P100']);

    it('which are shown as ignored', async ({ expect }) => {
      await using at = await landing({ tenant, pipelines: sales() });
      const { outcome, alerts } = await at.land('sales', file);
      const [step] = outcome.steps;
      expect([outcome.outcome, step?.counts, alerts]).toMatchObject(['succeeded', { ignored: 2, warned: 0 }, []]);
      expect(step?.reasons?.[0]?.text).toBe('2 Products identifier(s) (P110, P120) were not mapped and ignored');
    });

    it('which count as rejected where the pipeline says so', async ({ expect }) => {
      await using at = await landing({ tenant, pipelines: sales('rejects: { maxRows: 1, countIgnored: true }') });
      const { outcome, alerts } = await at.land('sales', file);
      expect([outcome.outcome, outcome.failure?.category, at.calls('start').length]).toEqual([
        'succeeded-with-rejects',
        'mapping',
        1,
      ]);
      expect(alerts[0]?.text).toContain('was loaded into model "FY26 Plan" without some of its rows');
      expect(alerts[0]?.text).toContain(
        'at least 2 rows or cells were ignored, which this pipeline counts as rejected',
      );
      expect(alerts[0]?.text).toContain('(P110, P120) were not mapped and ignored: 2 times (left out)');
    });
  });

  it('has bad rows within the allowance: shown, and nobody is woken', async ({ expect }) => {
    await using at = await landing({ pipelines: sales('rejects: { maxRows: 1 }') });
    const { outcome, alerts } = await at.land('sales', `${SALES}NOPE,North,Jan 26,1,2,2026-01-31\n`);
    expect([outcome.outcome, outcome.steps[0]?.counts?.rejected, outcome.steps[0]?.dumps?.length, alerts]).toEqual([
      'succeeded-with-rejects',
      1,
      1,
      [],
    ]);
  });
});

describe.concurrent('the model role has no access', () => {
  it.for<[string, Failing]>([
    [
      'to the import',
      {
        file: PRODUCTS,
        options: lacking({ mayNotRun: ['Load Products'] }),
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to run Load Products', 'role'],
      },
    ],
    [
      'to the module',
      {
        file: SALES,
        pipeline: 'sales',
        options: { ...lacking({ mayNotWrite: ['Sales'] }), pipelines: sales() },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to make changes to module: Sales'],
      },
    ],
    [
      'to the list',
      {
        file: PRODUCTS,
        options: lacking({ mayNotWrite: ['Products'] }),
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to make changes to list: Products'],
      },
    ],
    [
      'to the action',
      {
        pipeline: 'clean',
        options: {
          ...lacking({ mayNotRun: ['Delete Discontinued Products'] }),
          pipelines: impatient('clean', '[action: Delete Discontinued Products]'),
        },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to run Delete Discontinued Products'],
      },
    ],
    [
      'to the export',
      {
        pipeline: 'board',
        options: {
          ...lacking({ mayNotRun: ['Board Report'] }),
          pipelines: impatient('board', '[export: Board Report]'),
        },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to run Board Report'],
      },
    ],
    [
      'to the module that an export reads',
      {
        pipeline: 'board',
        options: { ...fails('noAccessToModule'), pipelines: impatient('board', '[export: Board Report]') },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['Your role does not permit any access to the source module.'],
      },
    ],
    [
      'to anything: it is as if nothing were there',
      {
        file: PRODUCTS,
        options: lacking({ role: 'none' }),
        outcome: 'failed',
        category: 'not-found',
        starts: 0,
        alert: ['other than "No Access"', 'Anaplan answers both alike'],
      },
    ],
    [
      'to run, only to see',
      {
        file: PRODUCTS,
        options: lacking({ role: 'read' }),
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to run Load Products'],
      },
    ],
    [
      'to one action of a process: what ran before stays, and is told',
      {
        pipeline: 'nightly',
        options: {
          ...lacking({ mayNotRun: ['Board Report'] }),
          pipelines: impatient('nightly', '[process: Recalculate]'),
        },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: [
          'Process "Recalculate" failed in "Board Report"',
          'You are not authorised to run Board Report',
          'Already applied: "Delete Discontinued Products".',
        ],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));
});

describe.concurrent('a step that fails after another has loaded the file', () => {
  it('is told as that, so that nobody drops the file a second time', async ({ expect }) => {
    const steps =
      '[{ import: Load Products }, { process: Recalculate }, { export: Board Report, to: "exports/board.csv" }]';
    await using at = await landing({
      ...lacking({ mayNotRun: ['Recalculate'] }),
      pipelines: impatient('products', steps),
    });
    const { alerts } = await at.land('products', PRODUCTS);
    expect(alerts[0]?.text).toMatch(
      /^Pipeline products stopped at step 2 with file \S+ in model "FY26 Plan"; what step 1 did is done and stays done\.\n/,
    );
    expect(alerts[0]?.text).not.toContain('was not loaded');
    expect(alerts[0]?.text).toContain('That goes on with step 2; the file dropped again begins with step 1.');
    expect(alerts[0]?.subject).toContain('products failed at step 2 (permission), products');
  });

  it('is told so too where the other was an action of the same process', async ({ expect }) => {
    await using at = await landing({
      ...lacking({ mayNotRun: ['Board Report'] }),
      pipelines: impatient('nightly', '[process: Recalculate]'),
    });
    const { alerts } = await at.start('nightly');
    expect(alerts[0]?.text).toMatch(/^Pipeline nightly in model "FY26 Plan" failed, and a part of it is done\.\n/);
  });
});

describe.concurrent('a process whose action fails', () => {
  const options = {
    ...lacking({ mayNotRun: ['Board Report'] }),
    pipelines: impatient('nightly', '[process: Recalculate]'),
  };
  const said = { type: 'notAuthorised', occurrences: 0 };

  it('tells in its outcome which action failed, and what that one said', async ({ expect }) => {
    await using at = await landing(options);
    const { outcome } = await at.start('nightly');
    expect(outcome.failure?.task?.details[0]).toMatchObject({
      ...said,
      text: expect.stringMatching(/^"Board Report": You are not authorised to run Board Report/),
    });
    expect(outcome.failure?.task?.details.map(({ text }) => text.split(':')[0])).toContain(
      '"Delete Discontinued Products"',
    );
  });

  it('tells it by its id where Anaplan does not hand out the names', async ({ expect }) => {
    const rules: Rule[] = [{ match: { method: 'GET', path: '**/exports' }, do: { answer: { status: 403 } } }];
    await using at = await landing({ ...options, scenario: { rules } });
    const { outcome, alerts } = await at.start('nightly');
    expect([outcome.outcome, outcome.failure?.category, alerts.length]).toEqual(['failed', 'permission', 1]);
    expect(outcome.failure?.task?.details[0]?.text).toMatch(/^"116\d+": You are not authorised to run/);
  });
});

describe.concurrent('Selective Access or Dynamic Cell Access', () => {
  /** The simulator has no rules about single members or cells, so the task's result is put in its mouth. */
  const ended = (result: object) => ({
    scenario: {
      rules: [
        when('poll', {
          answer: {
            status: 200,
            body: {
              status: { code: 200, message: 'Success' },
              task: { taskId: '0'.repeat(32), taskState: 'COMPLETE', currentStep: 'Complete.', result },
            },
          },
        }),
      ],
    },
  });

  it.for<[string, Failing]>([
    [
      'keeps rows out of a list: the reason is named, and not retried',
      {
        file: PRODUCTS,
        options: ended({
          objectId: '112000000000',
          successful: false,
          failureDumpAvailable: false,
          details: [
            {
              type: 'hierarchyRowsProcessedWithFailures',
              occurrences: 0,
              localMessageText: 'Products: 3 (0/3) rows successful, 0 (0/0) rows has warnings, 2 failed, 0 ignored',
              values: [],
            },
            {
              type: 'hierarchyImportAccessNoUpdate',
              occurrences: 2,
              localMessageText: 'You are not authorised to update this item',
              values: [],
            },
          ],
        }),
        outcome: 'succeeded-with-rejects',
        category: 'access-restriction',
        starts: 1,
        alert: ['2 rows were rejected', 'You are not authorised to update', 'Access restrictions keep'],
      },
    ],
    [
      'keeps the whole import out',
      {
        file: PRODUCTS,
        options: fails('hierarchyImportNoSelectiveEditing', { hierarchyName: 'Products' }),
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['You are not authorised to make changes to list: Products', 'Check the Selective Access of the list'],
      },
    ],
    [
      'keeps the module closed',
      {
        file: SALES,
        pipeline: 'sales',
        options: { ...fails('moduleImportNoWriteAccess', { moduleName: 'Sales' }), pipelines: sales() },
        outcome: 'failed',
        category: 'permission',
        starts: 1,
        alert: ['Check Selective Access and Dynamic Cell Access of the module.'],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));
});

describe.concurrent('Anaplan itself', () => {
  it.for<[string, Failing]>([
    [
      'has an internal error: never run again by itself, because part of it may be applied',
      {
        file: PRODUCTS,
        options: fails('internalError', { message: 'null' }),
        outcome: 'failed',
        category: 'service',
        starts: 1,
        alert: ['An internal error occurred: null', 'Check in Anaplan what was applied before the error'],
      },
    ],
    [
      'lets somebody cancel the task',
      {
        file: PRODUCTS,
        options: fails('msgImportCancelled'),
        outcome: 'cancelled',
        category: 'cancelled',
        starts: 1,
        alert: ['Import "Load Products" did not finish: it was cancelled.'],
      },
    ],
  ])('%s', ([, row], { expect }) => failing(row, expect));
});
