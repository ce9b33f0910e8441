import * as z from 'zod';
import * as shapes from './shapes.ts';
import { listedTask, startedTask, task } from './task-shapes.ts';

/** Bytes of a file or dump; no bytes and no type; or JSON of a shape. */
type AnswerShape = 'bytes' | 'csv' | 'nothing' | z.ZodType;

/** What goes to one path and what comes back. */
export interface Contract {
  /** method and path; `{name}` stands for one of {@link PARAMETERS} */
  call: string;
  authorization: RegExp;
  query?: z.ZodType;
  request?: 'bytes' | z.ZodType;
  answers: Readonly<Record<number, AnswerShape>>;
}

const PARAMETERS: Readonly<Record<string, string>> = {
  workspaceId: '[0-9a-f]{32}',
  modelId: '[0-9A-F]{32}',
  taskId: '[0-9A-F]{32}',
  fileId: '11[36]\\d{9}',
  importId: '112\\d{9}',
  exportId: '116\\d{9}',
  actionId: '117\\d{9}',
  processId: '118\\d{9}',
  chunkId: '\\d+',
};

const MODEL = '/2/0/workspaces/{workspaceId}/models/{modelId}';
const TOKEN = /^AnaplanAuthToken \S{16,}$/;
const BASE64 = /^[A-Za-z0-9+/]+=*$/;

const flag = z.literal('true');
const page = { limit: z.literal('5000'), offset: z.string().regex(/^\d+$/) };
const paged = z.strictObject(page);

const read = (call: string, answer: AnswerShape, query?: z.ZodType): Contract => ({
  call: `GET ${call}`,
  authorization: TOKEN,
  ...(query ? { query } : {}),
  answers: { 200: answer },
});

const metadata = (call: string, key: string, object: string, shape: z.ZodType, query?: z.ZodType) =>
  read(call, shapes.enveloped(key, object, shape), query);

const list = (call: string, key: string, object: string, shape: z.ZodType, query: z.ZodType = paged) =>
  read(call, shapes.collection(key, object, shape), query);

const localeFirst = (request: unknown) =>
  typeof request === 'object' && request !== null && Object.keys(request)[0] === 'localeName';

const start = z
  .strictObject({
    localeName: z.literal('en_US'),
    mappingParameters: z
      .array(z.strictObject({ entityType: z.string(), entityName: z.string(), importId: z.string().optional() }))
      .nonempty()
      .optional(),
  })
  .refine(localeFirst, 'localeName comes first');

const taskPaths = ['imports/{importId}', 'exports/{exportId}', 'actions/{actionId}', 'processes/{processId}'];
const oneTask = shapes.enveloped('task', 'task', task);

/** Start, list, poll and cancel, the same for the four kinds. */
const tasks: Contract[] = taskPaths.flatMap((parent) => {
  const path = `${MODEL}/${parent}/tasks`;
  return [
    {
      call: `POST ${path}`,
      authorization: TOKEN,
      request: start,
      answers: { 200: shapes.enveloped('task', 'task', startedTask) },
    },
    list(path, 'tasks', 'task', listedTask),
    read(`${path}/{taskId}`, oneTask),
    { call: `DELETE ${path}/{taskId}`, authorization: TOKEN, answers: { 200: oneTask } },
  ];
});

/** Whole, as a list of chunks, and in chunks. */
const content = (path: string, bytes: 'bytes' | 'csv'): Contract[] => [
  read(path, bytes),
  list(`${path}/chunks`, 'chunks', 'chunk', shapes.chunk),
  read(`${path}/chunks/{chunkId}`, bytes),
];

const signIn: Contract[] = [
  {
    call: 'POST /token/authenticate',
    authorization: /^Basic [A-Za-z0-9+/]+=*$/,
    answers: { 201: shapes.token('Login successful') },
  },
  {
    call: 'POST /token/authenticate',
    authorization: /^CACertificate [A-Za-z0-9+/]+=*$/,
    request: z.strictObject({
      encodedData: z.string().regex(BASE64).refine(isLong, 'at least 100 bytes are signed'),
      encodedSignedData: z.string().regex(BASE64),
      encodedDataFormat: z.literal('v2').optional(),
    }),
    answers: { 201: shapes.token('Login successful') },
  },
  { call: 'POST /token/refresh', authorization: TOKEN, answers: { 200: shapes.token('Token refreshed') } },
  { call: 'POST /token/logout', authorization: TOKEN, answers: { 204: 'nothing' } },
  {
    call: 'POST /oauth/token',
    authorization: /^$/,
    request: z.strictObject({
      grant_type: z.literal('refresh_token'),
      client_id: z.string(),
      refresh_token: z.string(),
      client_secret: z.string().optional(),
    }),
    answers: { 200: shapes.oauthToken },
  },
];

