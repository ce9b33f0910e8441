import { describe, expect, expectTypeOf, it } from 'vitest';
import type { AnaplanClient } from '../../shared/anaplan/client.ts';
import { freeze } from '../../shared/pipeline/freeze.ts';
import { actionKindOf, frozenPipelineSchema, STEP_KINDS } from '../../shared/pipeline/frozen-pipeline.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { formatLock, LockError, parseLock } from '../../shared/pipeline/lock.ts';
import type { NameDirectory } from '../../shared/pipeline/name-directory.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import { unfilledFiles } from '../../shared/pipeline/unfilled-files.ts';

const TEXT = `
pipelines:
  sales:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "sales/*.csv" }
    steps:
      - import: Load Sales
        mapping: { Version: Actual }
      - process: "118000000001"
      - export: Board Report
        to: "exports/board-{date}.csv"
      - action: Delete old
        repeatable: true
`;

function configurationOf(text: string) {
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.configuration;
}

const source = { headerNames: ['Region', 'Amount'], columnSeparator: ',', headerRow: 1, firstDataRow: 2 };

/** A small tenant, and every question that was asked of it. */
function tenant(changes: Partial<NameDirectory> = {}): NameDirectory & { asked: string[] } {
  const asked: string[] = [];
  const answer = <T>(question: string, value: T): Promise<T> => {
    asked.push(question);
    return Promise.resolve(value);
  };
  return {
    asked,
    listWorkspaces: () =>
      answer('workspaces', [
        { id: 'w1', name: 'Finance' },
        { id: 'w2', name: 'Sandbox' },
      ]),
    listModels: (workspaceId) =>
      answer(`models of ${workspaceId}`, [
        { id: 'M1', name: 'FY26 Plan' },
        { id: 'M2', name: 'FY25 Plan' },
      ]),
    listImports: ({ modelId }) =>
      answer(`imports of ${modelId}`, [
        { id: '112000000001', name: 'Load Sales', importDataSourceId: '113000000001' },
        { id: '112000000002', name: 'From Hub' },
        { id: '112000000003', name: 'Load Products', importDataSourceId: '113000000002' },
      ]),
    listExports: ({ modelId }) => answer(`exports of ${modelId}`, [{ id: '116000000001', name: 'Board Report' }]),
    listActions: ({ modelId }) => answer(`actions of ${modelId}`, [{ id: '117000000001', name: 'Delete old' }]),
    listProcesses: ({ modelId }) => answer(`processes of ${modelId}`, [{ id: '118000000001', name: 'Recalculate' }]),
    listFiles: ({ modelId }) =>
      answer(`files of ${modelId}`, [
        { id: '113000000001', name: 'sales.csv' },
        { id: '113000000002', name: 'products.csv' },
        { id: '113000000003', name: 'elsewhere.csv' },
      ]),
    getProcess: (_, processId) =>
      answer(`process ${processId}`, {
        actions: [
          { id: '112000000002', name: 'From Hub' },
          { id: '112000000003', name: 'Load Products' },
          { id: '112000000001', name: 'Load Sales' },
          { id: '117000000001', name: 'Delete old' },
        ],
      }),
    getImportSource: (_, importId) => answer(`source of ${importId}`, source),
    ...changes,
  };
}

