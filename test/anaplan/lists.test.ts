import { describe, expect, it } from 'vitest';
import { statusNamesTask } from '../../shared/anaplan/index.ts';
import { caught, clientOf, fakeAnaplan, file, imports, inModel, json, model, ok, text } from './fake-anaplan.ts';

describe('lists', () => {
  it('are read by offset and total, not by next', async () => {
    await using fake = await fakeAnaplan();
    const page = (offset: number, names: string[]) =>
      json(200, {
        meta: {
          paging: {
            currentPageSize: names.length,
            offset,
            totalSize: 5,
            next: `${fake.url}/2/0/wrong?limit=20&offset=20`,
          },
        },
        workspaces: names.map((name) => ({ id: `id-${name}`, name })),
      });
    fake.on('GET /2/0/workspaces', page(0, ['a', 'b']), page(2, ['c', 'd']), page(4, ['e']));
    const found = await clientOf(fake).listWorkspaces();
    expect(found.map((workspace) => workspace.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(fake.requests('GET').map((request) => request.path)).toEqual(
      [0, 2, 4].map((offset) => `/2/0/workspaces?limit=5000&offset=${offset}`),
    );
  });

  it('end when a server sends the same page again and again', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/workspaces', ok({ meta: { paging: { totalSize: 1e9 } }, workspaces: [{ id: 'a', name: 'A' }] }));
    await expect(clientOf(fake).listWorkspaces()).resolves.toEqual([{ id: 'a', name: 'A' }]);
    expect(fake.requests('GET')).toHaveLength(2);
  });

  it.each([
    { says: 'without its key', answer: ok({}) },
    { says: 'that is null', answer: ok({ imports: null }) },
    { says: 'answered with 204', answer: text(204) },
  ])('are empty $says', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/imports`, answer);
    await expect(clientOf(fake).listImports(model)).resolves.toEqual([]);
  });

  it.each([
    { says: 'JSON of somebody else', answer: json(200, { hello: 'world' }) },
    { says: 'an error in a 200', answer: json(200, { status: { code: 500, message: 'oops' } }) },
  ])('are not taken for empty when the answer is $says', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/imports/112000000001/tasks`, answer);
    const error = await caught(clientOf(fake).listTasks(model, imports));
    expect(error.failure).toMatchObject({ kind: 'unreadable', call: 'list-tasks' });
  });

  it('of imports name the file to upload to, unless the import reads another model', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `GET ${inModel}/imports`,
      ok({
        imports: [
          { id: '112000000001', name: 'From file', importDataSourceId: file, importType: 'MODULE_DATA', unheardOf: 1 },
          {
            id: '112000000002',
            name: 'From model',
            importDataSourceId: '101000000003',
            importDataSource: { sourceModelId: 'M' },
          },
          { id: '112000000003', name: 'Empty', importDataSourceId: '' },
        ],
      }),
    );
    await expect(clientOf(fake).listImports(model)).resolves.toEqual([
      { id: '112000000001', name: 'From file', importDataSourceId: file, importType: 'MODULE_DATA' },
      { id: '112000000002', name: 'From model' },
      { id: '112000000003', name: 'Empty' },
    ]);
  });

  it('of tasks may show a single task bare', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `GET ${inModel}/imports/112000000001/tasks`,
      ok({ task: { taskId: 'T1', taskState: 'COMPLETE', creationTime: 5 } }),
    );
    await expect(clientOf(fake).listTasks(model, imports)).resolves.toEqual([
      { taskId: 'T1', taskState: 'COMPLETE', creationTime: 5 },
    ]);
  });
});

describe('metadata', () => {
  it('of an import gives the format of its file', async () => {
    await using fake = await fakeAnaplan();
    const source = {
      headerNames: ['Product', null, 'Jan'],
      columnCount: 3,
      columnSeparator: ',',
      textEncoding: 'UTF-8',
      headerRow: 1,
    };
    fake.on(`GET ${inModel}/imports/112000000001`, ok({ importMetadata: { name: 'Load', type: 'FILE', source } }));
    fake.on(`GET ${inModel}/imports/112000000002`, ok({ importMetadata: { name: 'Copy', type: 'MODEL' } }));
    const client = clientOf(fake);
    await expect(client.getImportSource(model, '112000000001')).resolves.toEqual({
      ...source,
      headerNames: ['Product', '', 'Jan'],
    });
    await expect(client.getImportSource(model, '112000000002')).resolves.toBeUndefined();
  });

  it('of a process lists its actions in order, with the files they read', async () => {
    await using fake = await fakeAnaplan();
    const actions = [
      { id: '112000000006', name: 'Load', importDataSourceId: file },
      { id: '117000000001', name: 'Clear' },
    ];
    fake.on(`GET ${inModel}/processes/118000000001`, ok({ processMetadata: { name: 'Nightly', actions } }));
    await expect(clientOf(fake).getProcess(model, '118000000001')).resolves.toEqual({ name: 'Nightly', actions });
    expect(fake.requests('GET')[0]?.path).toContain('showImportDataSource=true');
  });

  it('of a model status comes without an envelope', async () => {
    await using fake = await fakeAnaplan();
    const requestStatus = {
      currentStep: 'Processing ...',
      progress: 0.5,
      tooltip: 'by X',
      taskId: 'T1-11',
      exportTaskType: null,
    };
    fake.on('GET /2/0/models/75A40874/status', json(200, { requestStatus }));
    const status = await clientOf(fake).getModelStatus(model);
    expect(status).toEqual({ currentStep: 'Processing ...', progress: 0.5, tooltip: 'by X', taskId: 'T1-11' });
    expect([statusNamesTask(status, 'T1'), statusNamesTask(status, 'T'), statusNamesTask({}, 'T1')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    { status: 200, body: '{}', answer: 'open' },
    { status: 202, body: '', answer: 'opening' },
  ])('waking a model answered with $status means $answer', async ({ status, body, answer }) => {
    await using fake = await fakeAnaplan();
    fake.on('POST /2/0/models/75A40874/open', text(status, body));
    await expect(clientOf(fake).wakeModel(model)).resolves.toBe(answer);
  });
});
