import { describe, expect, it } from 'vitest';
import {
  type ActionRef,
  AnaplanClient,
  type ModelRef,
  type Task,
  type Transport,
  TransportError,
} from '../../shared/anaplan/index.ts';
import { ConnectionCut, createSimulator, type Simulator, startSimulator } from '../../simulator/index.ts';

type Served = Omit<Simulator, 'url'>;

/** The simulator's API without a socket. */
const inProcess =
  (simulator: Served): Transport =>
  async ({ url, method, headers, body }) => {
    const request = new Request(url, { method, headers, ...(body ? { body: Buffer.from(body) } : {}) });
    const response = await simulator.fetch(request).catch((error: unknown) => {
      const code = error instanceof ConnectionCut ? 'ECONNRESET' : 'UNKNOWN';
      throw new TransportError(String(error), code, true, { cause: error });
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), body: oneOf(bytes) };
  };

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const credentials =
  ({ user, password }: Served) =>
  async () =>
    ({ kind: 'basic', username: user, password }) as const;
const modelOf = ({ workspace, model }: Served): ModelRef => ({ workspaceId: workspace.id, modelId: model.id });

async function final(client: AnaplanClient, model: ModelRef, action: ActionRef, taskId: string): Promise<Task> {
  for (let polls = 0; polls < 200; polls++) {
    const task = await client.getTask(model, action, taskId);
    if (task.taskState === 'COMPLETE' || task.taskState === 'CANCELLED') return task;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the task does not end');
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const rows = `Product,Region,Month,Units,Revenue,Ship Date
P100,North,Jan 26,71,1057.90,2026-01-23
P999,South,Jan 26,72,1072.80,2026-01-15
`;

describe.each([
  { by: 'a socket', start: startSimulator },
  { by: 'no socket', start: createSimulator },
])('through $by', ({ start }) => {
  const clientOf = (simulator: Served | Simulator): AnaplanClient => {
    const url = 'url' in simulator ? simulator.url : 'http://127.0.0.1:1';
    const transport = 'url' in simulator ? {} : { transport: inProcess(simulator) };
    return new AnaplanClient({
      apiUrl: url,
      authUrl: url,
      oauthUrl: url,
      credentials: credentials(simulator),
      ...transport,
    });
  };

  it('a file goes up in chunks, is imported, and its rejected rows come back', async () => {
    await using simulator = await start({ taskSeconds: 0.05 });
    const client = clientOf(simulator);
    const model = modelOf(simulator);
    const load = (await client.listImports(model)).find((one) => one.name === 'Load Sales');
    const fileId = load?.importDataSourceId ?? '';
    const action: ActionRef = { kind: 'imports', id: load?.id ?? '' };
    await expect(client.getImportSource(model, action.id)).resolves.toMatchObject({
      columnCount: 6,
      columnSeparator: ',',
    });

    const bytes = Buffer.from(rows);
    await client.announceFile(model, fileId, 2);
    await Promise.all([
      client.putChunk(model, fileId, 1, bytes.subarray(20)),
      client.putChunk(model, fileId, 0, bytes.subarray(0, 20), { gzip: false }),
    ]);
    expect(await textOf(client.downloadFile(model, fileId))).toBe(rows);

    const { taskId } = await client.startTask(model, action);
    const task = await final(client, model, action, taskId);
    expect(task.result?.failureDumpAvailable).toBe(true);
    await expect(client.listTasks(model, action)).resolves.toMatchObject([{ taskId }]);
    const dump = await client.readDump(model, action, taskId);
    const csv = dump.available ? await textOf(dump.bytes) : '';
    expect(csv).toContain('P999');
    expect(csv).toContain('"3"');
    expect(csv).not.toContain('P100');
  });

  it('an export is run and downloaded, a process run, and nothing else has a dump', async () => {
    await using simulator = await start({ taskSeconds: 0.05 });
    const client = clientOf(simulator);
    const model = modelOf(simulator);
    const [report] = await client.listExports(model);
    const action: ActionRef = { kind: 'exports', id: report?.id ?? '' };
    const { taskId } = await client.startTask(model, action);
    await expect(final(client, model, action, taskId)).resolves.toMatchObject({ result: { successful: true } });
    expect(await textOf(client.downloadFile(model, action.id))).toContain('North');
    const imports: ActionRef = { kind: 'imports', id: simulator.imports[0]?.id ?? '' };
    await expect(client.readDump(model, imports, taskId)).resolves.toEqual({ available: false });

    const [process] = await client.listProcesses(model);
    const whole: ActionRef = { kind: 'processes', id: process?.id ?? '' };
    await expect(client.getProcess(model, whole.id)).resolves.toMatchObject({ actions: [{}, {}] });
    const started = await client.startTask(model, whole);
    const ended = await final(client, model, whole, started.taskId);
    expect(ended.result?.nestedResults).toHaveLength(2);
  });

  it('everything can be asked that a run asks first', async () => {
    await using simulator = await start();
    const client = clientOf(simulator);
    const model = modelOf(simulator);
    await expect(client.getCurrentUser()).resolves.toMatchObject({ email: simulator.user });
    await expect(client.listWorkspaces()).resolves.toMatchObject([simulator.workspace]);
    await expect(client.listModels(model.workspaceId)).resolves.toMatchObject([
      { ...simulator.model, activeState: 'UNLOCKED' },
    ]);
    await expect(client.getModel(model.modelId)).resolves.toMatchObject(simulator.model);
    await expect(client.getModelStatus(model)).resolves.toMatchObject({ currentStep: 'Open' });
    expect((await client.listFiles(model)).map((file) => file.name)).toContain('sales.csv');
    await expect(client.listActions(model)).resolves.toHaveLength(1);
  });
});
