import type { Spooled } from './spool.ts';

interface Dump {
  taskId: string;
  content: Spooled;
  lastUse: number;
}

/**
 * Failure dumps of one model: one per user and import, overwritten by that user's next run, gone after a clean run or 48 hours
 * after the last use (anaplan-notes: Dumps).
 */
export class DumpShelf {
  readonly #newest = new Map<string, Dump>();
  /** dumps of older tasks, kept only when the switch `onlyNewestDump` is off */
  readonly #older: (Dump & { key: string })[] = [];
  readonly #lifeMs: number;
  readonly #onlyNewest: boolean;

  constructor(lifeMs: number, onlyNewest: boolean) {
    this.#lifeMs = lifeMs;
    this.#onlyNewest = onlyNewest;
  }

  /** What a run of an import leaves: its dump, or the end of the dump before. */
  put(userId: string, importId: string, taskId: string, content: Spooled | undefined, at: number): void {
    const key = `${userId}/${importId}`;
    const before = this.#newest.get(key);
    if (before && this.#onlyNewest) before.content.release();
    else if (before) this.#older.push({ ...before, key });
    if (content) this.#newest.set(key, { taskId, content, lastUse: at });
    else this.#newest.delete(key);
  }

  /** The dump of this very task, retained for the caller; undefined when there is none or it is gone. */
  get(userId: string, importId: string, taskId: string, at: number): Spooled | undefined {
    const key = `${userId}/${importId}`;
    const newest = this.#newest.get(key);
    const dump =
      newest?.taskId === taskId ? newest : this.#older.find((each) => each.key === key && each.taskId === taskId);
    if (!dump || at - dump.lastUse >= this.#lifeMs) return undefined;
    dump.lastUse = at;
    return dump.content.retain();
  }

  /** Forgets everything, as when the model is unloaded. */
  clear(): void {
    for (const dump of [...this.#newest.values(), ...this.#older]) dump.content.release();
    this.#newest.clear();
    this.#older.length = 0;
  }
}
