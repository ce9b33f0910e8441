import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { registerSecret } from '../../shared/observe/redact.ts';
import type { Credentials, Secrets } from '../../shared/ports/secrets.ts';
import { isCode, syncFolder } from './object-files.ts';
import { guard } from './storage-error.ts';

const schema = z.object({
  /** SHA-256 of the token that a person set: setting another one makes this file void */
  insteadOf: z.string(),
  refreshToken: z.string().min(1),
});

/**
 * Where OAuth gives a new refresh token with each use, the one that was set is good only once. The latest is kept in the data folder,
 * in a file that only this user can read, outside of everything that is listed, dumped or logged.
 */
export class KeptRefreshToken implements Secrets {
  readonly #path: string;
  readonly #secrets: Secrets;

  constructor(dataDir: string, secrets: Secrets) {
    this.#path = join(dataDir, 'refresh-token.json');
    this.#secrets = secrets;
  }

  /** As they are set, with the latest refresh token. */
  async credentials(): Promise<Credentials> {
    const credentials = await this.#secrets.credentials();
    if (credentials.kind !== 'oauth') return credentials;
    const kept = await this.#read();
    if (kept?.insteadOf !== hash(credentials.refreshToken)) return credentials;
    registerSecret(kept.refreshToken);
    return { ...credentials, refreshToken: kept.refreshToken };
  }

  /** Keeps the token that comes after the one in use, in a data folder that it makes if need be; it is on the disk when this resolves. */
  async keep(refreshToken: string): Promise<void> {
    registerSecret(refreshToken);
    const credentials = await this.#secrets.credentials();
    if (credentials.kind !== 'oauth') return;
    const text = JSON.stringify({ insteadOf: hash(credentials.refreshToken), refreshToken });
    const draft = `${this.#path}.new`;
    await guard('write', this.#path, async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.#path);
      // Without it a power cut may bring back the old name, and with it a token that is used up.
      syncFolder(dirname(this.#path));
    });
  }

  async #read(): Promise<z.infer<typeof schema> | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      // A file that cannot be understood is as good as none: what is set is tried.
      if (isCode(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
      return guard('read', this.#path, async () => {
        throw error;
      });
    }
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
