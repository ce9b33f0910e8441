import type { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import type { Run } from '../../shared/run/run.ts';

/** The ledger as it stands, read past all faults; each version of an entry is read once. */
export class LedgerView {
  readonly #state: MemoryStore;
  readonly #read = new Map<string, { versionId: string; run: Run }>();

  constructor(state: MemoryStore) {
    this.#state = state;
  }

  /** In the order of their keys. */
  runs(): Run[] {
    return this.#state.keys('runs/').map((key) => this.#runAt(key));
  }

  #runAt(key: string): Run {
    const versionId = this.#state.versionId(key) ?? '';
    const known = this.#read.get(key);
    if (known?.versionId === versionId) return known.run;
    // The code under test checks an entry whenever it reads one.
    const run = JSON.parse(this.#state.text(key) ?? '') as Run;
    this.#read.set(key, { versionId, run });
    return run;
  }
}
