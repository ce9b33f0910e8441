import { type Clock, type Random, systemClock } from '../ports/clock.ts';
import type { Credentials } from '../ports/secrets.ts';
import { type RequestBudget, requestBudget } from '../retry/index.ts';
import * as actions from './actions.ts';
import { Caller } from './caller.ts';
import type { CertificateOptions } from './certificate.ts';
import * as dumps from './dumps.ts';
import type { Shared, View } from './exchange.ts';
import * as files from './files.ts';
import { DEFAULT_HOSTS, type Hosts, originOf } from './hosts.ts';
import * as models from './models.ts';
import { Session } from './session.ts';
import * as tasks from './tasks.ts';
import type { Transport } from './transport.ts';
import type { ActionRef, ModelRef } from './types.ts';
import { undiciTransport } from './undici-transport.ts';

/** A busy model holds requests instead of refusing them (anaplan-notes: Busy model). */
export const READ_TIMEOUT_MS = 300_000;

export interface AnaplanClientOptions extends Partial<Hosts>, View {
  /** Asked at each sign-in, so that a secret changed meanwhile is taken up. */
  credentials: () => Promise<Credentials>;
  certificate?: CertificateOptions;
  /**
   * Keeps a rotated OAuth refresh token, which is single-use: awaited before the access token that came with it is used, so
   * that a crash cannot lose it. `credentials` shall give it from then on.
   */
  onRefreshToken?: (refreshToken: string) => Promise<void>;
  clock?: Clock;
  random?: Random;
  /** Give the same one to all clients of a process; by default 600 requests a minute. */
  budget?: RequestBudget;
  transport?: Transport;
  readTimeoutMs?: number;
}

interface Core {
  shared: Shared;
  session: Session;
  apiUrl: string;
}

/**
 * A typed client of Anaplan's Integration API v2. Make one per process: it keeps one token, one request budget and its
 * connections; {@link with} gives each run its own view of it.
 *
 * Every method throws a subclass of `AnaplanCallError` when the call fails. A `GET` and a chunk are repeated up to three
 * times in process; nothing else is. {@link CALLS} says which calls are safe to repeat; {@link startTask} is not.
 *
 * @example
 * const anaplan = new AnaplanClient({ credentials: async () => ({ kind: 'basic', username, password }) });
 * const imports = await anaplan.listImports({ workspaceId, modelId });
 */
export class AnaplanClient {
  readonly #options: AnaplanClientOptions;
  readonly #core: Core;
  readonly #caller: Caller;

  /**
   * `core` is how {@link with} hands on what its views share.
   * @throws TypeError when a URL is not an `https:` origin (`http:` for this machine only)
   */
  constructor(options: AnaplanClientOptions, core?: Core) {
    this.#options = options;
    this.#core = core ?? newCore(options);
    this.#caller = new Caller(this.#core.shared, this.#core.session, this.#core.apiUrl, viewOf(options));
  }

