import type { Readable } from 'node:stream';
import { Readable as NodeReadable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import type { Hono } from 'hono';
import * as z from 'zod';
import { ApiError, badRequest, notFound } from '../engine/api-error.ts';
import { chunkIndex, type FileHead, type Slice } from '../engine/file-shelf.ts';
import type { Model } from '../engine/model.ts';
import type { Spooled } from '../engine/spool.ts';
import type { Ctx, RequestEnv, Simulation } from './context.ts';
import { one, page } from './envelope.ts';
import { type CallKind, inModel } from './in-model.ts';
import { readJson } from './read-json.ts';

const announcement = z.object({ chunkCount: z.number().int().min(-1).optional() });

/** `…/files`: list, upload in chunks or whole, download, delete (anaplan-notes: Files). */
export function addFileRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { tenant } = simulation;
  const { quirks, settings } = tenant;
  const reads: CallKind = { waits: true };
  // nothing locks a file: it can be overwritten while an import reads it
  const writes: CallKind = { waits: !quirks.overwriteWhileReading, changes: true };
  const readerOf = (c: Ctx, model: Model) => {
    const user = c.get('user');
    return { userId: user.id, admin: tenant.roleOn(user, model) === 'admin' };
  };
  const idOf = (c: Ctx) => c.req.param('fileId') ?? '';

  routes.get('/files', (c) =>
    inModel(simulation, c, reads, (model) => {
      const files = model.files.list(c.get('user').id).map(({ head, chunkCount }) => fileJson(head, chunkCount));
      return page(c, 'files', 'file', model.id, files, quirks);
    }),
  );

  routes.post('/files/:fileId', async (c) => {
    const body = await readJson(c, announcement);
    return inModel(simulation, c, writes, (model) => {
      const count = body.chunkCount ?? -1;
      const head = model.files.announce(readerOf(c, model), idOf(c), count, c.env.at, quirks.junkFiles);
      const echoed = quirks.announcementEchoesZero || head.id !== idOf(c) ? 0 : count;
      return one(c, 'file', 'file', model.id, fileJson(head, echoed), quirks);
    });
  });

  routes.put('/files/:fileId/chunks/:chunkId', async (c) => {
    const index = chunkIndex(c.req.param('chunkId'));
    const bytes = await upload(simulation, c, true);
    return keep(bytes, () =>
      inModel(simulation, c, writes, (model) => {
        model.files.putChunk(readerOf(c, model), idOf(c), index, bytes.retain(), c.env.at);
        return c.body(null, 204);
      }),
    );
  });

  routes.put('/files/:fileId', async (c) => {
    const bytes = await upload(simulation, c, false);
    return keep(bytes, () =>
      inModel(simulation, c, writes, (model) => {
        model.files.putWhole(readerOf(c, model), idOf(c), bytes.retain(), c.env.at);
        return c.body(null, 204);
      }),
    );
  });

  routes.post('/files/:fileId/complete', (c) =>
    inModel(simulation, c, writes, (model) => {
      const reader = readerOf(c, model);
      if (!reader.admin && quirks.completeIs500ForStandardUsers) throw new ApiError(500, 'Internal Server Error');
      const { head, chunkCount } = model.files.complete(reader, idOf(c), c.env.at);
      return one(c, 'file', 'file', model.id, fileJson(head, chunkCount), quirks);
    }),
  );

  routes.get('/files/:fileId/chunks', (c) =>
    inModel(simulation, c, reads, (model) => {
      const numbers = model.files.chunkNumbers(readerOf(c, model), idOf(c), c.env.at, settings.outputChunkBytes);
      const chunks = numbers.map((n) => ({ id: String(n), name: `Chunk ${n}` }));
      return page(c, 'chunks', 'chunk', model.id, chunks, quirks);
    }),
  );

  routes.get('/files/:fileId/chunks/:chunkId', (c) =>
    inModel(simulation, c, reads, (model) => {
      const index = chunkIndex(c.req.param('chunkId'));
      const slice = model.files.chunk(readerOf(c, model), idOf(c), index, c.env.at, settings.outputChunkBytes);
      return bytesAnswer([slice], 'application/octet-stream');
    }),
  );

  routes.get('/files/:fileId', (c) =>
    inModel(simulation, c, reads, (model) => {
      if (!quirks.fileGetIsContent) {
        const listed = model.files.list(c.get('user').id).find(({ head }) => head.id === idOf(c));
        if (!listed) throw notFound();
        return one(c, 'file', 'file', model.id, fileJson(listed.head, listed.chunkCount), quirks);
      }
      const parts = model.files.content(readerOf(c, model), idOf(c), c.env.at);
      if (!parts) throw notFound();
      const slices = parts.map((content) => ({ content, start: 0, end: content.bytes }));
      return bytesAnswer(slices, 'application/octet-stream');
    }),
  );

  routes.delete('/files/:fileId', (c) =>
    inModel(simulation, c, writes, (model) => {
      model.files.delete(readerOf(c, model), idOf(c), c.env.at, quirks.staleChunkCount);
      return c.body(null, 204);
    }),
  );
}

function fileJson(head: FileHead, chunkCount: number): object {
  if (!head.format) return { id: head.id, name: head.name, chunkCount, firstDataRow: 0, headerRow: 0 };
  const { delimiter, encoding, firstDataRow, headerRow, separator } = head.format;
  return {
    id: head.id,
    name: head.name,
    chunkCount,
    delimiter,
    encoding,
    firstDataRow,
    format: 'txt',
    headerRow,
    separator,
  };
}

/** Spools a request's body, unzipped if it may be and says so; a body that breaks off leaves nothing behind. */
async function upload({ tenant }: Simulation, c: Ctx, mayBeZipped: boolean): Promise<Spooled> {
  const type = (c.req.header('content-type') ?? '').toLowerCase();
  const body = c.req.raw.body;
  if (!body) return tenant.spool.keep([]);
  const stream = body as NodeReadableStream<Uint8Array>;
  const zipped = mayBeZipped && (type.includes('gzip') || (c.req.header('content-encoding') ?? '').includes('gzip'));
  try {
    return await tenant.spool.keep(zipped ? unzipped(NodeReadable.fromWeb(stream)) : stream);
  } catch (error) {
    const broken = zipped && error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw badRequest(broken ? 'The chunk is not valid gzip' : 'The request body broke off');
  }
}

function unzipped(stream: Readable): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  return stream.pipe(gunzip);
}

/** Lets go of an upload when whoever had to take it over is done with it or refused it. */
async function keep(bytes: Spooled, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } finally {
    bytes.release();
  }
}

/** Streams bytes, and lets go of them at the end. */
export function bytesAnswer(slices: readonly Slice[], type: string): Response {
  const pieces = (async function* () {
    try {
      for (const { content, start, end } of slices) yield* content.read(start, end);
    } finally {
      for (const { content } of slices) content.release();
    }
  })();
  const length = slices.reduce((sum, each) => sum + each.end - each.start, 0);
  const body = ReadableStream.from(pieces);
  return new Response(body, { headers: { 'content-type': type, 'content-length': String(length) } });
}
