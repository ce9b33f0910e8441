import fc from 'fast-check';
import type { ActionRef, AnaplanClient, Transport } from '../../shared/anaplan/index.ts';
import { model, tokenOf } from './fake-anaplan.ts';

const imports: ActionRef = { kind: 'imports', id: '112000000001' };
const file = '113000000001';
/** The token of every sign-in; whatever answers may send it back. */
export const canary = 'canary-token-of-hostile-answers';

const drain = async (bytes: AsyncIterable<Uint8Array>) => {
  for await (const _ of bytes);
};

/** Every call of the client that asks about something. */
export const calls: Record<string, (client: AnaplanClient) => Promise<unknown>> = {
  listWorkspaces: (client) => client.listWorkspaces(),
  getModel: (client) => client.getModel('M'),
  getModelStatus: (client) => client.getModelStatus(model),
  wakeModel: (client) => client.wakeModel(model),
  listFiles: (client) => client.listFiles(model),
  listImports: (client) => client.listImports(model),
  getImportSource: (client) => client.getImportSource(model, imports.id),
  getProcess: (client) => client.getProcess(model, '118'),
  announceFile: (client) => client.announceFile(model, file, 1),
  putChunk: (client) => client.putChunk(model, file, 0, Buffer.from('x'), { gzip: false }),
  completeFile: (client) => client.completeFile(model, file),
  listChunks: (client) => client.listChunks(model, file),
  downloadFile: (client) => drain(client.downloadFile(model, file)),
  startTask: (client) => client.startTask(model, imports),
  listTasks: (client) => client.listTasks(model, imports),
  getTask: (client) => client.getTask(model, imports, 'T'),
  cancelTask: (client) => client.cancelTask(model, imports, 'T'),
  readDump: async (client) => {
    const dump = await client.readDump(model, imports, 'T');
    if (dump.available) await drain(dump.bytes);
  },
  getDumpChunk: (client) => client.getDumpChunk(model, imports, 'T', '0'),
};

/** Shapes close to the real ones, with anything where something is expected. */
const nearJson = fc
  .letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, fc.jsonValue(), tie('near')),
    near: fc.dictionary(
      fc.constantFrom(
        ...[
          'status',
          'code',
          'message',
          'meta',
          'paging',
          'totalSize',
          'task',
          'tasks',
          'taskId',
          'taskState',
          'result',
          'details',
        ],
        ...[
          'values',
          'nestedResults',
          'file',
          'files',
          'chunks',
          'id',
          'name',
          'imports',
          'workspaces',
          'model',
          'requestStatus',
        ],
        ...[
          'currentStep',
          'importMetadata',
          'source',
          'headerNames',
          'processMetadata',
          'actions',
          '__proto__',
          'constructor',
        ],
      ),
      fc.oneof(
        fc.constantFrom('COMPLETE', file, 'T', 1e300, -1, null, canary),
        tie('any'),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
      { maxKeys: 6 },
    ),
  }))
  .near.map((value) => JSON.stringify(value));

/** A task and a status as Anaplan gives them, with anything where their words stand. */
export const nearTask = fc
  .letrec((tie) => ({
    words: fc.oneof(
      fc.constantFrom(canary, `by ${canary}`, '\ud800', '__proto__', 'NaN', '-7', null, 7, true),
      fc.string(),
    ),
    result: fc.record(
      {
        objectId: tie('words'),
        objectName: tie('words'),
        successful: fc.oneof(fc.boolean(), tie('words')),
        details: fc.array(
          fc.record({
            type: tie('words'),
            localMessageText: tie('words'),
            occurrences: tie('words'),
            values: fc.array(tie('words'), { maxLength: 4 }),
          }),
          { maxLength: 3 },
        ),
        nestedResults: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('result'), { maxLength: 2 })),
      },
      { requiredKeys: [] },
    ),
    task: fc.record(
      {
        taskId: fc.constant('T'),
        taskState: fc.constant('COMPLETE'),
        currentStep: tie('words'),
        cancelledBy: tie('words'),
        result: tie('result'),
      },
      { requiredKeys: ['taskId', 'taskState'] },
    ),
  }))
  .task.map((task) => JSON.stringify({ task, requestStatus: { currentStep: canary, tooltip: `by ${canary}` } }));

/** JSON that begins with `start` and goes on deeper than any stack. */
export function nested(start: string, depth: number): Buffer {
  const end = start.replaceAll(/[^{]/g, '').replaceAll('{', '}');
  return Buffer.from(`${start}${'{"nestedResults":['.repeat(depth)}${']}'.repeat(depth)}${end}`);
}

const deep = fc
  .tuple(
    fc.constantFrom('{"task":{"taskId":"T","taskState":"COMPLETE","result":', '{"imports":', ''),
    fc.integer({ min: 50, max: 2_000 }),
  )
  .map(([start, depth]) => nested(start, depth));

const hostileBody = fc.oneof(
  nearTask.map((text) => Buffer.from(text)),
  deep,
  nearJson.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }),
  fc.string().map((text) => Buffer.from(text)),
  fc
    .constantFrom('<html>Bad Gateway</html>', `{"tokenValue":"${canary}`, '[', 'null', '0', '""')
    .map((text) => Buffer.from(text)),
);

/** Anything that a server, or something in front of it, could answer. */
export const hostileAnswer = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 201, 202, 204, 302, 400, 401, 404, 409, 410, 423, 429, 500, 503),
    fc.integer({ min: 200, max: 599 }),
  ),
  headers: fc.record(
    {
      'retry-after': fc.oneof(
        fc.constantFrom('1', '0', '-1', 'soon', 'Wed, 21 Oct 2026 07:28:00 GMT', '9'.repeat(400)),
        fc.string(),
      ),
      date: fc.string(),
      'x-request-id': fc.oneof(fc.constant(canary), fc.string()),
      'content-encoding': fc.constantFrom('gzip', 'identity'),
    },
    { requiredKeys: [] },
  ),
  body: hostileBody,
  breaks: fc.boolean(),
});

export type HostileAnswer = typeof hostileAnswer extends fc.Arbitrary<infer Answer> ? Answer : never;

/** A sign-in that works, and then `answers`, over and over. */
export function hostileTransport(answers: readonly HostileAnswer[]): { transport: Transport; asked: () => number } {
  let asked = 0;
  const transport: Transport = async ({ url }) => {
    if (url.includes('/token/')) {
      return { status: 201, headers: {}, body: pieces(Buffer.from(JSON.stringify(tokenOf(canary)))) };
    }
    const answer = answers[asked++ % answers.length];
    if (answer === undefined) throw new Error('no answer');
    return { status: answer.status, headers: answer.headers, body: pieces(answer.body, answer.breaks) };
  };
  return { transport, asked: () => asked };
}

async function* pieces(body: Uint8Array, breaks = false): AsyncGenerator<Uint8Array> {
  yield body.subarray(0, body.length >> 1);
  if (breaks) throw new Error('the line went dead');
  yield body.subarray(body.length >> 1);
}
