/** The disk, a folder or a database of the data folder did not do what it must. The message says what to do next. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

type Verb = 'read' | 'write' | 'open';

/** Runs `act` and turns what the operating system or SQLite says into a sentence that names the path. */
export async function guard<T>(verb: Verb, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explain(verb, path, error);
  }
}

/** `guard` for what happens synchronously. */
export function guardSync<T>(verb: Verb, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw explain(verb, path, error);
  }
}

/** A system error of Node, or one of `node:sqlite`, as a `StorageError`; any other error stays what it is. */
export function explain(verb: Verb, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  const reason = systemReason(error) ?? sqliteReason(error);
  return reason === undefined ? error : new StorageError(path, `Cannot ${verb} ${path}: ${reason}`, { cause: error });
}

const DISK_FULL = 'the disk is full. Free some space and start again; what was acknowledged is safe.';
const DENIED = 'permission denied. Give this user read and write access, or choose another data folder.';
const READ_ONLY = 'it is read-only. Choose a data folder on a disk that can be written to.';

/** `error.code` of Node's system errors. https://nodejs.org/api/errors.html#common-system-errors */
function systemReason(error: Error): string | undefined {
  if (!('syscall' in error) || !('code' in error)) return undefined;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return DISK_FULL;
    case 'EACCES':
    case 'EPERM':
      return DENIED;
    case 'EROFS':
      return READ_ONLY;
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file stands where a folder is needed. Move it away, or choose another data folder.';
    case 'ENOENT':
      return 'it is not there. Was it moved or deleted by hand?';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open. Raise the limit (ulimit -n) and start again.';
    case 'EIO':
      return 'the disk reports an error (EIO). Check the disk before going on.';
    default:
      return error.message;
  }
}

/** `error.errcode` of `node:sqlite`; its low byte is SQLite's primary result code. https://www.sqlite.org/rescode.html */
function sqliteReason(error: Error): string | undefined {
  if (!('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  switch (error.errcode & 0xff) {
    case 3:
    case 23:
      return DENIED;
    case 5:
    case 6:
      return 'another process is holding it. Stop that process, or wait until it has finished.';
    case 8:
      return 'it cannot be written to. Give this user write access, or choose another data folder.';
    case 10:
      return `the disk reports an error (${error.message}). It may be full or failing.`;
    case 11:
    case 26:
      return 'it is damaged. Move it away (keep it for analysis) and start again.';
    case 13:
      return DISK_FULL;
    case 14:
      return 'it cannot be opened. Check that the folder exists and that this user may write to it.';
    default:
      return undefined;
  }
}
