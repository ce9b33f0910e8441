import type { Caller } from './caller.ts';
import { BadRequestError, NotFoundError } from './errors.ts';
import { chunkBytes, chunkIds } from './files.ts';
import { isGatewayRefusal } from './gateway-refusal.ts';
import { segment, tasksPath } from './paths.ts';
import type { ActionRef, ModelRef } from './types.ts';

/** What Anaplan has of a dump: its bytes, in order, or nothing (any more). */
export type DumpAnswer = { available: true; bytes: AsyncIterable<Uint8Array> } | { available: false };

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
  const task = `${tasksPath(model, action)}/${segment(taskId)}`;
  const path = nestedObjectId === undefined ? `${task}/dump` : `${task}/dumps/${segment(nestedObjectId)}`;
  const ids = await chunkIds(caller, 'readDump', path).catch(noneWhenAbsent);
  if (ids.length > 0) return { available: true, bytes: inOrder(caller, path, ids) };
  try {
    const { status, body } = await caller.open({ name: 'readDump', method: 'GET', path, accept: '*/*' });
    if (status !== 204) return { available: true, bytes: body };
    for await (const _ of body); // nothing comes, but this frees the connection
    return { available: false };
  } catch (error) {
    if (error instanceof NotFoundError && !isGatewayRefusal(error.failure)) return { available: false };
    throw error;
  }
}

async function* inOrder(caller: Caller, path: string, ids: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const id of ids) yield await chunkBytes(caller, 'readDump', path, id);
}

/** Only what Anaplan itself says tells that there is none; a gateway's 404 does not (anaplan-notes: Errors). */
function noneWhenAbsent(error: unknown): string[] {
  const isRefused = error instanceof NotFoundError || error instanceof BadRequestError;
  if (isRefused && !isGatewayRefusal(error.failure)) return [];
  throw error;
}
