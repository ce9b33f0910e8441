import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEEP_BELOW_BYTES = 64 * 1024;
const KEEP_AT_MOST_BYTES = 32 * 1024 * 1024;

/** Makes up the bytes from `start` to `end`, the same each time. */
export type MadeUp = (start: number, end: number) => Iterable<Buffer>;

/**
 * Bytes kept for later: short ones in memory, long ones in a temporary folder, made-up ones nowhere. Counted, so that a reader may
 * outlive an overwrite.
 */
export class Spooled {
  readonly bytes: number;
  readonly #content: Buffer | string | MadeUp;
  readonly #drop: (spooled: Spooled) => void;
  #holders = 1;

  constructor(content: Buffer | string | MadeUp, bytes: number, drop: (spooled: Spooled) => void) {
    this.#content = content;
    this.bytes = bytes;
    this.#drop = drop;
  }

  /** path of the file it lies in; undefined when it is in none */
  get path(): string | undefined {
    return typeof this.#content === 'string' ? this.#content : undefined;
  }

  async *read(start = 0, end = this.bytes): AsyncGenerator<Buffer> {
    if (end <= start) return;
    if (typeof this.#content === 'function') {
      yield* this.#content(start, end);
      return;
    }
    if (typeof this.#content !== 'string') {
      yield this.#content.subarray(start, end);
      return;
    }
    for await (const piece of createReadStream(this.#content, { start, end: end - 1, highWaterMark: 256 * 1024 })) {
      yield piece;
    }
  }

  retain(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#drop(this);
  }
}

/** Where uploads, dumps and exports lie until `close()`. */
export class Spool {
  #folder: Promise<string> | undefined;
  #files = 0;
  #inMemory = 0;

  /** Keeps all of `source`. When it fails half-way nothing is kept, and the error goes on. */
  async keep(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Spooled> {
    const writer = this.writer();
    try {
      for await (const piece of source) await writer.write(piece);
      return await writer.finish();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  writer(): SpoolWriter {
    return new SpoolWriter(
      async () => {
        this.#folder ??= mkdtemp(join(tmpdir(), 'plandrop-simulator-'));
        // Named before anything is awaited: chunks may arrive at the same moment.
        this.#files += 1;
        const name = String(this.#files);
        return join(await this.#folder, name);
      },
      (bytes) => bytes <= KEEP_BELOW_BYTES && this.#inMemory + bytes <= KEEP_AT_MOST_BYTES,
      (content, bytes) => {
        if (typeof content !== 'string') this.#inMemory += bytes;
        return new Spooled(content, bytes, (spooled) => {
          if (spooled.path === undefined) this.#inMemory -= spooled.bytes;
          else void rm(spooled.path, { force: true });
        });
      },
    );
  }

  /** Bytes that are made up whenever they are read. */
  madeUp(bytes: number, content: MadeUp): Spooled {
    return new Spooled(content, bytes, () => {});
  }

  async close(): Promise<void> {
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

class SpoolWriter {
  readonly #newPath: () => Promise<string>;
  readonly #fitsMemory: (bytes: number) => boolean;
  readonly #wrap: (content: Buffer | string, bytes: number) => Spooled;
  #pieces: Uint8Array[] = [];
  #file: { path: string; handle: Awaited<ReturnType<typeof open>> } | undefined;
  #bytes = 0;

  constructor(
    newPath: () => Promise<string>,
    fitsMemory: (bytes: number) => boolean,
    wrap: (content: Buffer | string, bytes: number) => Spooled,
  ) {
    this.#newPath = newPath;
    this.#fitsMemory = fitsMemory;
    this.#wrap = wrap;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.byteLength;
    if (!this.#file && this.#fitsMemory(this.#bytes)) {
      this.#pieces.push(Buffer.from(piece));
      return;
    }
    if (!this.#file) {
      const path = await this.#newPath();
      this.#file = { path, handle: await open(path, 'w', 0o600) };
      if (this.#pieces.length > 0) await this.#file.handle.writeFile(Buffer.concat(this.#pieces));
      this.#pieces = [];
    }
    await this.#file.handle.writeFile(piece);
  }

  async finish(): Promise<Spooled> {
    if (!this.#file) return this.#wrap(Buffer.concat(this.#pieces), this.#bytes);
    await this.#file.handle.close();
    return this.#wrap(this.#file.path, this.#bytes);
  }

  async discard(): Promise<void> {
    if (!this.#file) return;
    await this.#file.handle.close();
    await rm(this.#file.path, { force: true });
  }
}
