import { expect } from 'vitest';
import {
  type ActionRef,
  AnaplanClient,
  type AnaplanClientOptions,
  type CallName,
  type ModelRef,
} from '../../../shared/anaplan/index.ts';
import { type Simulator, selfSignedCertificate, type TenantDefinition } from '../../../simulator/index.ts';
import { type Exchange, recordingTransport } from './recording-transport.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
export const keys = selfSignedCertificate('contract', now - DAY_MS, now + DAY_MS);

const HEADER = 'Product,Region,Month,Units';
export const GOOD = `${HEADER}\nTea,North,Jan 26,1\n`;
export const BAD = `${HEADER}\nMilk,North,Jan 26,1\n,North,Jan 26,2\nTea,North,Jan 99,x\n`;

export const TENANT: TenantDefinition = {
  users: [
    { email: 'admin@example.com', password: 'admin', role: 'admin', certificate: keys.certificate },
    { email: 'runner@example.com', password: 'runner', role: 'run' },
    { email: 'nobody@example.com', password: 'nobody', role: 'no access' },
  ],
  oauthClients: [{ id: 'client', secret: 'secret', refreshToken: 'first', rotating: true }],
  models: {
    Plan: {
      lists: { Products: ['Tea', { name: 'Coffee', code: 'C' }], Regions: ['North'] },
      modules: {
        Sales: {
          by: ['Products', 'Regions', 'Time'],
          items: { Units: 'number' },
          cells: [{ Products: 'Tea', Regions: 'North', Time: 'Jan 26', Units: 3 }],
        },
      },
      imports: {
        Load: {
          into: 'Sales',
          columns: { Product: 'Products', Region: 'Regions', Month: 'Time', Units: 'Units' },
        },
        'Load for a region': {
          into: 'Sales',
          columns: { Product: 'Products', Month: 'Time', Units: 'Units' },
          ask: ['Regions'],
        },
        'Copy products': { into: 'Regions', from: 'Products' },
      },
      exports: { Report: { from: 'Sales' } },
      actions: { Clear: { delete: 'Products', where: { code: 'C' } } },
      processes: { Nightly: ['Load', 'Clear', 'Report'], Empty: [] },
    },
  },
};

/** A tenant, a client of it, and what a walk needs to know of both. */
export interface Walk {
  simulator: Simulator;
  client: AnaplanClient;
  model: ModelRef;
  fileId: string;
  id: (kind: 'imports' | 'exports' | 'actions' | 'processes', name: string) => ActionRef;
  upload: (text: string) => Promise<void>;
  ended: (action: ActionRef) => Promise<string>;
}

/** A client whose exchanges are kept. */
export function onAWalk(
  simulator: Simulator,
  options: Partial<AnaplanClientOptions>,
): { walk: Walk; exchanges: Exchange[] } {
  const { transport, exchanges } = recordingTransport();
  const { url, user, password } = simulator;
  const client = new AnaplanClient({
    apiUrl: url,
    authUrl: url,
    oauthUrl: url,
    credentials: async () => ({ kind: 'basic', username: user, password }),
    transport,
    ...options,
  });
  const model = { workspaceId: simulator.workspace.id, modelId: simulator.model.id };
  const fileId = simulator.imports.find((each) => each.name === 'Load')?.importDataSourceId ?? '';
  const walk: Walk = {
    simulator,
    client,
    model,
    fileId,
    id: (kind, name) => ({ kind, id: simulator[kind].find((each) => each.name === name)?.id ?? '' }),
    upload: async (text) => {
      await client.announceFile(model, fileId, 1);
      await client.putChunk(model, fileId, 0, Buffer.from(text));
    },
    ended: async (action) => {
      const { taskId } = await client.startTask(model, action);
      for (;;) {
        const { taskState } = await client.getTask(model, action, taskId);
        if (taskState === 'COMPLETE' || taskState === 'CANCELLED') return taskId;
        await simulator.advance(1000);
      }
    },
  };
  return { walk, exchanges };
}

const KINDS = [
  ['imports', 'Load'],
  ['exports', 'Report'],
  ['actions', 'Clear'],
  ['processes', 'Nightly'],
] as const;

async function drained(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}