describe('resolving names', () => {
  it('finds names and ids, and the file that an import reads', async () => {
    const { lock, problems } = await resolveNames(configurationOf(TEXT), tenant());
    expect(problems).toEqual([]);
    expect(lock.pipelines.sales).toEqual({
      workspace: { asked: 'Finance', id: 'w1', name: 'Finance' },
      model: { asked: 'FY26 Plan', id: 'M1', name: 'FY26 Plan' },
      steps: [
        { kind: 'import', asked: 'Load Sales', id: '112000000001', name: 'Load Sales', fileId: '113000000001', source },
        { kind: 'process', asked: '118000000001', id: '118000000001', name: 'Recalculate' },
        { kind: 'export', asked: 'Board Report', id: '116000000001', name: 'Board Report' },
        { kind: 'action', asked: 'Delete old', id: '117000000001', name: 'Delete old' },
      ],
    });
  });

  it('says what is not there, also when Anaplan does not list what else there is', async () => {
    const text = `${TEXT.split('      - import')[0]}      - import: Load Sales\n      - process: Board Report\n`;
    const refused = tenant({ listExports: () => Promise.reject(new Error('403')) });
    const { problems } = await resolveNames(configurationOf(text), refused);
    expect(problems.map(({ what }) => what)).toEqual([
      'no process of model "FY26 Plan" is called "Board Report" or has this id',
    ]);
  });

  it('gives an import that reads another model no file', async () => {
    const text = TEXT.replace('on: { drop: "sales/*.csv" }', '').replace('Load Sales', 'From Hub');
    const { lock } = await resolveNames(configurationOf(text), tenant());
    expect(lock.pipelines.sales?.steps[0]).toEqual({
      kind: 'import',
      asked: 'From Hub',
      id: '112000000002',
      name: 'From Hub',
    });
  });

  it.each([
    [
      'an unknown workspace',
      TEXT.replace('Finance', 'Fnance'),
      'no workspace this user sees is called "Fnance" or has this id',
      ['Finance'],
      'workspace',
    ],
    [
      'an unknown model',
      TEXT.replace('FY26', 'FY27'),
      'no model of workspace "Finance" is called "FY27 Plan" or has this id',
      ['FY25 Plan', 'FY26 Plan'],
      'model',
    ],
    [
      'an unknown import',
      TEXT.replace('Load Sales', 'load sales'),
      'no import of model "FY26 Plan" is called "load sales" or has this id',
      ['Load Sales'],
      'steps.0.import',
    ],
    [
      'an unknown process',
      TEXT.replace('118000000001', 'Rebuild'),
      'no process of model "FY26 Plan" is called "Rebuild" or has this id',
      [],
      'steps.1.process',
    ],
    [
      'a process that is an import',
      TEXT.replace('"118000000001"', 'Load Products'),
      'no process of model "FY26 Plan" is called "Load Products" or has this id; there is an import of this name: write "import:"',
      [],
      'steps.1.process',
    ],
    [
      'an import that is a process, by its id',
      TEXT.replace('Load Sales', '"118000000001"'),
      'no import of model "FY26 Plan" is called "118000000001" or has this id; there is a process with this id: write "process:"',
      [],
      'steps.0.import',
    ],
    [
      'an import with a file where a schedule starts it',
      TEXT.replace('drop: "sales/*.csv"', 'schedule: "rate(1 day)"'),
      'import "Load Sales" reads a file, but a pipeline with schedule has none for it; start it with a drop, or put the import into the process that takes files',
      [],
      'steps.0.import',
    ],
    [
      'a drop for an import that reads another model',
      TEXT.replace('Load Sales', 'From Hub'),
      'a drop starts it, but none of its imports reads a file (they read other models), so nothing could be uploaded',
      [],
      'on',
    ],
  ])('%s is a problem with what is near', async (_, text, what, near, path) => {
    const { lock, problems } = await resolveNames(configurationOf(text), tenant());
    expect(problems).toEqual([{ pipeline: 'sales', path: path.split('.'), what, near }]);
    expect(lock.pipelines).toEqual({});
  });

  it('asks for an id where a name is there twice', async () => {
    const client = tenant({
      listModels: async () => [
        { id: 'M1', name: 'FY26 Plan' },
        { id: 'M9', name: 'FY26 Plan' },
      ],
    });
    const { problems } = await resolveNames(configurationOf(TEXT), client);
    expect(problems).toEqual([
      {
        pipeline: 'sales',
        path: ['model'],
        what: '2 models of workspace "Finance" are called "FY26 Plan"; use the id of one',
        near: ['M1', 'M9'],
      },
    ]);
  });

  it('tells the problems of all steps and pipelines at once', async () => {
    const text =
      TEXT.replace('Load Sales', 'a1').replace('Delete old', 'b2') +
      TEXT.split('\n')
        .slice(2)
        .join('\n')
        .replace('sales:', 'more:')
        .replace('sales/', 'more/')
        .replace('Finance', 'c3');
    const { problems } = await resolveNames(configurationOf(text), tenant());
    expect(problems.map(({ pipeline, what }) => `${pipeline}: ${what.match(/"[a-c]\d"/)}`)).toEqual([
      'sales: "a1"',
      'sales: "b2"',
      'more: "c3"',
    ]);
  });

  it('asks for each list once, and only for the pipeline it is told', async () => {
    const body = TEXT.split('\n').slice(2).join('\n');
    const text =
      TEXT +
      body.replace('sales:', 'again:').replace('sales/', 'again/') +
      body.replace('sales:', 'other:').replace('sales/', 'other/').replace('Finance', 'Nowhere');
    const client = tenant();
    await resolveNames(configurationOf(text), client, { only: 'again' });
    expect(client.asked).toEqual([
      'workspaces',
      'models of w1',
      'imports of M1',
      'source of 112000000001',
      'processes of M1',
      'exports of M1',
      'actions of M1',
    ]);
    const both = tenant();
    const { lock, problems } = await resolveNames(configurationOf(text), both);
    expect(Object.keys(lock.pipelines)).toEqual(['sales', 'again']);
    expect(problems).toHaveLength(1);
    expect(both.asked).toEqual(client.asked);
  });

  it('lets an error of the client through untouched', async () => {
    const refused = new Error('sign-in refused');
    const client = tenant({ listImports: () => Promise.reject(refused) });
    await expect(resolveNames(configurationOf(TEXT), client)).rejects.toBe(refused);
  });
});

