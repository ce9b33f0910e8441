import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import * as z from 'zod';
import { discard, readBytes, readJson, requireContent } from './answer.ts';
import type { Caller } from './caller.ts';
import type { CallName } from './calls.ts';
import { errorFor } from './errors.ts';
import type { Answer } from './exchange.ts';
import { byId, collection, listAll } from './paging.ts';
import { filePath, modelPath, segment } from './paths.ts';
import * as schemas from './schemas.ts';
import type { AnaplanFile, ModelRef } from './types.ts';

/** Runs on Node's thread pool. */
const gzipped = promisify<Uint8Array, { level?: number }, Buffer>(gzipCallback);

/** Uploaded chunks have at most 50 MB, those Anaplan cuts about 10 (anaplan-notes: Uploading, Dumps); far more is a mistake. */
const CHUNK_LIMIT_BYTES = 256 * 1024 * 1024;

const fileAnswer = z.object({ file: schemas.file });
const files = collection('files', schemas.file, byId);
const chunksOfFile = collection('chunks', schemas.chunk, byId);

export function listFiles(caller: Caller, model: ModelRef): Promise<AnaplanFile[]> {
  const ask = { name: 'listFiles', method: 'GET', path: `${modelPath(model)}/files` } as const;
  return listAll(caller, ask, files);
}

/** Guards against Anaplan creating a new file instead (anaplan-notes: Junk files). */
export async function announceFile(
  caller: Caller,
  model: ModelRef,
  fileId: string,
  chunkCount: number,
): Promise<AnaplanFile> {
  const ask = { name: 'announceFile', method: 'POST', path: filePath(model, fileId), json: { chunkCount } } as const;
  const { file } = await caller.call(ask, (answer) => readJson(answer, fileAnswer));
  if (file.id === fileId) return file;
  const { method, path } = ask;
  throw errorFor({ kind: 'junk-file', call: 'announce', method, path, askedFileId: fileId, createdFileId: file.id });
}

export interface ChunkOptions {
  /** `false`, or zlib's level; `true` is its default level */
  gzip?: boolean | number;
  signal?: AbortSignal;
}

/** @returns how many bytes went over the wire */
export async function putChunk(
  caller: Caller,
  model: ModelRef,
  fileId: string,
  index: number,
  bytes: Uint8Array,
  { gzip = true, signal }: ChunkOptions,
): Promise<{ bytesSent: number }> {
  const path = `${filePath(model, fileId)}/chunks/${segment(index)}`;
  const level = typeof gzip === 'number' ? { level: gzip } : {};
  const content = gzip === false ? bytes : await gzipped(bytes, level);
  const contentType = gzip === false ? 'application/octet-stream' : 'application/x-gzip';
  await caller.call({ name: 'putChunk', method: 'PUT', path, bytes: { contentType, content }, signal }, noContent);
  return { bytesSent: content.byteLength };
}

export async function putFile(caller: Caller, model: ModelRef, fileId: string, content: Uint8Array): Promise<void> {
  const bytes = { contentType: 'application/octet-stream', content };
  await caller.call({ name: 'putFile', method: 'PUT', path: filePath(model, fileId), bytes }, noContent);
}

export async function completeFile(caller: Caller, model: ModelRef, fileId: string): Promise<AnaplanFile> {
  const path = `${filePath(model, fileId)}/complete`;
  const ask = { name: 'completeFile', method: 'POST', path, json: { id: fileId } } as const;
  return (await caller.call(ask, (answer) => readJson(answer, fileAnswer))).file;
}

export async function deleteFile(caller: Caller, model: ModelRef, fileId: string): Promise<void> {
  await caller.call({ name: 'deleteFile', method: 'DELETE', path: filePath(model, fileId) }, discard);
}

export async function listChunks(caller: Caller, model: ModelRef, fileId: string): Promise<string[]> {
  return chunkIds(caller, 'listChunks', filePath(model, fileId));
}

export function getChunk(
  caller: Caller,
  model: ModelRef,
  fileId: string,
  chunkId: string | number,
): Promise<Uint8Array> {
  return chunkBytes(caller, 'getChunk', filePath(model, fileId), chunkId);
}

/** Chunk by chunk, because each of them can be asked again; the whole at once where no chunks are listed. */
export async function* downloadFile(caller: Caller, model: ModelRef, fileId: string): AsyncGenerator<Uint8Array> {
  const path = filePath(model, fileId);
  const chunks = await chunkIds(caller, 'downloadFile', path);
  for (const id of chunks) yield await chunkBytes(caller, 'downloadFile', path, id);
  if (chunks.length > 0) return;
  const ask = { name: 'downloadFile', method: 'GET', path, accept: ANY } as const;
  yield* (await caller.open(ask, requireContent)).body;
}

const ANY = '*/*';

/** Ids in the order of the content. What the list says of its own size can be wrong (anaplan-notes: Paging). */
export async function chunkIds(caller: Caller, name: CallName, path: string): Promise<string[]> {
  const ask = { name, method: 'GET', path: `${path}/chunks` } as const;
  const chunks = await listAll(caller, ask, chunksOfFile);
  return chunks.map((chunk) => chunk.id).sort((a, b) => Number(a) - Number(b));
}

export function chunkBytes(
  caller: Caller,
  name: CallName,
  path: string,
  chunkId: string | number,
): Promise<Uint8Array> {
  const ask = { name, method: 'GET', path: `${path}/chunks/${segment(chunkId)}`, accept: ANY } as const;
  return caller.call(ask, async (answer) => {
    await requireContent(answer);
    const { bytes, wasCut } = await readBytes(answer.body, CHUNK_LIMIT_BYTES);
    if (wasCut) throw answer.unreadable('its body is endless');
    return bytes;
  });
}

/** A chunk counts as sent by its 204 and by nothing else: a 200 with a page in it comes from something in between. */
async function noContent(answer: Answer): Promise<void> {
  await discard(answer);
  if (answer.status !== 204) throw answer.unreadable('204 without content was expected');
}
