import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, unzipSync } from 'fflate';
import type { Simulator } from '../../simulator/index.ts';

/** No secret may be written anywhere: each end-to-end test ends with a search of everything that it left behind. */

/** A secret stands where others can read it. */
export class SecretFound extends Error {
  override readonly name = 'SecretFound';
}

type Knowing = Pick<Simulator, 'secrets' | 'users'>;

export class Canary {
  readonly #simulator: Knowing;
  readonly #more = new Set<string>();
  readonly #seen: { what: string; text: string }[] = [];

  constructor(simulator: Knowing) {
    this.#simulator = simulator;
  }

  /** Tells of a secret that the simulator does not know: a wrong password, a private key. */
  hide(secret: string): void {
    for (const form of formsOf(secret)) this.#more.add(form);
  }

  /** Keeps what somebody was shown or sent, to be searched at the end, when all tokens are known. */
  saw(what: string, text: string): void {
    this.#seen.push({ what, text });
  }

  /** @throws SecretFound naming where, never what */
  async search(...folders: readonly string[]): Promise<void> {
    const needles = this.#needles();
    for (const { what, text } of this.#seen) complain(what, holds(Buffer.from(text), needles));
    for (const folder of folders) await searchFolder(folder, needles);
  }

  #needles(): Buffer[] {
    const pairs = this.#simulator.users.map(({ email, password }) => btoa(`${email}:${password}`));
    const secrets = [...this.#simulator.secrets(), ...pairs].flatMap(formsOf);
    return [...new Set([...secrets, ...this.#more])].map((secret) => Buffer.from(secret));
  }
}

/** A secret as it stands in text, in JSON and in addresses; of a private key each of its lines. Short words prove nothing. */
function formsOf(secret: string): string[] {
  const lines = secret.includes('-----BEGIN')
    ? secret.split('\n').filter((line) => /^[\w+/=]{40,}$/.test(line))
    : [secret];
  return lines
    .filter((line) => line.length >= 8)
    .flatMap((line) => [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)]);
}

async function searchFolder(folder: string, needles: readonly Buffer[]): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // The one place where a refresh token belongs: only its owner may read it.
    if (entry.name === 'refresh-token.json') complain(path, ((await stat(path)).mode & 0o077) !== 0);
    else complain(path, await isInFile(path, needles));
  }
}

const PIECE_BYTES = 4 * 1024 * 1024;

async function isInFile(path: string, needles: readonly Buffer[]): Promise<boolean> {
  const overlap = Math.max(...needles.map(({ length }) => length));
  let before = Buffer.alloc(0);
  // Most files are small, and a stream would take a whole piece of memory for each.
  const { size } = await stat(path);
  for await (const piece of createReadStream(path, { highWaterMark: Math.max(1, Math.min(size, PIECE_BYTES)) })) {
    const bytes = Buffer.concat([before, piece]);
    if (holds(bytes, needles)) return true;
    before = bytes.subarray(Math.max(0, bytes.length - overlap));
  }
  return isInside(path, needles);
}

/** What plain bytes do not show: members of a zip, compressed files, and values that SQLite spreads over pages. */
async function isInside(path: string, needles: readonly Buffer[]): Promise<boolean> {
  if (/\.zip$/.test(path)) {
    const members = Object.entries(unzipSync(await readFile(path)));
    return members.some(([name, bytes]) => holds(Buffer.from(name), needles) || holds(Buffer.from(bytes), needles));
  }
  if (/\.gz$/.test(path)) return holds(Buffer.from(gunzipSync(await readFile(path))), needles);
  if (/\.sqlite$/.test(path)) return holds(Buffer.from(valuesOf(path).join('\n')), needles);
  return false;
}

function valuesOf(path: string): string[] {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("select name from sqlite_schema where type = 'table'").all();
  return tables.flatMap(({ name }) => {
    const rows = database.prepare(`select * from "${String(name)}"`).all();
    return rows.flatMap((row) =>
      Object.values(row).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
      ),
    );
  });
}

function holds(bytes: Buffer, needles: readonly Buffer[]): boolean {
  return needles.some((needle) => bytes.includes(needle));
}

function complain(where: string, found: boolean): void {
  if (found) throw new SecretFound(`a secret is written in ${where}`);
}
