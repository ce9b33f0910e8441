import { createHash } from 'node:crypto';
import { ApiError, notFound } from './api-error.ts';
import type { TextFormat } from './read-rows.ts';
import type { Spooled } from './spool.ts';

/** A file of a model as its list shows it. An export's output has no text format. */
export interface FileHead {
  id: string;
  name: string;
  format: TextFormat | undefined;
  /** behind the private files: seen by whoever has none of their own */
  fallback: { content: Spooled; for: 'everyone' | 'admins' } | undefined;
}

export interface FileReader {
  userId: string;
  admin: boolean;
}

/** What one user uploaded to (or exported into) one file. */
interface PrivateFile {
  fileId: string;
  userId: string;
  /** announced number of chunks; -1: until `complete` */
  announced: number;
  complete: boolean;
  chunks: Map<number, Spooled>;
  lastUse: number;
}

/** What the simulator tells about an upload: for tests and the page of what happened. */
export interface UploadReport {
  fileId: string;
  name: string;
  uploadedBy: string;
  size: number;
  sha256: string;
  chunks: number;
  complete: boolean;
  lastUse: number;
}

/**
 * The files of one model: data sources and export outputs. Content is private to its user, lives 48 hours after its last use,
 * and the default file shows through where there is none (anaplan-notes: Private files).
 */
export class FileShelf {
  readonly #heads = new Map<string, FileHead>();
  readonly #private = new Map<string, PrivateFile>();
  /** what the list says, per user and file: it is not corrected by a delete */
  readonly #listed = new Map<string, number>();
  readonly #lifeMs: number;
  readonly #newId: () => string;

  constructor(lifeMs: number, newId: () => string) {
    this.#lifeMs = lifeMs;
    this.#newId = newId;
  }

  add(head: FileHead): void {
    this.#heads.set(head.id, head);
  }

  head(id: string): FileHead | undefined {
    return this.#heads.get(id);
  }

