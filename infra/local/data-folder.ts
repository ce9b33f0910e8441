import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../shared/ports/clock.ts';
import { lockDataFolder } from './engine-lock.ts';
import { FileStore } from './file-store.ts';
import { SqliteQueues } from './sqlite-queue.ts';
import { guardSync } from './storage-error.ts';

export const STATE_BUCKET = 'plandrop-state';
export const DROPS_BUCKET = 'plandrop-drops';

/** The ledger is rewritten with every turn; its last versions are kept to look at, not all. */
const STATE_VERSIONS = 20;

export interface DataFolderOptions {
  clock?: Clock;
  /** Deliveries before a message moves to the poison queue; default 5. */
  maxReceiveCount?: number;
}

/** What one machine keeps: the two buckets and the queues. */
export interface DataFolder extends Disposable {
  /** absolute */
  readonly dataDir: string;
  /** bucket `plandrop-state`: ledgers, lanes, failures, dumps */
  readonly state: FileStore;
  /** bucket `plandrop-drops`: the source files, every version */
  readonly drops: FileStore;
  readonly queues: SqliteQueues;
  readonly clock: Clock;
  close(): void;
}

/** A data folder of which this process is the only engine. */
export interface LockedDataFolder extends DataFolder {
  /** New with every start: tells a claim of this start from one of an earlier start, whose owner is dead. */
  readonly engineId: string;
  /** What an earlier start left behind when it was killed. */
  readonly recovered: { messagesInFlight: number; leftoverFiles: number };
}

/**
 * Opens a data folder for the engine: creates and locks it, then repairs what a kill left behind (messages in flight
 * become visible at once, leftover files are removed). Closing it frees the lock.
 *
 * @throws DataFolderInUseError when another engine is running on it
 * @throws StorageError when it cannot be created, read or written, or is damaged
 */
export async function openDataFolder(dataDir: string, options: DataFolderOptions = {}): Promise<LockedDataFolder> {
  const path = resolve(dataDir);
  guardSync('open', path, () => mkdirSync(path, { recursive: true }));
  const unlock = lockDataFolder(path);
  try {
    const folder = joinDataFolder(path, options);
    const leftoverFiles = (await folder.state.sweep()) + (await folder.drops.sweep());
    const recovered = { messagesInFlight: folder.queues.makeAllVisible(), leftoverFiles };
    const close = () => {
      folder.close();
      unlock();
    };
    return { ...folder, engineId: randomBytes(8).toString('hex'), recovered, close, [Symbol.dispose]: close };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Opens a data folder beside a running engine, without the lock: for commands that look at runs, add a request, or send a
 * message to wake a run. Creates it when it is not there.
 *
 * @throws StorageError when it cannot be created, read or written, or is damaged
 */
export function joinDataFolder(dataDir: string, options: DataFolderOptions = {}): DataFolder {
  const path = resolve(dataDir);
  const clock = options.clock ?? systemClock;
  guardSync('open', path, () => mkdirSync(path, { recursive: true }));
  const opened: { close(): void }[] = [];
  const close = () => {
    for (const part of opened.splice(0)) part.close();
  };
  const add = <T extends { close(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    const queues = add(new SqliteQueues(join(path, 'queues.sqlite'), { ...options, clock }));
    const state = { bucket: STATE_BUCKET, keepVersions: STATE_VERSIONS, clock };
    return {
      dataDir: path,
      queues,
      state: add(new FileStore(join(path, 'state'), state)),
      drops: add(new FileStore(join(path, 'drops'), { bucket: DROPS_BUCKET, clock })),
      clock,
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