/** Every path the client may use. */
export const CONTRACTS: readonly Contract[] = [
  ...signIn,

  list(
    '/2/0/workspaces',
    'workspaces',
    'workspace',
    shapes.workspace,
    z.strictObject({ ...page, tenantDetails: flag.optional() }),
  ),
  list('/2/0/models', 'models', 'model', shapes.model, z.strictObject({ ...page, modelDetails: flag })),
  list(
    '/2/0/workspaces/{workspaceId}/models',
    'models',
    'model',
    shapes.model,
    z.strictObject({ ...page, modelDetails: flag }),
  ),
  metadata('/2/0/models/{modelId}', 'model', 'model', shapes.model, z.strictObject({ modelDetails: flag })),
  read('/2/0/models/{modelId}/status', shapes.modelStatus),
  { call: 'POST /2/0/models/{modelId}/open', authorization: TOKEN, answers: { 200: z.unknown(), 202: 'nothing' } },
  metadata('/2/0/users/me', 'user', 'user', shapes.user),

  list(`${MODEL}/files`, 'files', 'file', shapes.file),
  list(`${MODEL}/imports`, 'imports', 'import', shapes.importEntry),
  list(`${MODEL}/exports`, 'exports', 'export', shapes.exportEntry),
  list(`${MODEL}/actions`, 'actions', 'action', shapes.action),
  list(`${MODEL}/processes`, 'processes', 'process', shapes.processEntry),
  metadata(`${MODEL}/imports/{importId}`, 'importMetadata', 'importMetadata', shapes.importMetadata),
  metadata(`${MODEL}/exports/{exportId}`, 'exportMetadata', 'exportMetadata', shapes.exportMetadata),
  metadata(`${MODEL}/actions/{actionId}`, 'action', 'action', shapes.action),
  metadata(
    `${MODEL}/processes/{processId}`,
    'processMetadata',
    'process(Metadata)?',
    shapes.processMetadata,
    z.strictObject({ showImportDataSource: flag }),
  ),

  {
    call: `POST ${MODEL}/files/{fileId}`,
    authorization: TOKEN,
    request: z.strictObject({ chunkCount: z.number().int().min(-1) }),
    answers: { 200: shapes.enveloped('file', 'file', shapes.file) },
  },
  {
    call: `PUT ${MODEL}/files/{fileId}/chunks/{chunkId}`,
    authorization: TOKEN,
    request: 'bytes',
    answers: { 204: 'nothing' },
  },
  { call: `PUT ${MODEL}/files/{fileId}`, authorization: TOKEN, request: 'bytes', answers: { 204: 'nothing' } },
  {
    call: `POST ${MODEL}/files/{fileId}/complete`,
    authorization: TOKEN,
    request: z.strictObject({ id: z.string() }),
    answers: { 200: shapes.enveloped('file', 'file', shapes.file) },
  },
  { call: `DELETE ${MODEL}/files/{fileId}`, authorization: TOKEN, answers: { 204: 'nothing' } },
  ...content(`${MODEL}/files/{fileId}`, 'bytes'),

  ...tasks,
  ...content(`${MODEL}/imports/{importId}/tasks/{taskId}/dump`, 'csv'),
  ...content(`${MODEL}/processes/{processId}/tasks/{taskId}/dumps/{importId}`, 'csv'),
];

/** Whether a method and path are those of a contract. */
export function fits(contract: Contract, method: string, path: string): boolean {
  const [verb, template = ''] = contract.call.split(' ');
  if (verb !== method) return false;
  const pattern = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = PARAMETERS[name];
    if (parameter === undefined) throw new TypeError(`no parameter ${name}`);
    return parameter;
  });
  return new RegExp(`^${pattern}$`).test(path);
}

function isLong(base64: string): boolean {
  return Buffer.from(base64, 'base64').length >= 100;
}
