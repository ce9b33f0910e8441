import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';

/** Writes a file that people keep, all of it or nothing. @throws CommandError that says what stands in the way */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** Why a file could not be written, in words; an error that is not the system's stays what it is. */
export function notWritten(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const folder = dirname(path);
  const [reason, next] = reasonOf(String(error.code), folder) ?? [error.message, `Look at ${folder}.`];
  return new CommandError(`Cannot write ${path}: ${reason}. Nothing was changed.`, {
    whatToCheck: [next],
    exitCode: EXIT.failed,
  });
}

function reasonOf(code: string, folder: string): [reason: string, next: string] | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return ['permission denied', `Give this user write access to the folder ${folder}, or work on a copy of it.`];
    case 'EROFS':
      return ['the disk is read-only', `Copy the folder ${folder} to where it can be written to.`];
    case 'ENOENT':
      return ['there is no such folder', `Create ${folder}, or name another file.`];
    case 'ENOTDIR':
      return ['a file stands where its folder should be', 'Name another file.'];
    case 'EISDIR':
      return ['a folder stands where the file should be', 'Move the folder away.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['the disk is full', 'Free some space, then try again.'];
    default:
      return undefined;
  }
}