/** A walk for every call the client has: a new one does not compile without. */
export const WALKS: { [Name in CallName]: (walk: Walk) => Promise<unknown> } = {
  listWorkspaces: async ({ client }) => [
    await client.listWorkspaces(),
    await client.listWorkspaces({ tenantDetails: true }),
  ],
  listModels: async ({ client, model }) => [await client.listModels(), await client.listModels(model.workspaceId)],
  getModel: ({ client, model }) => client.getModel(model.modelId),
  getModelStatus: async ({ client, model, id, upload }) => {
    await client.getModelStatus(model);
    await upload(GOOD);
    await client.startTask(model, id('imports', 'Load'));
    await client.getModelStatus(model);
  },
  wakeModel: async ({ client, model, simulator }) => {
    await client.wakeModel(model);
    simulator.tenant.model('Plan').unload();
    await client.wakeModel(model);
  },
  getCurrentUser: ({ client }) => client.getCurrentUser(),
  listFiles: async ({ client, model, upload }) => {
    await upload(GOOD);
    await client.listFiles(model);
  },
  listImports: ({ client, model }) => client.listImports(model),
  listExports: ({ client, model }) => client.listExports(model),
  listActions: ({ client, model }) => client.listActions(model),
  listProcesses: ({ client, model }) => client.listProcesses(model),
  getImport: ({ client, model, id }) => client.getImport(model, id('imports', 'Load').id),
  getImportSource: async ({ client, model, id }) => {
    await client.getImportSource(model, id('imports', 'Load').id);
    await client.getImportSource(model, id('imports', 'Copy products').id);
  },
  getExport: ({ client, model, id }) => client.getExport(model, id('exports', 'Report').id),
  getAction: ({ client, model, id }) => client.getAction(model, id('actions', 'Clear').id),
  getProcess: async ({ client, model, id }) => {
    await client.getProcess(model, id('processes', 'Nightly').id);
    await client.getProcess(model, id('processes', 'Empty').id);
  },

  announceFile: async ({ client, model, fileId }) => {
    await client.announceFile(model, fileId, 3);
    await client.announceFile(model, fileId, -1);
    await expect(client.announceFile(model, '113999999999', 1)).rejects.toThrow('does not know a file');
  },
  putChunk: async ({ client, model, fileId }) => {
    await client.announceFile(model, fileId, 2);
    await client.putChunk(model, fileId, 0, Buffer.from(HEADER));
    await client.putChunk(model, fileId, 1, Buffer.from('x'), { gzip: false });
  },
  putFile: ({ client, model, fileId }) => client.putFile(model, fileId, Buffer.from(GOOD)),
  completeFile: async ({ client, model, fileId }) => {
    await client.announceFile(model, fileId, -1);
    await client.putChunk(model, fileId, 0, Buffer.from(GOOD));
    expect((await client.completeFile(model, fileId)).chunkCount).toBe(1);
  },
  listChunks: async ({ client, model, fileId, upload }) => {
    await client.listChunks(model, fileId);
    await upload(GOOD);
    await client.listChunks(model, fileId);
  },
  getChunk: async ({ client, model, fileId, upload }) => {
    await upload(GOOD);
    await client.getChunk(model, fileId, 0);
    await expect(client.getChunk(model, fileId, 7)).rejects.toThrow('404');
  },
  downloadFile: async ({ client, model, fileId, upload }) => {
    await expect(drained(client.downloadFile(model, fileId))).rejects.toThrow('404');
    await upload(GOOD);
    await drained(client.downloadFile(model, fileId));
  },
  deleteFile: async ({ client, model, fileId, upload }) => {
    await upload(GOOD);
    await client.deleteFile(model, fileId);
  },

  startTask: async ({ client, model, id, upload }) => {
    await upload(GOOD);
    for (const [kind, name] of KINDS) await client.startTask(model, id(kind, name));
    const mappingParameters = [{ entityType: 'Regions', entityName: 'North' }];
    await client.startTask(model, id('imports', 'Load for a region'), { mappingParameters });
  },
  listTasks: async ({ client, model, id }) => {
    for (const [kind, name] of KINDS) {
      await client.listTasks(model, id(kind, name));
      await client.startTask(model, id(kind, name));
      await client.listTasks(model, id(kind, name));
    }
  },
  getTask: async ({ client, model, id, upload, ended }) => {
    for (const text of [GOOD, BAD]) {
      await upload(text);
      for (const [kind, name] of KINDS) await ended(id(kind, name));
    }
    // nothing was ever uploaded to its file
    await ended(id('imports', 'Load for a region'));
    await expect(client.getTask(model, id('imports', 'Load'), '0'.repeat(32))).rejects.toThrow('404');
  },
  cancelTask: async ({ client, model, id, simulator }) => {
    for (const [kind, name] of KINDS) {
      const { taskId } = await client.startTask(model, id(kind, name));
      await client.cancelTask(model, id(kind, name), taskId);
      await simulator.advance(60_000);
      await client.getTask(model, id(kind, name), taskId);
    }
  },
  readDump: async ({ client, model, id, upload, ended }) => {
    const load = id('imports', 'Load');
    await upload(GOOD);
    await expect(client.readDump(model, load, await ended(load))).resolves.toEqual({ available: false });
    await upload(BAD);
    const dump = await client.readDump(model, load, await ended(load));
    if (dump.available) await drained(dump.bytes);
    const nightly = id('processes', 'Nightly');
    const nested = await client.readDump(model, nightly, await ended(nightly), load.id);
    if (nested.available) await drained(nested.bytes);
    await upload(GOOD);
    const none = await client.readDump(model, nightly, await ended(nightly), load.id);
    expect([dump.available, nested.available, none.available]).toEqual([true, true, false]);
  },
  getDumpChunk: async ({ client, model, id, upload, ended }) => {
    const load = id('imports', 'Load');
    const nightly = id('processes', 'Nightly');
    await upload(BAD);
    const taskId = await ended(load);
    const alone = await client.getDumpChunk(model, load, taskId, '0');
    const nested = await client.getDumpChunk(model, nightly, await ended(nightly), '0', load.id);
    await expect(client.getDumpChunk(model, load, taskId, '7')).rejects.toThrow('404');
    expect([alone.byteLength > 0, nested.byteLength > 0]).toEqual([true, true]);
  },
};