  list(userId: string): { head: FileHead; chunkCount: number }[] {
    return [...this.#heads.values()].map((head) => ({
      head,
      chunkCount: this.#listed.get(`${userId}/${head.id}`) ?? 0,
    }));
  }

  /**
   * Announces an upload and drops what the user had there. An unknown id makes a new data source of that name, which no import
   * refers to (anaplan-notes: Junk files), unless `mayCreate` is false.
   */
  announce(reader: FileReader, idOrName: string, chunkCount: number, at: number, mayCreate: boolean): FileHead {
    const known = this.#heads.get(idOrName);
    if (!known) {
      if (!mayCreate) throw notFound();
      const format: TextFormat = {
        encoding: 'UTF-8',
        separator: '\t',
        delimiter: '"',
        headerRow: -1,
        firstDataRow: -1,
      };
      const junk: FileHead = { id: this.#newId(), name: idOrName, format, fallback: undefined };
      this.#heads.set(junk.id, junk);
      return junk;
    }
    this.#replace(reader.userId, known.id, { announced: chunkCount, complete: false, chunks: new Map(), at });
    return known;
  }

  /** Takes over `bytes`; a chunk outside the announced number, or one never announced, is not found. */
  putChunk(reader: FileReader, id: string, index: number, bytes: Spooled, at: number): void {
    const file = this.#own(reader.userId, id, at);
    if (!file || index < 0 || (file.announced >= 0 && index >= file.announced)) {
      bytes.release();
      throw notFound();
    }
    file.chunks.get(index)?.release();
    file.chunks.set(index, bytes);
    file.lastUse = at;
    if (file.announced >= 0 && file.chunks.size === file.announced) this.#finish(file);
    else this.#listed.set(`${reader.userId}/${id}`, Math.max(file.announced, file.chunks.size));
  }

  /** Ends an upload of unknown length. */
  complete(reader: FileReader, id: string, at: number): { head: FileHead; chunkCount: number } {
    const head = this.#heads.get(id);
    const file = this.#own(reader.userId, id, at);
    if (!head || !file) throw notFound();
    if (file.announced < 0) file.announced = file.chunks.size;
    this.#finish(file);
    return { head, chunkCount: this.#listed.get(`${reader.userId}/${id}`) ?? 0 };
  }

  /** A whole small file in one request: exactly one chunk, no announcement. */
  putWhole(reader: FileReader, id: string, bytes: Spooled, at: number): void {
    if (!this.#heads.has(id)) {
      bytes.release();
      throw notFound();
    }
    const file = this.#replace(reader.userId, id, { announced: 1, complete: true, chunks: new Map([[0, bytes]]), at });
    this.#finish(file);
  }

  /** The output of an export, cut into chunks that all read from the same bytes. */
  putOutput(userId: string, id: string, bytes: Spooled, at: number): void {
    const file = this.#replace(userId, id, { announced: 1, complete: true, chunks: new Map([[0, bytes]]), at });
    this.#finish(file);
  }

  delete(reader: FileReader, id: string, at: number, keepListedCount: boolean): void {
    const file = this.#own(reader.userId, id, at);
    if (!this.#heads.has(id)) throw notFound();
    if (!file) return;
    this.#drop(file);
    if (!keepListedCount) this.#listed.delete(`${reader.userId}/${id}`);
  }

  /** Numbers of the chunks that the list shows: all announced ones, sent or not. */
  chunkNumbers(reader: FileReader, id: string, at: number, outputChunkBytes: number): number[] {
    const head = this.#heads.get(id);
    if (!head) throw notFound();
    const file = this.#own(reader.userId, id, at);
    if (!file) return this.#fallback(head, reader) ? [0] : [];
    if (file.complete && sizeOf(file) === 0) return [];
    if (!head.format) return range(Math.ceil(sizeOf(file) / outputChunkBytes));
    return file.announced >= 0 ? range(file.announced) : [...file.chunks.keys()].sort((a, b) => a - b);
  }

  /** One chunk's bytes, retained for the caller, who releases them. */
  chunk(reader: FileReader, id: string, index: number, at: number, outputChunkBytes: number): Slice {
    const head = this.#heads.get(id);
    const file = head && this.#own(reader.userId, id, at);
    if (!head) throw notFound();
    if (!file) {
      const fallback = this.#fallback(head, reader);
      if (!fallback || index !== 0) throw notFound();
      return { content: fallback.retain(), start: 0, end: fallback.bytes };
    }
    file.lastUse = at;
    const whole = head.format ? undefined : file.chunks.get(0);
    if (whole) {
      const start = index * outputChunkBytes;
      if (start >= whole.bytes) throw notFound();
      return { content: whole.retain(), start, end: Math.min(whole.bytes, start + outputChunkBytes) };
    }
    const content = file.chunks.get(index);
    if (!content || sizeOf(file) === 0) throw notFound();
    return { content: content.retain(), start: 0, end: content.bytes };
  }

  /**
   * The whole content in order, retained for the caller: what an import reads and a download gives.
   * Undefined while chunks are missing or the upload is not complete.
   */
  content(reader: FileReader, id: string, at: number): Spooled[] | undefined {
    const head = this.#heads.get(id);
    if (!head) return undefined;
    const file = this.#own(reader.userId, id, at);
    if (!file) {
      const fallback = this.#fallback(head, reader);
      return fallback ? [fallback.retain()] : undefined;
    }
    if (!file.complete || sizeOf(file) === 0) return undefined;
    file.lastUse = at;
    return ordered(file).map((chunk) => chunk.retain());
  }

  /** Everything that users have put here. Hashing reads all bytes. */
  async reports(nameOf: (userId: string) => string, fileId?: string): Promise<UploadReport[]> {
    const files = [...this.#private.values()].filter((each) => fileId === undefined || each.fileId === fileId);
    return Promise.all(
      files.map(async (file) => {
        const chunks = ordered(file).map((chunk) => chunk.retain());
        const hash = createHash('sha256');
        try {
          for await (const piece of readAll(chunks)) hash.update(piece);
        } finally {
          for (const chunk of chunks) chunk.release();
        }
        return {
          fileId: file.fileId,
          name: this.#heads.get(file.fileId)?.name ?? '',
          uploadedBy: nameOf(file.userId),
          size: sizeOf(file),
          sha256: hash.digest('hex'),
          chunks: file.chunks.size,
          complete: file.complete,
          lastUse: file.lastUse,
        };
      }),
    );
  }

  #own(userId: string, id: string, at: number): PrivateFile | undefined {
    const file = this.#private.get(`${userId}/${id}`);
    if (!file) return undefined;
    if (at - file.lastUse < this.#lifeMs) return file;
    this.#drop(file);
    this.#listed.delete(`${userId}/${id}`);
    return undefined;
  }

  #fallback(head: FileHead, reader: FileReader): Spooled | undefined {
    if (!head.fallback || (head.fallback.for === 'admins' && !reader.admin)) return undefined;
    return head.fallback.content;
  }

  #replace(
    userId: string,
    fileId: string,
    content: { announced: number; complete: boolean; chunks: Map<number, Spooled>; at: number },
  ): PrivateFile {
    const before = this.#private.get(`${userId}/${fileId}`);
    if (before) this.#drop(before);
    const { announced, complete, chunks, at } = content;
    const file: PrivateFile = { fileId, userId, announced, complete, chunks, lastUse: at };
    this.#private.set(`${userId}/${fileId}`, file);
    this.#listed.set(`${userId}/${fileId}`, Math.max(0, announced));
    return file;
  }

  #finish(file: PrivateFile): void {
    file.complete = file.chunks.size === file.announced;
    // an upload of zero bytes ends with no chunk at all
    this.#listed.set(`${file.userId}/${file.fileId}`, sizeOf(file) === 0 ? 0 : file.announced);
  }

  #drop(file: PrivateFile): void {
    for (const chunk of file.chunks.values()) chunk.release();
    this.#private.delete(`${file.userId}/${file.fileId}`);
  }
}

/** A part of spooled bytes, retained. */
export interface Slice {
  content: Spooled;
  start: number;
  end: number;
}

/** Reads pieces one after the other. */
export async function* readAll(parts: readonly Spooled[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* part.read();
}

const sizeOf = (file: PrivateFile) => [...file.chunks.values()].reduce((sum, chunk) => sum + chunk.bytes, 0);
const ordered = (file: PrivateFile) => [...file.chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Reads a chunk index from a path. */
export function chunkIndex(text: string): number {
  if (!/^\d+$/.test(text)) throw new ApiError(404, 'Not Found');
  return Number(text);
}
