import type { AnaplanCall } from './failure.ts';

/** What is known of one method of the client before it is called. */
interface CallFacts {
  /** how a failure of it is told, and therefore diagnosed */
  call: AnaplanCall;
  /**
   * Whether repeating it after an ambiguous answer (a timeout, a reset, a 502) leaves Anaplan as one execution would.
   * It decides which calls the type {@link RepeatableCall} admits.
   */
  safeToRepeat: boolean;
}

/** Every method of the client that asks Anaplan something. */
export const CALLS = {
  listWorkspaces: { call: 'list', safeToRepeat: true },
  listModels: { call: 'list', safeToRepeat: true },
  getModel: { call: 'metadata', safeToRepeat: true },
  getModelStatus: { call: 'model-status', safeToRepeat: true },
  wakeModel: { call: 'model-status', safeToRepeat: true },
  getCurrentUser: { call: 'metadata', safeToRepeat: true },

  listFiles: { call: 'list', safeToRepeat: true },
  listImports: { call: 'list', safeToRepeat: true },
  listExports: { call: 'list', safeToRepeat: true },
  listActions: { call: 'list', safeToRepeat: true },
  listProcesses: { call: 'list', safeToRepeat: true },
  getImport: { call: 'metadata', safeToRepeat: true },
  getImportSource: { call: 'metadata', safeToRepeat: true },
  getExport: { call: 'metadata', safeToRepeat: true },
  getAction: { call: 'metadata', safeToRepeat: true },
  getProcess: { call: 'metadata', safeToRepeat: true },

  /** Not safe: a second announcement may erase the chunks sent since the first (anaplan-notes: Uploading). */
  announceFile: { call: 'announce', safeToRepeat: false },
  putChunk: { call: 'chunk', safeToRepeat: true },
  putFile: { call: 'chunk', safeToRepeat: true },
  /** Not safe as far as anybody knows: it ends an upload whose chunks are counted at that moment. */
  completeFile: { call: 'complete', safeToRepeat: false },
  listChunks: { call: 'read-file', safeToRepeat: true },
  getChunk: { call: 'read-file', safeToRepeat: true },
  downloadFile: { call: 'read-file', safeToRepeat: true },
  deleteFile: { call: 'delete-file', safeToRepeat: true },

  /** Not safe: there is no idempotency key, a second start is a second task (anaplan-notes: Starting a task). */
  startTask: { call: 'start', safeToRepeat: false },
  listTasks: { call: 'list-tasks', safeToRepeat: true },
  getTask: { call: 'poll', safeToRepeat: true },
  cancelTask: { call: 'cancel', safeToRepeat: true },
  readDump: { call: 'dump', safeToRepeat: true },
  getDumpChunk: { call: 'dump', safeToRepeat: true },
} as const satisfies Record<string, CallFacts>;

export type CallName = keyof typeof CALLS;

/** The methods that may be called again when nobody knows whether the first call acted. `startTask` is not one of them. */
export type RepeatableCall = {
  [Name in CallName]: (typeof CALLS)[Name]['safeToRepeat'] extends true ? Name : never;
}[CallName];