it('the client is a directory of names', () => {
  expectTypeOf<AnaplanClient>().toExtend<NameDirectory>();
});

const SET = `
pipelines:
  nightly:
    workspace: Finance
    model: FY26 Plan
    on: { set: folder }
    keep: { archive: archive/ }
    steps:
      - process: Recalculate
        files: { Load Products: "in/*/products.csv", sales.csv: "in/*/sales.csv" }
      - export: Board Report
        to: "exports/board-{date}.csv.gz"
        gzip: true
  report:
    workspace: Finance
    model: FY26 Plan
    on: { after: nightly }
    steps: [{ export: Board Report }]
  mail:
    workspace: Finance
    model: FY26 Plan
    on: { after: nightly }
    steps: [{ action: Delete old }]
`;

describe('the files of a process', () => {
  it('are those of its imports, by the name of an import or of a data source', async () => {
    const { lock, problems } = await resolveNames(configurationOf(SET), tenant());
    expect(problems).toEqual([]);
    expect(lock.pipelines.nightly?.steps[0]?.files).toEqual([
      { asked: 'Load Products', id: '112000000003', name: 'Load Products', fileId: '113000000002', source },
      { asked: 'sales.csv', id: '113000000001', name: 'sales.csv', fileId: '113000000001', source },
    ]);
    expect(parseLock(formatLock(lock), 'plandrop.lock.json')).toEqual(lock);
  });

  it.each([
    [
      'an import that the process does not run',
      SET.replace('Load Products:', 'Load Prices:'),
      'no file that process "Recalculate" reads is called "Load Prices" or has this id',
      ['Load Sales', 'Load Products'],
      'Load Prices',
    ],
    [
      'an import that reads another model',
      SET.replace('Load Products:', 'From Hub:'),
      'no file that process "Recalculate" reads is called "From Hub" or has this id',
      ['Load Sales', 'Load Products'],
      'From Hub',
    ],
    [
      'a data source that no import of the process reads',
      SET.replace('sales.csv:', 'elsewhere.csv:'),
      'no file that process "Recalculate" reads is called "elsewhere.csv" or has this id',
      ['Load Sales', 'Load Products'],
      'elsewhere.csv',
    ],
    [
      'one file named twice',
      SET.replace('sales.csv:', 'products.csv:'),
      '"Load Products" and "products.csv" are the same file of process "Recalculate"',
      [],
      'products.csv',
    ],
  ])('%s is a problem', async (_, text, what, near, file) => {
    const { problems } = await resolveNames(configurationOf(text), tenant());
    expect(problems).toEqual([{ pipeline: 'nightly', path: ['steps', '0', 'files', file], what, near }]);
  });

  it('freeze with their patterns; so does what becomes of drops, and who follows', async () => {
    const { lock } = await resolveNames(configurationOf(SET), tenant());
    const frozen = freeze('nightly', configurationOf(SET), lock);
    expect(frozen).toMatchObject({
      ok: true,
      pipeline: {
        steps: [
          {
            files: [
              { name: 'Load Products', fileId: '113000000002', glob: 'in/*/products.csv', source },
              { name: 'sales.csv', fileId: '113000000001', glob: 'in/*/sales.csv', source },
            ],
          },
          { to: 'exports/board-{date}.csv.gz', gzip: true },
        ],
        keep: { kind: 'archive', prefix: 'archive/' },
        followers: ['mail', 'report'],
      },
    });
    if (frozen.ok)
      expect(frozenPipelineSchema.parse(JSON.parse(JSON.stringify(frozen.pipeline)))).toEqual(frozen.pipeline);
  });

  it('make the lock stale when they change, and not when only their patterns do', async () => {
    const { lock } = await resolveNames(configurationOf(SET), tenant());
    const renamed = configurationOf(SET.replace('sales.csv:', 'Load Sales:'));
    expect(freeze('nightly', renamed, lock)).toMatchObject({
      problem: 'stale',
      message: expect.stringContaining(
        'the files of its step 1 are "Load Products", "Load Sales" and were "Load Products", "sales.csv"',
      ),
    });
    const moved = configurationOf(SET.replaceAll('in/*', 'inbox/*'));
    expect(freeze('nightly', moved, lock)).toMatchObject({ ok: true });
  });
});

