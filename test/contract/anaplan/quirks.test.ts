import { describe, expect, it } from 'vitest';
import {
  AnaplanCallError,
  AnaplanClient,
  HttpError,
  type Transport,
  undiciTransport,
} from '../../../shared/anaplan/index.ts';
import {
  createSimulator,
  type QuirkSwitches,
  type Simulator,
  startSimulator,
  type TenantDefinition,
  turnableClock,
} from '../../../simulator/index.ts';
import { BAD, GOOD, onAWalk, TENANT, type Walk } from './walks.ts';

interface Quirk {
  /** as the notes on Anaplan count its quirks; none: a switch beside those */
  number?: number;
  /** the simulator's switch; none: nothing to switch, it is about how a client behaves */
  quirk?: keyof QuirkSwitches;
  /** what is looked at */
  of: string;
  look: (walk: Walk) => Promise<unknown>;
  live: unknown;
  /** with the switch turned; absent: the same, since the client does not depend on it */
  turned?: unknown;
  tenant?: Partial<TenantDefinition>;
}

const QUIRKS: Quirk[] = [
  {
    number: 1,
    quirk: 'authenticate201',
    of: 'a sign-in',
    look: async ({ client }) => (await client.getCurrentUser()).email,
    live: 'admin@example.com',
  },
  {
    number: 2,
    quirk: 'refreshKeepsToken',
    of: 'calls before and after a token was renewed',
    look: async ({ simulator }) => {
      let now = Date.now();
      const client = clientOf(simulator, { clock: { now: () => now, sleep: async () => {} } });
      await client.getCurrentUser();
      now += 31 * 60_000;
      await client.getCurrentUser();
      await client.getCurrentUser();
      await client.close();
      return simulator.requests().map(({ path, status }) => `${path} ${status}`);
    },
    live: [
      '/token/authenticate 201',
      '/2/0/users/me 200',
      '/token/refresh 200',
      '/2/0/users/me 200',
      '/2/0/users/me 200',
    ],
  },
  {
    number: 3,
    quirk: 'emptyCollectionsLeftOut',
    of: 'the chunks of a file that has none, and the tasks of an action that never ran',
    look: async ({ client, model, fileId, id }) => [
      await client.listChunks(model, fileId),
      await client.listTasks(model, id('imports', 'Load')),
    ],
    live: [[], []],
  },
  {
    number: 4,
    quirk: 'wrongNextPage',
    of: 'a list longer than the page that next points to',
    tenant: {
      models: {
        Plan: {
          lists: { L: [] },
          imports: Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`Load ${i}`, { into: 'L' }])),
        },
      },
    },
    look: async ({ client, model, simulator }) => {
      const ids = (await client.listImports(model)).map((each) => each.id);
      const asked = simulator.requests().filter(({ path }) => path.includes('/imports'));
      return { listed: ids.length, different: new Set(ids).size, requests: asked.length };
    },
    live: { listed: 45, different: 45, requests: 1 },
  },
  {
    number: 5,
    quirk: 'statusWithoutEnvelope',
    of: 'the status of a model',
    look: async ({ client, model }) => (await client.getModelStatus(model)).currentStep,
    live: 'Open',
  },
  {
    number: 6,
    quirk: 'noAccessIs404',
    of: 'the files of a model without access, and the model itself',
    look: async ({ simulator, model }) => {
      const nobody = clientOf(simulator, {}, 'nobody@example.com', 'nobody');
      const seen = [await outcome(nobody.listFiles(model)), (await nobody.getModel(model.modelId)).name];
      await nobody.close();
      return seen;
    },
    live: ['NotFoundError 404', 'Plan'],
    turned: ['PermissionError 403', 'Plan'],
  },
  {
    number: 6,
    quirk: 'taskListsOfAnything',
    of: 'the tasks of an import that does not exist',
    look: ({ client, model }) => outcome(client.listTasks(model, { kind: 'imports', id: '112999999999' })),
    live: [],
    turned: 'NotFoundError 404',
  },
  {
    number: 7,
    quirk: 'junkFiles',
    of: 'an announcement to a file that does not exist',
    look: ({ client, model }) => outcome(client.announceFile(model, '113999999999', 1)),
    live: 'JunkFileError',
    turned: 'NotFoundError 404',
  },
  {
    number: 8,
    quirk: 'staleChunkCount',
    of: 'what is listed of a deleted file, and what is there',
    look: async ({ client, model, fileId, upload }) => {
      await upload(GOOD);
      await client.deleteFile(model, fileId);
      const listed = (await client.listFiles(model)).find(({ id }) => id === fileId)?.chunkCount;
      return { listed, chunks: await client.listChunks(model, fileId) };
    },
    live: { listed: 1, chunks: [] },
    turned: { listed: 0, chunks: [] },
  },
  {
    number: 9,
    quirk: 'fileGetIsContent',
    of: 'a download',
    look: async ({ client, model, fileId, upload }) => {
      await upload(GOOD);
      return text(client.downloadFile(model, fileId));
    },
    live: GOOD,
  },
  {
    number: 10,
    quirk: 'failedIsComplete',
    of: 'a task that failed',
    look: async ({ client, model, id, simulator }) => {
      const { taskId } = await client.startTask(model, id('imports', 'Load'));
      await simulator.advance(60_000);
      const task = await outcome(client.getTask(model, id('imports', 'Load'), taskId));
      return typeof task === 'string' ? task : { state: task.taskState, successful: task.result?.successful };
    },
    live: { state: 'COMPLETE', successful: false },
    turned: 'UnreadableAnswerError',
  },
  {
    number: 11,
    quirk: 'processFalseNegatives',
    of: 'a process of which nothing failed, but whose file was empty',
    look: async ({ client, model, id, upload, ended }) => {
      await upload(`${GOOD.split('\n')[0]}\n`);
      const nightly = id('processes', 'Nightly');
      const { result } = await client.getTask(model, nightly, await ended(nightly));
      return { process: result?.successful, actions: result?.nestedResults.map(({ successful }) => successful) };
    },
    live: { process: false, actions: [true, true, true] },
    turned: { process: true, actions: [true, true, true] },
  },
  {
    number: 12,
    quirk: 'onlyNewestDump',
    of: 'the dump of the failing task before the last',
    look: async ({ client, model, id, upload, ended }) => {
      await upload(BAD);
      const load = id('imports', 'Load');
      const taskId = await ended(load);
      await ended(load);
      const { result } = await client.getTask(model, load, taskId);
      const dump = await client.readDump(model, load, taskId);
      if (dump.available) await text(dump.bytes);
      return { announced: result?.failureDumpAvailable, available: dump.available };
    },
    live: { announced: true, available: false },
    turned: { announced: true, available: true },
  },
  {
    number: 13,
    quirk: 'unloadForgetsTasks',
    of: 'a task after its model was unloaded',
    look: async ({ client, model, id, ended, simulator }) => {
      const taskId = await ended(id('exports', 'Report'));
      simulator.tenant.model('Plan').unload();
      const polled = outcome(client.getTask(model, id('exports', 'Report'), taskId));
      await isHeld(simulator, polled);
      const task = await polled;
      return typeof task === 'string' ? task : task.taskState;
    },
    live: 'NotFoundError 404',
    turned: 'COMPLETE',
  },
  {
    number: 14,
    quirk: 'busyModelHolds',
    of: 'whether the list of files waited for a running task',
    look: async ({ client, model, id, simulator }) => {
      await client.startTask(model, id('exports', 'Report'));
      return isHeld(simulator, client.listFiles(model));
    },
    live: true,
    turned: false,
  },
  {
    number: 15,
    quirk: 'coldModelIsSlow',
    of: 'whether the first call to a closed model waited until it was loaded',
    tenant: { models: { Plan: { ...TENANT.models?.Plan, loaded: false } } },
    look: async ({ client, model, simulator }) => {
      return isHeld(simulator, client.listFiles(model));
    },
    live: true,
    turned: false,
  },
  {
    number: 16,
    quirk: 'unknownImportIs500',
    of: 'the definition of an import that does not exist',
    look: ({ client, model }) => outcome(client.getImport(model, '112999999999')),
    live: 'ServiceError 500',
    turned: 'NotFoundError 404',
  },
  {
    number: 16,
    quirk: 'completeIs500ForStandardUsers',
    of: 'an upload of unknown length by somebody who is no administrator',
    look: async ({ simulator, model, fileId }) => {
      const runner = clientOf(simulator, {}, 'runner@example.com', 'runner');
      await runner.announceFile(model, fileId, -1);
      await runner.putChunk(model, fileId, 0, Buffer.from(GOOD));
      const ended = await outcome(runner.completeFile(model, fileId));
      await runner.close();
      return typeof ended === 'string' ? ended : ended.chunkCount;
    },
    live: 'ServiceError 500',
    turned: 1,
  },
  {
    number: 17,
    quirk: 'gatewayAnswersHtml',
    of: 'a call that a gateway gave up on',
    tenant: { settings: { taskSeconds: 60, holdSeconds: 1 } },
    look: async ({ client, model, id, simulator }) => {
      await client.startTask(model, id('exports', 'Report'));
      simulator.changeWeather({
        rules: [{ match: { path: '**/files', nth: [1, 2, 3] }, do: { answer: { status: 502 } } }],
      });
      const listed = client.listFiles(model).catch((thrown: unknown) => thrown);
      await isHeld(simulator, listed);
      const error = await listed;
      if (error instanceof AnaplanCallError && error.failure.kind === 'http') {
        return { status: error.failure.status, fromAnaplan: error.failure.envelope };
      }
      return error;
    },
    live: { status: 504, fromAnaplan: false },
    turned: { status: 504, fromAnaplan: true },
  },
  {
    number: 18,
    quirk: 'nullValues',
    of: 'the values of a reason that has none',
    look: async ({ client, model, id, upload, ended }) => {
      await upload('Product,Region,Month,Units\n,North,Jan 26,1\n');
      const { result } = await client.getTask(model, id('imports', 'Load'), await ended(id('imports', 'Load')));
      return result?.details.find(({ type }) => type === 'moduleImportInvalidListIdentifier')?.values.value;
    },
    live: null,
    turned: '',
  },
  {
    number: 19,
    quirk: 'durationIsString',
    of: 'a task that tells its duration',
    look: async ({ simulator, model, id, ended }) => {
      const taskId = await ended(id('exports', 'Report'));
      const client = clientOf(simulator, { transport: askingForTimes() });
      const { result } = await client.getTask(model, id('exports', 'Report'), taskId);
      await client.close();
      return result?.successful;
    },
    live: true,
  },
  {
    number: 20,
    quirk: 'doubleSlashInSchema',
    of: 'lists whose schema URL is odd',
    look: async ({ client, model }) => [
      (await client.listFiles(model)).length > 0,
      (await client.listImports(model)).length > 0,
    ],
    live: [true, true],
  },
  {
    number: 21,
    of: 'chunks sent at once, of which one fails for good',
    look: async ({ client, model, fileId, simulator }) => {
      simulator.changeWeather({ rules: [{ match: { path: '**/chunks/1' }, do: { answer: { status: 403 } } }] });
      await client.announceFile(model, fileId, 3);
      const put = (index: number) => client.putChunk(model, fileId, index, Buffer.from('x'));
      return outcome(Promise.all([put(0), put(1), put(2)]));
    },
    live: 'PermissionError 403',
  },
  {
    number: 22,
    of: 'chunks cut anywhere, even within a character',
    look: async ({ client, model, fileId }) => {
      const bytes = Buffer.from('Name\nKäse\n');
      await client.announceFile(model, fileId, 2);
      await client.putChunk(model, fileId, 1, bytes.subarray(7));
      await client.putChunk(model, fileId, 0, bytes.subarray(0, 7));
      return text(client.downloadFile(model, fileId));
    },
    live: 'Name\nKäse\n',
  },

  {
    quirk: 'announcementEchoesZero',
    of: 'the file an announcement answers with',
    look: async ({ client, model, fileId }) => (await client.announceFile(model, fileId, 2)).id === fileId,
    live: true,
  },
  {
    quirk: 'startAnswersState',
    of: 'what a start answers',
    look: async ({ client, model, id }) => Object.keys(await client.startTask(model, id('exports', 'Report'))),
    live: ['taskId', 'taskState', 'creationTime'],
    turned: ['taskId'],
  },
  {
    quirk: 'objectNamesLeftOut',
    of: 'the name of what ran',
    look: async ({ client, model, id, ended }) =>
      (await client.getTask(model, id('exports', 'Report'), await ended(id('exports', 'Report')))).result?.objectName,
    live: undefined,
    turned: 'Report',
  },
  {
    quirk: 'bareNestedResults',
    of: 'the details of a delete action in a process',
    look: async ({ client, model, id, upload, ended }) => {
      await upload(GOOD);
      const nightly = id('processes', 'Nightly');
      const { result } = await client.getTask(model, nightly, await ended(nightly));
      return result?.nestedResults[1]?.details.length;
    },
    live: 1,
    turned: 0,
  },
  {
    quirk: 'rejectsAreUnsuccessful',
    of: 'an import with rejected rows',
    look: async ({ client, model, id, upload, ended }) => {
      await upload(BAD);
      const load = id('imports', 'Load');
      const { result } = await client.getTask(model, load, await ended(load));
      return { successful: result?.successful, dump: result?.failureDumpAvailable };
    },
    live: { successful: false, dump: true },
    turned: { successful: true, dump: true },
  },
  {
    quirk: 'overwriteWhileReading',
    of: 'whether an announcement waited for the import that reads the file',
    look: async ({ client, model, id, fileId, upload, simulator }) => {
      await upload(GOOD);
      await client.startTask(model, id('imports', 'Load'));
      return isHeld(simulator, client.announceFile(model, fileId, 1));
    },
    live: false,
    turned: true,
  },
];

