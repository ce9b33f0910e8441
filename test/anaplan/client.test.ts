import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type ActionRef,
  AnaplanCallError,
  type ExchangeNote,
  JunkFileError,
  NotFoundError,
  type RetryNote,
  statusNamesTask,
} from '../../shared/anaplan/index.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import {
  clientOf,
  envelope,
  fakeAnaplan,
  inModel,
  json,
  jumpingClock,
  model,
  ok,
  refused,
  reset,
  text,
} from './fake-anaplan.ts';

const imports: ActionRef = { kind: 'imports', id: '112000000001' };
const file = '113000000001';
const caught = async (work: Promise<unknown>): Promise<AnaplanCallError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AnaplanCallError);
  return error as AnaplanCallError;
};

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

describe('an upload', () => {
  it('announces, sends gzipped chunks, and lists them', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/files/${file}`, ok({ file: { id: file, name: 'Sales.csv', chunkCount: 0 } }));
    fake.on(`PUT ${inModel}/files/${file}/chunks/*`, text(204));
    fake.on(
      `GET ${inModel}/files/${file}/chunks`,
      ok({ chunks: [{ id: '10' }, { id: '9' }, { id: '0', name: 'Chunk 0' }] }),
    );
    const client = clientOf(fake);
    await expect(client.announceFile(model, file, 2)).resolves.toMatchObject({ id: file });
    const bytes = Buffer.from('a,b\n'.repeat(1000));
    const { bytesSent } = await client.putChunk(model, file, 0, bytes);
    await client.putChunk(model, file, 1, bytes, { gzip: false });
    expect(JSON.parse(String(fake.requests('POST', 'files')[0]?.body))).toEqual({ chunkCount: 2 });
    const [packed, plain] = fake.requests('PUT');
    expect(packed?.headers['content-type']).toBe('application/x-gzip');
    expect(packed?.body).toHaveLength(bytesSent);
    expect(gunzipSync(packed?.body ?? '')).toEqual(bytes);
    expect(plain?.headers['content-type']).toBe('application/octet-stream');
    expect(plain?.body).toEqual(bytes);
    await expect(client.listChunks(model, file)).resolves.toEqual(['0', '9', '10']);
  });

  it('does not take a new file for the announced one', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/files/${file}`,
      ok({ file: { id: '113000000099', name: file, chunkCount: 0, headerRow: -1 } }),
    );
    const error = await caught(clientOf(fake).announceFile(model, file, 2));
    expect(error).toBeInstanceOf(JunkFileError);
    expect(error.failure).toMatchObject({ kind: 'junk-file', askedFileId: file, createdFileId: '113000000099' });
  });

  it('counts a chunk by its 204 only', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, text(200, '<html>please log in to the Wi-Fi</html>'));
    const error = await caught(clientOf(fake).putChunk(model, file, 0, Buffer.from('x')));
    expect(error.failure).toMatchObject({ kind: 'unreadable', status: 200 });
  });

  it('announces once, on its own connection, however the answer fails', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/files/${file}`,
      reset,
      text(502),
      refused(429, 'Too Many Requests', { 'retry-after': '1' }),
    );
    const client = clientOf(fake);
    for (let i = 0; i < 3; i++) await caught(client.announceFile(model, file, 1));
    expect(fake.requests('POST', 'files')).toHaveLength(3);
    expect(new Set(fake.seen.map((request) => request.connection)).size).toBe(4);
  });

  it('may also go in one piece, or end with complete', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}`, text(204));
    fake.on(`POST ${inModel}/files/${file}/complete`, ok({ file: { id: file, name: 'Sales.csv', chunkCount: 7 } }));
    fake.on(`DELETE ${inModel}/files/${file}`, text(204));
    const client = clientOf(fake);
    await client.putFile(model, file, Buffer.from('a,b\n'));
    await expect(client.completeFile(model, file)).resolves.toMatchObject({ chunkCount: 7 });
    await client.deleteFile(model, file);
    expect(fake.requests('DELETE')).toHaveLength(1);
  });
});

describe('a start', () => {
  it.each([
    {
      says: 'wrapped',
      answer: ok({ task: { taskId: 'T1', taskState: 'NOT_STARTED', creationTime: 7 } }),
      started: { taskId: 'T1', taskState: 'NOT_STARTED', creationTime: 7 },
    },
    { says: 'wrapped, with its id only', answer: ok({ task: { taskId: 'T1' } }), started: { taskId: 'T1' } },
    { says: 'bare', answer: json(200, { taskId: 'T1' }), started: { taskId: 'T1' } },
  ])('takes an answer $says', async ({ answer, started }) => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, answer);
    const mappingParameters = [{ entityType: 'Version', entityName: 'Actual' }];
    await expect(clientOf(fake).startTask(model, imports, { mappingParameters })).resolves.toEqual(started);
    const sent = String(fake.requests('POST', 'tasks')[0]?.body);
    expect(sent).toBe('{"localeName":"en_US","mappingParameters":[{"entityType":"Version","entityName":"Actual"}]}');
  });

  it.each([
    { says: 'a reset', answer: reset, kind: 'network' },
    { says: 'a 500', answer: refused(500, 'Internal'), kind: 'http' },
    { says: 'a 503 from a gateway', answer: text(503, '<html>busy</html>', { 'retry-after': '1' }), kind: 'http' },
    { says: 'a 429 with a short wait', answer: refused(429, 'Too Many', { 'retry-after': '1' }), kind: 'http' },
    { says: 'a success without a task', answer: ok({}), kind: 'unreadable' },
    { says: 'a success without a body', answer: text(204), kind: 'unreadable' },
  ])('is sent once in spite of $says', async ({ answer, kind }) => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, answer);
    const error = await caught(clientOf(fake).startTask(model, imports));
    expect(error.failure).toMatchObject({
      kind,
      call: 'start',
      method: 'POST',
      path: `${inModel}/imports/112000000001/tasks`,
    });
    expect(fake.requests('POST', 'tasks')).toHaveLength(1);
  });

  it('is sent again after a 401, which refuses it for certain', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/imports/112000000001/tasks`,
      refused(401, 'Not Authenticated.'),
      ok({ task: { taskId: 'T1' } }),
    );
    await expect(clientOf(fake).startTask(model, imports)).resolves.toEqual({ taskId: 'T1' });
  });

  it('gets a connection nothing was sent on before', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, ok({ task: { taskId: 'T1' } }));
    const client = clientOf(fake);
    for (let i = 0; i < 3; i++) await client.startTask(model, imports);
    const [, ...starts] = fake.seen.map((request) => request.connection);
    expect(new Set([1, ...starts]).size).toBe(4);
  });
});

describe('a task', () => {
  it('is read with its nested results, values as a map, nulls kept', async () => {
    await using fake = await fakeAnaplan();
    const details = [
      {
        type: 'hierarchyRowsProcessed',
        localMessageText: 'Employees: 90 rows ',
        occurrences: 0,
        values: ['failedCount', '0', 'hierarchyName', null],
      },
      {
        type: 'moduleImportInvalidListIdentifier',
        localMessageText: 'Item not located',
        occurrences: 3,
        values: ['a', 'b', 'c'],
      },
    ];
    const nestedResults = [{ objectId: '112000000006', successful: false, failureDumpAvailable: true, duration: '12' }];
    const result = { objectId: '118000000002', successful: false, failureDumpAvailable: true, details, nestedResults };
    const task = {
      taskId: 'T1',
      taskState: 'COMPLETE',
      currentStep: 'Complete.',
      progress: 1,
      creationTime: 5,
      result,
    };
    fake.on(`GET ${inModel}/imports/112000000001/tasks/T1`, ok({ task }));
    await expect(clientOf(fake).getTask(model, imports, 'T1')).resolves.toEqual({
      ...task,
      result: {
        objectId: '118000000002',
        successful: false,
        failureDumpAvailable: true,
        details: [
          { ...details[0], values: { failedCount: '0', hierarchyName: null } },
          { ...details[1], values: {}, unpaired: ['a', 'b', 'c'] },
        ],
        nestedResults: [
          { objectId: '112000000006', successful: false, failureDumpAvailable: true, details: [], nestedResults: [] },
        ],
      },
    });
  });

  it('in a state nobody knows is not read', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/imports/112000000001/tasks/T1`, ok({ task: { taskId: 'T1', taskState: 'FAILED' } }));
    const error = await caught(clientOf(fake).getTask(model, imports, 'T1'));
    expect(error.failure).toMatchObject({ kind: 'unreadable', call: 'poll' });
  });

  it.each([
    {
      says: 'the task',
      answer: ok({ task: { taskId: 'T1', taskState: 'CANCELLING' } }),
      taken: { taskId: 'T1', taskState: 'CANCELLING' },
    },
    { says: 'nothing', answer: text(204), taken: undefined },
    { says: 'something else', answer: json(200, { surprise: true }), taken: undefined },
  ])('is cancelled when the answer holds $says', async ({ answer, taken }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/imports/112000000001/tasks/T1`, answer);
    await expect(clientOf(fake).cancelTask(model, imports, 'T1')).resolves.toEqual(taken);
  });
});

describe('a dump', () => {
  const dump = `${inModel}/imports/112000000001/tasks/T1/dump`;
  const read = async (
    answer: Awaited<ReturnType<ReturnType<typeof clientOf>['readDump']>>,
  ): Promise<string | undefined> => {
    if (!answer.available) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.bytes) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  it('is read chunk by chunk in the order of their numbers, whatever the total says', async () => {
    await using fake = await fakeAnaplan();
    const chunks = ['10', '0', '1', '2'].map((id) => ({ id, name: `Chunk ${id}` }));
    fake.on(`GET ${dump}/chunks`, ok({ meta: { paging: { currentPageSize: 1, totalSize: 3 } }, chunks }));
    fake.on(`GET ${dump}/chunks/*`, (request, response) => void response.end(`<${request.path.split('/').at(-1)}>`));
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('<0><1><2><10>');
  });

  it('of an import inside a process is found under the object', async () => {
    await using fake = await fakeAnaplan();
    const nested = `${inModel}/processes/118000000001/tasks/T1/dumps/112000000006`;
    fake.on(`GET ${nested}/chunks`, ok({ chunks: [{ id: '0' }] }));
    fake.on(`GET ${nested}/chunks/0`, text(200, 'rows'));
    const process = { kind: 'processes', id: '118000000001' } as const;
    expect(await read(await clientOf(fake).readDump(model, process, 'T1', '112000000006'))).toBe('rows');
  });

  it.each([
    { says: '404', answer: refused(404, 'Not Found') },
    { says: '400', answer: refused(400, 'No chunks') },
    { says: 'an empty list', answer: ok({}) },
  ])('without chunks ($says) is read whole', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${dump}/chunks`, answer);
    fake.on(`GET ${dump}`, text(200, 'the whole'));
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('the whole');
  });

  it.each([{ status: 204 }, { status: 404 }])(
    'is not there when the whole is answered with $status',
    async ({ status }) => {
      await using fake = await fakeAnaplan();
      fake.on(`GET ${dump}`, status === 204 ? text(204) : refused(404, 'Not Found'));
      await expect(clientOf(fake).readDump(model, imports, 'T1')).resolves.toEqual({ available: false });
    },
  );

  it('that breaks off in a chunk is read on from that chunk', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${dump}/chunks`, ok({ chunks: [{ id: '0' }, { id: '1' }] }));
    fake.on(`GET ${dump}/chunks/0`, text(200, 'first '));
    const cut = text(200, 'sec', { 'content-length': '6' });
    fake.on(
      `GET ${dump}/chunks/1`,
      (request, response) => {
        void cut(request, response);
        response.socket?.destroySoon();
      },
      text(200, 'second'),
    );
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('first second');
  });
});

describe('a download', () => {
  const whole = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
    let text = '';
    for await (const piece of bytes) text += Buffer.from(piece).toString();
    return text;
  };

  it('goes chunk by chunk', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/files/116000000001/chunks`, ok({ chunks: [{ id: '0' }, { id: '1' }] }));
    fake.on(`GET ${inModel}/files/116000000001/chunks/*`, text(200, 'half,'));
    expect(await whole(clientOf(fake).downloadFile(model, '116000000001'))).toBe('half,half,');
  });

  it('of what is not there says so', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/files/116000000001/chunks`, ok({}));
    await expect(whole(clientOf(fake).downloadFile(model, '116000000001'))).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('repeating in process', () => {
  it.each([
    { says: 'a reset', answer: reset },
    { says: 'a 500', answer: refused(500, 'Internal') },
    { says: 'a 502 in HTML', answer: text(502, '<html>') },
    { says: 'a 410', answer: refused(410, 'Gone') },
    { says: 'garbage', answer: text(200, 'garbage') },
    { says: 'a 429 with a short wait', answer: refused(429, 'Slow down', { 'retry-after': '2' }) },
    { says: 'a 503 with a short wait', answer: refused(503, 'Later', { 'retry-after': '2' }) },
  ])('a GET survives three times $says, and tells of each', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', answer, answer, answer, ok({ user: { id: 'u1' } }));
    const clock = jumpingClock();
    const retries: RetryNote[] = [];
    const client = clientOf(fake, { clock }).with({ onRetry: (retry) => retries.push(retry) });
    await expect(client.getCurrentUser()).resolves.toEqual({ id: 'u1' });
    expect(retries.map((retry) => retry.attempt)).toEqual([1, 2, 3]);
    expect(retries.map((retry) => retry.delayMs)).toEqual(clock.slept);
    const floor = retries[0]?.failure.kind === 'http' ? (retries[0].failure.retryAfterSeconds ?? 0) : 0;
    for (const ms of clock.slept) expect(ms).toBeGreaterThanOrEqual(floor * 1000);
  });

  it('gives up after three repetitions', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', text(503));
    await caught(clientOf(fake).getCurrentUser());
    expect(fake.requests('GET')).toHaveLength(4);
  });

  it.each([
    { says: 'a long Retry-After', answer: refused(503, 'Later', { 'retry-after': '60' }), seconds: 60 },
    { says: 'a 429 that names no time', answer: refused(429, 'Slow down'), seconds: undefined },
    { says: 'a 404', answer: refused(404, 'Not Found'), seconds: undefined },
    { says: 'a 403', answer: refused(403, 'Forbidden'), seconds: undefined },
    { says: 'a locked model', answer: refused(423, 'Locked'), seconds: undefined },
    { says: 'an offline model', answer: refused(424, 'Offline'), seconds: undefined },
  ])('leaves $says to the queue', async ({ answer, seconds }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', answer);
    const error = await caught(clientOf(fake).getCurrentUser());
    expect(fake.requests('GET')).toHaveLength(1);
    if (error.failure.kind === 'http') expect(error.failure.retryAfterSeconds).toBe(seconds);
  });

  it('repeats a chunk, but no other writing call', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, reset, text(503), text(204));
    fake.on(`DELETE ${inModel}/files/${file}`, text(503));
    fake.on(`POST ${inModel}/files/${file}/complete`, text(503));
    const client = clientOf(fake);
    await client.putChunk(model, file, 0, Buffer.from('x'));
    await caught(client.deleteFile(model, file));
    await caught(client.completeFile(model, file));
    expect(['PUT', 'DELETE'].map((method) => fake.requests(method).length)).toEqual([3, 1]);
    expect(fake.requests('POST', 'complete')).toHaveLength(1);
  });
});

describe('failures', () => {
  it.each([
    { status: 400, name: 'BadRequestError' },
    { status: 403, name: 'PermissionError' },
    { status: 404, name: 'NotFoundError' },
    { status: 405, name: 'BadRequestError' },
    { status: 409, name: 'ConflictError' },
    { status: 422, name: 'ModelArchivedError' },
    { status: 423, name: 'ModelLockedError' },
    { status: 424, name: 'ModelOfflineError' },
    { status: 425, name: 'ModelDeployedError' },
    { status: 418, name: 'UnexpectedStatusError' },
    { status: 302, name: 'UnexpectedStatusError' },
    { status: 599, name: 'ServiceError' },
  ])('$status is a $name with everything worth quoting', async ({ status, name }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, refused(status, 'Anaplan says so', { 'x-request-id': 'r-1' }));
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(error.name).toBe(name);
    expect(error.message).toBe(`DELETE ${inModel}/files/${file} was answered with ${status}: Anaplan says so`);
    expect(error.failure).toEqual({
      kind: 'http',
      call: 'delete-file',
      method: 'DELETE',
      path: `${inModel}/files/${file}`,
      status,
      envelope: true,
      anaplanMessage: 'Anaplan says so',
      requestId: 'r-1',
      body: JSON.stringify(envelope(status, 'Anaplan says so')),
    });
  });

  it.each([
    { says: 'HTML', body: '<html>Bad Gateway</html>' },
    { says: 'nothing', body: '' },
    { says: 'bytes', body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
    { says: 'half a JSON', body: '{"status":{"code":4' },
    { says: 'JSON of another kind', body: '[null]' },
  ])('with a body of $says are not taken for Anaplan’s own', async ({ body }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, text(503, body));
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(error.failure).toMatchObject({ kind: 'http', status: 503, envelope: false });
  });

  it('stay what their status says when the body breaks off', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, (_, response) => {
      response.writeHead(400, { 'content-length': '100' }).write('{"status":');
      setTimeout(() => response.destroy(), 50);
    });
    const error = await caught(clientOf(fake).startTask(model, imports));
    expect(error.failure).toMatchObject({ kind: 'http', status: 400, envelope: false });
  });

  it('keep 4 KB of an endless body and do not wait for its end', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, (_, response) => {
      response.writeHead(500);
      const write = () => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', write);
      };
      write();
    });
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(Buffer.byteLength(error.failure.kind === 'http' ? error.failure.body : '')).toBeLessThanOrEqual(4096);
  });

  it('never hold a token, whoever echoes it', async () => {
    await using fake = await fakeAnaplan();
    fake.on('*', (request, response) => {
      const echo = JSON.stringify({ status: { code: 500, message: request.headers.authorization }, tokenValue: 'x' });
      response.writeHead(500, { 'x-request-id': String(request.headers.authorization) }).end(echo);
    });
    fake.on(
      'POST /token/authenticate',
      json(201, { tokenInfo: { tokenValue: 'canary-token-value', expiresAt: Date.now() + 1e6 } }),
    );
    const notes: ExchangeNote[] = [];
    const client = clientOf(fake).with({ onExchange: (note) => notes.push(note) });
    const error = await caught(client.deleteFile(model, file));
    const shown = JSON.stringify([error.failure, error.message, error.stack, notes]);
    expect(shown).not.toContain('canary-token-value');
    expect(shown).not.toContain('correct horse');
  });
});

describe('a view', () => {
  it('journals every exchange of its own: redacted, with bodies of JSON and sizes of files', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/files/${file}`, ok({ file: { id: file, name: 'f', chunkCount: 1 } }));
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, text(503), text(204));
    const notes: ExchangeNote[] = [];
    const client = clientOf(fake);
    const view = client.with({ onExchange: (note) => notes.push(note) });
    await view.announceFile(model, file, 1);
    await view.putChunk(model, file, 0, Buffer.from('content'), { gzip: false });
    await client.putChunk(model, file, 0, Buffer.from('content'), { gzip: false });
    expect(notes.map(({ call, method, status }) => `${call} ${method} ${status}`)).toEqual([
      'sign-in POST 201',
      'announce POST 200',
      'chunk PUT 503',
      'chunk PUT 204',
    ]);
    expect(notes[0]).not.toHaveProperty('responseBody');
    expect(notes[1]).toMatchObject({ requestBody: '{"chunkCount":1}', path: `${inModel}/files/${file}` });
    expect(notes[1]?.responseBody).toContain(file);
    expect(notes[3]).toMatchObject({ requestBytes: 7 });
    expect(JSON.stringify(notes)).not.toContain('content"');
  });

  it('sends nothing after its deadline', async () => {
    await using fake = await fakeAnaplan();
    const clock = jumpingClock();
    const client = clientOf(fake, { clock }).with({ deadline: clock.now() });
    const error = await caught(client.startTask(model, imports));
    expect(error.name).toBe('DeadlineError');
    expect(error.failure).toMatchObject({ kind: 'network', reached: false, code: 'DEADLINE' });
    expect(fake.requests('POST', 'tasks')).toHaveLength(0);
  });

  it('lets no request outlive its deadline', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, () => {});
    const client = clientOf(fake, { clock: systemClock });
    const view = client.with({ deadline: Date.now() + 300 });
    const error = await caught(view.startTask(model, imports));
    expect(error.failure).toMatchObject({ kind: 'network', reached: true, code: 'DEADLINE' });
  });

  it('does not wait for a repetition that its deadline would not see', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', refused(503, 'Later', { 'retry-after': '4' }));
    const clock = jumpingClock();
    const client = clientOf(fake, { clock }).with({ deadline: clock.now() + 3000 });
    await caught(client.getCurrentUser());
    expect(clock.slept).toEqual([]);
  });

  it('ends with its signal', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', () => abort.abort());
    const abort = new AbortController();
    const error = await caught(clientOf(fake).with({ signal: abort.signal }).getCurrentUser());
    expect(error.name).toBe('AbortedError');
    expect(fake.requests('GET')).toHaveLength(1);
  });
});

it('every request of all views passes one budget', async () => {
  await using fake = await fakeAnaplan();
  fake.on('GET /2/0/users/me', ok({ user: { id: 'u1' } }));
  let taken = 0;
  const client = clientOf(fake, { budget: { take: async () => void taken++ } });
  await client.getCurrentUser();
  await client.with({}).getCurrentUser();
  expect(taken).toBe(3);
});

it.each([
  { url: 'http://api.anaplan.com', says: 'unencrypted' },
  { url: 'https://api.anaplan.com/2/0', says: 'with a path' },
  { url: 'api.anaplan.com', says: 'without a scheme' },
  { url: 'https://me:secret@api.anaplan.com', says: 'with a password' },
])('refuses an API URL $says', ({ url }) => {
  expect(() => clientOf({ url })).toThrow(TypeError);
});

it('refuses an id that would lead elsewhere', async () => {
  await using fake = await fakeAnaplan();
  await expect(async () => clientOf(fake).getModel('..')).rejects.toThrow(TypeError);
  await clientOf(fake)
    .getModel('../users?x')
    .catch(() => {});
  expect(fake.seen.at(-1)?.path).toBe('/2/0/models/..%2Fusers%3Fx?modelDetails=true');
});