describe('files that a process reads and nothing fills', () => {
  const unfilled = async (text: string) =>
    unfilledFiles((await resolveNames(configurationOf(text), tenant())).lock, tenant());

  it('are told with the imports that read them', async () => {
    const told = await unfilled(TEXT);
    expect(told).toEqual([
      {
        pipeline: 'sales',
        path: ['steps', '1', 'process'],
        what: 'reads the file of "Load Products", which nothing here uploads: it loads what is there; files: would fill it',
        near: [],
      },
    ]);
    const half = await unfilled(SET.replace('Load Products: "in/*/products.csv", ', ''));
    expect(half.map(({ pipeline, path }) => [pipeline, ...path])).toEqual([['nightly', 'steps', '0', 'files']]);
  });

  it('are none when the set, or another pipeline of the model, fills each', async () => {
    expect(await unfilled(SET)).toEqual([]);
    const body = TEXT.split('\n').slice(2).join('\n');
    const other = body
      .replace('sales:', 'products:')
      .replace('sales/', 'products/')
      .replace('Load Sales', 'Load Products');
    expect(await unfilled(TEXT + other)).toEqual([]);
  });
});

it('a ledger from before there were files, followers and archives still reads', async () => {
  const { lock } = await resolveNames(configurationOf(TEXT), tenant());
  const frozen = freeze('sales', configurationOf(TEXT), lock);
  if (!frozen.ok) throw new Error(frozen.message);
  const { keep, followers, ...old } = frozen.pipeline;
  expect(frozenPipelineSchema.parse(old)).toEqual({ ...old, keep: { kind: 'leave' }, followers: [] });
});