describe('the client, where Anaplan is odd', () => {
  it.each(QUIRKS)('$number $of', async (row) => {
    expect(await seen(row)).toEqual(row.live);
  });

  it.each(QUIRKS.filter(({ quirk }) => quirk !== undefined))('$number $of, with $quirk turned', async (row) => {
    const { quirk, live } = row;
    await using asLive = await createSimulator();
    const quirks = quirk === undefined ? {} : { [quirk]: !asLive.tenant.quirks[quirk] };
    expect(await seen(row, quirks)).toEqual('turned' in row ? row.turned : live);
  });

  it('every quirk of the notes has a row, and every switch of the simulator', async () => {
    const numbers = new Set(QUIRKS.flatMap(({ number }) => number ?? []));
    expect([...numbers]).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
    await using simulator = await createSimulator();
    const switches = QUIRKS.flatMap(({ quirk }) => quirk ?? []);
    expect(switches.sort()).toEqual(Object.keys(simulator.tenant.quirks).sort());
  });
});

async function seen({ look, tenant = {} }: Quirk, quirks: QuirkSwitches = {}): Promise<unknown> {
  const clock = turnableClock(Date.now());
  await using simulator = await startSimulator({ tenant: { ...TENANT, ...tenant, quirks }, clock });
  const { walk } = onAWalk(simulator, { random: () => 0 });
  try {
    return await look(walk);
  } finally {
    await walk.client.close();
  }
}

