import type { Caller } from './caller.ts';
import { BadRequestError, NotFoundError } from './errors.ts';
import { chunkBytes, chunkIds } from './files.ts';
import { isGatewayRefusal } from './gateway-refusal.ts';
import { segment, tasksPath } from './paths.ts';
import type { ActionRef, ModelRef } from './types.ts';

/**
 * What Anaplan has of a dump: its bytes, in order, or nothing (any more). `chunkIds` in the same order, for whoever fetches them one by
 * one; none where Anaplan gives the dump in one answer, which is open until `bytes` are read.
 */
export type DumpAnswer =
  | { available: true; chunkIds: readonly string[]; bytes: AsyncIterable<Uint8Array> }
  | { available: false };

/**
 * Chunk by chunk, because unchunked downloads of large dumps time out; the whole where there are no chunks
 * (anaplan-notes: Dumps). With `nestedObjectId`, the dump of that import inside a process.
 */
export async function readDump(
  caller: Caller,
  model: ModelRef,
  action: ActionRef,
  taskId: string,
  nestedObjectId: string | undefined,
): Promise<DumpAnswer> {
  const path = dumpPath(model, action, taskId, nestedObjectId);
  let refusal: unknown;
  const ids = await chunkIds(caller, 'readDump', path).catch((error: unknown) => {
    if (!(error instanceof NotFoundError || error instanceof BadRequestError)) throw error;
    if (isGatewayRefusal(error.failure)) refusal = error;
    return [];
  });
  if (ids.length > 0) return { available: true, chunkIds: ids, bytes: inOrder(caller, path, ids) };
  try {
    const { status, body } = await caller.open({ name: 'readDump', method: 'GET', path, accept: '*/*' });
    if (status !== 204) return { available: true, chunkIds: [], bytes: body };
    for await (const _ of body); // nothing comes, but this frees the connection
    return { available: false };
  } catch (error) {
    // Only what Anaplan itself says tells that there is none; a gateway's 404 does not (anaplan-notes: Errors).
    if (error instanceof NotFoundError && !isGatewayRefusal(error.failure)) return { available: false };
    throw refusal ?? error;
  }
}

/** One chunk of the dump, by one of the ids that {@link readDump} told. */
export function getDumpChunk(
  caller: Caller,
  model: ModelRef,
  action: ActionRef,
  taskId: string,
  { chunkId, nestedObjectId }: { chunkId: string; nestedObjectId: string | undefined },
): Promise<Uint8Array> {
  return chunkBytes(caller, 'getDumpChunk', dumpPath(model, action, taskId, nestedObjectId), chunkId);
}

function dumpPath(model: ModelRef, action: ActionRef, taskId: string, nestedObjectId: string | undefined): string {
  const task = `${tasksPath(model, action)}/${segment(taskId)}`;
  return nestedObjectId === undefined ? `${task}/dump` : `${task}/dumps/${segment(nestedObjectId)}`;
}

async function* inOrder(caller: Caller, path: string, ids: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const id of ids) yield await chunkBytes(caller, 'readDump', path, id);
}