describe('freezing a pipeline', () => {
  const resolved = async (text = TEXT) => (await resolveNames(configurationOf(text), tenant())).lock;

  it('keeps ids, names and policies, and is what a ledger takes', async () => {
    const frozen = freeze('sales', configurationOf(TEXT), await resolved());
    expect(frozen).toEqual({
      ok: true,
      pipeline: {
        name: 'sales',
        workspaceId: 'w1',
        workspaceName: 'Finance',
        modelId: 'M1',
        modelName: 'FY26 Plan',
        steps: [
          {
            kind: 'import',
            name: 'Load Sales',
            objectId: '112000000001',
            fileId: '113000000001',
            source,
            mapping: { Version: 'Actual' },
            repeatable: false,
          },
          { kind: 'process', name: 'Recalculate', objectId: '118000000001', repeatable: false },
          {
            kind: 'export',
            name: 'Board Report',
            objectId: '116000000001',
            repeatable: false,
            to: 'exports/board-{date}.csv',
          },
          { kind: 'action', name: 'Delete old', objectId: '117000000001', repeatable: true },
        ],
        rejects: { maxRows: 0, countIgnored: false },
        onFailure: 'hold',
        policies: {
          retry: { attempts: 8, conflicts: 5, failedPolls: 30 },
          modelWaitSeconds: 7200,
          startGraceSeconds: 120,
          pollMinSeconds: 5,
          deadlineSeconds: 43_200,
          chunkBytes: 10_000_000,
          chunksInFlight: 4,
          source: 'strict',
        },
        keep: { kind: 'leave' },
        followers: [],
      },
    });
    if (frozen.ok)
      expect(frozenPipelineSchema.parse(JSON.parse(JSON.stringify(frozen.pipeline)))).toEqual(frozen.pipeline);
  });

  const again = 'run "plandrop lock", review the change and deploy it';
  it.each([
    ['another workspace', TEXT.replace('Finance', 'Sandbox'), `its workspace is "Sandbox" and was "Finance"`],
    ['another model', TEXT.replace('FY26', 'FY25'), `its model is "FY25 Plan" and was "FY26 Plan"`],
    [
      'another step',
      TEXT.replace('import: Load Sales', 'import: From Hub'),
      `its step 1 is "import From Hub" and was "import Load Sales"`,
    ],
    ['a new step', `${TEXT}      - process: Recalculate\n`, 'step 5 is new'],
    ['a step less', TEXT.slice(0, TEXT.indexOf('      - action')), 'it had 4 steps'],
  ])('is refused after %s', async (_, text, change) => {
    expect(freeze('sales', configurationOf(text), await resolved())).toEqual({
      ok: false,
      problem: 'stale',
      message: `pipeline "sales" has changed since the lock file was written: ${change}; ${again}`,
    });
  });

  it('takes changed policies, which need no names', async () => {
    const frozen = freeze('sales', configurationOf(`${TEXT}    onFailure: continue\n`), await resolved());
    expect(frozen).toMatchObject({ ok: true, pipeline: { onFailure: 'continue' } });
  });

  it('is refused without an entry in the lock', () => {
    expect(freeze('sales', configurationOf(TEXT), { version: 1, pipelines: {} })).toEqual({
      ok: false,
      problem: 'missing',
      message: `the lock file has no pipeline "sales"; ${again}`,
    });
  });

  it.each(['sale', 'constructor', '__proto__'])('of an unknown name (%s) lists the known ones', async (name) => {
    expect(freeze(name, configurationOf(TEXT), await resolved())).toEqual({
      ok: false,
      problem: 'unknown',
      message: `there is no pipeline "${name}"; there are sales`,
    });
  });
});

describe('the lock file', () => {
  it('reads what it wrote, sorted by name', async () => {
    const { lock } = await resolveNames(configurationOf(TEXT), tenant());
    const sales = lock.pipelines.sales;
    if (sales === undefined) throw new Error('not resolved');
    const text = formatLock({ version: 1, pipelines: { zebra: sales, ant: sales } });
    expect(Object.keys(JSON.parse(text).pipelines)).toEqual(['ant', 'zebra']);
    expect(parseLock(text, 'plandrop.lock.json')).toEqual({ version: 1, pipelines: { ant: sales, zebra: sales } });
    expect(text.endsWith('}\n')).toBe(true);
  });

  it.each([
    ['no JSON', '{', 'plandrop.lock.json is not JSON; write it anew with "plandrop lock"'],
    [
      'another version',
      '{"version":2,"pipelines":{}}',
      'plandrop.lock.json is not a lock file of this version (at version); write it anew with "plandrop lock"',
    ],
  ])('with %s says what to do', (_, text, message) => {
    expect(() => parseLock(text, 'plandrop.lock.json')).toThrow(new LockError(message));
  });
});

it('every kind of step has its word in the path', () => {
  expect(STEP_KINDS.map(actionKindOf)).toEqual(['imports', 'processes', 'exports', 'actions']);
});