function clientOf(
  { url, user, password }: Simulator,
  options: Partial<ConstructorParameters<typeof AnaplanClient>[0]>,
  username = user,
  secret = password,
): AnaplanClient {
  const credentials = async () => ({ kind: 'basic', username, password: secret }) as const;
  return new AnaplanClient({ apiUrl: url, authUrl: url, oauthUrl: url, credentials, random: () => 0, ...options });
}

/** What came, or the name of the error and its status. */
async function outcome<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
    return error instanceof HttpError ? `${error.name} ${error.status}` : error.name;
  }
}

async function text(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Whether the simulator lets a call wait; if so, time goes on until it is answered. */
async function isHeld({ clock, advance }: Simulator, call: Promise<unknown>): Promise<boolean> {
  let answered = false;
  const done = call.finally(() => {
    answered = true;
  });
  const sleeps = () => 'nextWake' in clock && typeof clock.nextWake === 'function' && clock.nextWake() !== undefined;
  while (!answered && !sleeps()) await new Promise(setImmediate);
  const held = !answered;
  if (held) await advance(60_000);
  await done;
  return held;
}

/** Polls with `includeProcessDetails`, which the client itself does not ask for. */
function askingForTimes(): Transport {
  const inner = undiciTransport({ env: {} });
  return (request) => {
    const url = new URL(request.url);
    if (/\/tasks\/\w+$/.test(url.pathname)) url.searchParams.set('includeProcessDetails', 'true');
    return inner({ ...request, url: url.href });
  };
}
