import * as z from 'zod';

const on = z.boolean().default(true);

/**
 * What the live service does that one would not expect, each with its own switch. All are as
 * observed there, which means on with few exceptions. Switch one off to see whether a client depends on it.
 */
export const quirksSchema = z.strictObject({
  /** `POST /token/authenticate` answers 201, not 200. */
  authenticate201: on,
  /** `POST /token/refresh` answers the same token value with a later end; off: a new value, and the old one is dead. */
  refreshKeepsToken: on,
  /** An empty collection's key is left out; off: it is `[]`. */
  emptyCollectionsLeftOut: on,
  /** Without `limit`, up to 5,000 rows come back and yet `next` points to `limit=20&offset=20`. */
  wrongNextPage: on,
  /** `GET …/status` of a model has no `meta` and no `status`. */
  statusWithoutEnvelope: on,
  /** A model on which the user has no role answers 404 to nearly everything; off: 403. */
  noAccessIs404: on,
  /** Task lists answer 200 and empty for parents that do not exist; off: 404. */
  taskListsOfAnything: on,
  /** Announcing an upload to an unknown file makes a new data source; off: 404. */
  junkFiles: on,
  /** `GET …/files/{id}` is the file's content; off: its entry in the list, as one would expect. */
  fileGetIsContent: on,
  /** A task that failed is COMPLETE all the same, with `successful: false`; off: FAILED, which the live service does not have. */
  failedIsComplete: on,
  /** The gateway in front answers HTML where it gives up waiting; off: the usual envelope. */
  gatewayAnswersHtml: on,
  /** The file list keeps the old `chunkCount` after a delete. */
  staleChunkCount: on,
  /** The announcement's answer echoes `chunkCount` 0; off: the number asked for. */
  announcementEchoesZero: on,
  /** A process with ignored rows or an empty file says `successful: false` though nothing failed. */
  processFalseNegatives: on,
  /** Only the newest failing task of a user and import keeps its dump; older ones answer 404 though flagged. */
  onlyNewestDump: on,
  /** A model that is unloaded forgets its tasks. */
  unloadForgetsTasks: on,
  /** While a task runs, all but task and action endpoints wait for it. */
  busyModelHolds: on,
  /** The first call to an unloaded model waits until it is loaded. */
  coldModelIsSlow: on,
  /** `GET …/imports/{unknown}` on a model that can be seen answers 500; off: 404. */
  unknownImportIs500: on,
  /** `…/complete` answers 500 to a user who is not a workspace administrator. */
  completeIs500ForStandardUsers: on,
  /** Values in details can be null where Anaplan has none; off: the empty string. */
  nullValues: on,
  /** `duration` and `startTime` are strings; off: numbers. */
  durationIsString: on,
  /** `meta.schema` has `//2/0` in some answers. */
  doubleSlashInSchema: on,
  /** `objectName` is missing in results. */
  objectNamesLeftOut: on,
  /** The answer to a start has `taskId`, `taskState` and `creationTime`; off: `taskId` alone. */
  startAnswersState: on,
  /** A delete action in a process tells no details. Seen only in an old fixture, and off because clients in use break on it. */
  bareNestedResults: z.boolean().default(false),
  /** A task with some rejected rows says `successful: false`; off: true, with the dump flag up. Nobody has seen for certain. */
  rejectsAreUnsuccessful: on,
  /** A file that is overwritten while an import reads it is what the import loads; off: uploads wait for the import. */
  overwriteWhileReading: on,
});

export type Quirks = z.output<typeof quirksSchema>;
/** The quirks to change; the others stay as live. */
export type QuirkSwitches = z.input<typeof quirksSchema>;
