import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { wholeFile } from '../infra/local/put-drop.ts';
import { guard } from '../infra/local/storage-error.ts';
import type { Store } from '../shared/ports/store.ts';
import type { Drop } from '../shared/run/trigger.ts';
import { CommandError } from './command-error.ts';
import { fingerprintOfFile } from './commands/run.ts';

/** A file that a person has mended, and where a redrive finds it. */
export interface MendedFile {
  path: string;
  /** in the state store; the same for the same bytes */
  key: string;
  /** what the file was when it was read */
  asSeen: string;
}

/**
 * Reads a mended file once. Its copy goes to the state store, where nothing that is put starts a run.
 * @throws CommandError when there is no such file, or nothing in it
 */
export async function readMended(path: string, redriveId: string): Promise<MendedFile> {
  const asSeen = await fingerprintOfFile(path);
  if ((await stat(path)).size === 0)
    throw new CommandError(`The file ${path} is empty.`, { whatToCheck: ['Name the file with the mended rows.'] });
  const hash = createHash('sha256');
  await guard('read', path, async () => {
    for await (const piece of createReadStream(path)) hash.update(piece);
  });
  return { path, key: `mended/${redriveId}/${hash.digest('hex').slice(0, 16)}-${basename(path)}`, asSeen };
}

/** Copies it to the state store, once. @throws FileChangedError when it is another than the one that was read */
export async function keepMended(state: Store, { path, key, asSeen }: MendedFile): Promise<Drop> {
  const versionId =
    (await state.head(key))?.versionId ?? (await state.putStream(key, wholeFile(path, asSeen))).versionId;
  const head = await state.head(key, versionId);
  if (head === undefined) throw new Error(`${state.address(key)} is gone again`);
  return { bucket: state.bucket, key, versionId, lastModified: head.lastModified, bytes: head.size };
}