  /** A view for one run: its own hooks, deadline and signal; token, budget and connections are shared. */
  with(view: View): AnaplanClient {
    return new AnaplanClient({ ...this.#options, ...view }, this.#core);
  }

  /** Ends the token's life at Anaplan. The next call signs in again. */
  signOut(): Promise<void> {
    return this.#core.session.signOut(this.#caller.view);
  }

  /** Closes the connections, of all views. */
  async close(): Promise<void> {
    await this.#core.shared.transport.close?.();
  }

  /** Workspaces the user sees; `tenantDetails` adds their sizes in bytes. */
  listWorkspaces({ tenantDetails = false } = {}) {
    return models.listWorkspaces(this.#caller, tenantDetails);
  }

  /** Models with their state, of one workspace or of all that the user sees. */
  listModels(workspaceId?: string) {
    return models.listModels(this.#caller, workspaceId);
  }

  /** One model's details; answers also where everything else in the model is hidden (anaplan-notes: Masked access). */
  getModel(modelId: string) {
    return models.getModel(this.#caller, modelId);
  }

  /** What the model is doing now, and which task if any (anaplan-notes: Model status). */
  getModelStatus(model: Pick<ModelRef, 'modelId'>) {
    return models.getModelStatus(this.#caller, model);
  }

  /** Loads an unloaded model; workspace administrators only. */
  wakeModel(model: Pick<ModelRef, 'modelId'>) {
    return models.wakeModel(this.#caller, model);
  }

  /** Who the credentials belong to. */
  getCurrentUser() {
    return models.getCurrentUser(this.#caller);
  }

  /** Files with their formats; no other call tells those (anaplan-notes: Files). */
  listFiles(model: ModelRef) {
    return files.listFiles(this.#caller, model);
  }

  /** Imports, each with the file it reads, if it reads one. */
  listImports(model: ModelRef) {
    return actions.listImports(this.#caller, model);
  }

  listExports(model: ModelRef) {
    return actions.listExports(this.#caller, model);
  }

  /** Actions that are neither import, export nor process. */
  listActions(model: ModelRef) {
    return actions.listActions(this.#caller, model);
  }

  listProcesses(model: ModelRef) {
    return actions.listProcesses(this.#caller, model);
  }

  /** An import's definition. An unknown id is answered with 500 (anaplan-notes: Errors). */
  getImport(model: ModelRef, importId: string) {
    return actions.getImport(this.#caller, model, importId);
  }

  /** The format of the file an import reads: columns, separator, encoding, rows. Undefined when it reads no file. */
  getImportSource(model: ModelRef, importId: string) {
    return actions.getImportSource(this.#caller, model, importId);
  }

  /** An export's definition; its `rowCount` is an estimate. */
  getExport(model: ModelRef, exportId: string) {
    return actions.getExport(this.#caller, model, exportId);
  }

  getAction(model: ModelRef, actionId: string) {
    return actions.getAction(this.#caller, model, actionId);
  }

  /** A process's actions in the order they run, imports with the files they read. */
  getProcess(model: ModelRef, processId: string) {
    return actions.getProcess(this.#caller, model, processId);
  }

  /**
   * Says how many chunks will come; -1 if that is not known ({@link completeFile} ends it then). May erase what was sent
   * before, so it is not safe to repeat: after an ambiguous answer start again at chunk 0. Sent on a fresh connection.
   * @throws JunkFileError when Anaplan did not know the file and created another
   */
  announceFile(model: ModelRef, fileId: string, chunkCount: number) {
    return files.announceFile(this.#caller, model, fileId, chunkCount);
  }

  /** Sends chunk `index` (from 0), at most 50 MB before compression, gzipped unless told otherwise. Chunks may go in any order and at once. */
  putChunk(model: ModelRef, fileId: string, index: number, bytes: Uint8Array, options: files.ChunkOptions = {}) {
    return files.putChunk(this.#caller, model, fileId, index, bytes, options);
  }

  /** Sends a small file (up to about 1 MB) in one request, without announcement. */
  putFile(model: ModelRef, fileId: string, bytes: Uint8Array) {
    return files.putFile(this.#caller, model, fileId, bytes);
  }

  /** Ends an upload announced with -1; the answer has the true `chunkCount`. */
  completeFile(model: ModelRef, fileId: string) {
    return files.completeFile(this.#caller, model, fileId);
  }

  /** Ids of a file's chunks in order. Proves nothing about what was sent (anaplan-notes: Chunk lists). */
  listChunks(model: ModelRef, fileId: string) {
    return files.listChunks(this.#caller, model, fileId);
  }

  getChunk(model: ModelRef, fileId: string, chunkId: string | number) {
    return files.getChunk(this.#caller, model, fileId, chunkId);
  }

  /** A file's content, or the output of the export with this id, one chunk in memory at a time. */
  downloadFile(model: ModelRef, fileId: string): AsyncIterable<Uint8Array> {
    return files.downloadFile(this.#caller, model, fileId);
  }

  /** Removes this user's content; the default file shows through again (anaplan-notes: Private files). */
  deleteFile(model: ModelRef, fileId: string) {
    return files.deleteFile(this.#caller, model, fileId);
  }

  /**
   * Queues a task. **Not safe to repeat**: there is no idempotency key, and after an ambiguous answer only the task list can
   * tell whether it runs. Sent once, on a fresh connection; only a 401, a definite refusal, is followed by a second request.
   */
  startTask(model: ModelRef, action: ActionRef, options: tasks.StartOptions = {}) {
    return tasks.startTask(this.#caller, model, action, options);
  }

  /** All tasks of an action that Anaplan remembers, other users' too. An empty list proves nothing (anaplan-notes: Task list). */
  listTasks(model: ModelRef, action: ActionRef) {
    return tasks.listTasks(this.#caller, model, action);
  }

  /** A task's state and, when it is final, its result. */
  getTask(model: ModelRef, action: ActionRef, taskId: string) {
    return tasks.getTask(this.#caller, model, action, taskId);
  }

  /** Asks Anaplan to stop a task. It may run on to its end (anaplan-notes: Cancelling); poll to see. */
  cancelTask(model: ModelRef, action: ActionRef, taskId: string) {
    return tasks.cancelTask(this.#caller, model, action, taskId);
  }

  /** The rows that an import rejected, as CSV; `{ available: false }` when Anaplan has no dump of this task (any more). */
  readDump(model: ModelRef, action: ActionRef, taskId: string, nestedObjectId?: string) {
    return dumps.readDump(this.#caller, model, action, taskId, nestedObjectId);
  }

  /** One chunk of a dump, by an id that {@link readDump} told: for whoever goes on where an earlier process stopped. */
  getDumpChunk(model: ModelRef, action: ActionRef, taskId: string, chunkId: string, nestedObjectId?: string) {
    return dumps.getDumpChunk(this.#caller, model, action, taskId, { chunkId, nestedObjectId });
  }
}

function newCore(options: AnaplanClientOptions): Core {
  const clock = options.clock ?? systemClock;
  const { apiUrl, authUrl, oauthUrl } = { ...DEFAULT_HOSTS, ...options };
  const shared: Shared = {
    transport: options.transport ?? undiciTransport(),
    budget: options.budget ?? requestBudget({ clock }),
    clock,
    random: options.random ?? Math.random,
    readTimeoutMs: options.readTimeoutMs ?? READ_TIMEOUT_MS,
  };
  const session = new Session(shared, {
    hosts: { authUrl: originOf(authUrl, 'authUrl'), oauthUrl: originOf(oauthUrl, 'oauthUrl') },
    credentials: options.credentials,
    ...(options.certificate ? { certificate: options.certificate } : {}),
    ...(options.onRefreshToken ? { onRefreshToken: options.onRefreshToken } : {}),
  });
  return { shared, session, apiUrl: originOf(apiUrl, 'apiUrl') };
}

function viewOf({ onRetry, onExchange, deadline, signal }: View): View {
  return {
    ...(onRetry ? { onRetry } : {}),
    ...(onExchange ? { onExchange } : {}),
    ...(deadline === undefined ? {} : { deadline }),
    ...(signal ? { signal } : {}),
  };
}
