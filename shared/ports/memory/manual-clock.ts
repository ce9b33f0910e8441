import type { Clock } from '../clock.ts';

interface Sleeper {
  due: number;
  wake(): void;
}

/** A clock that stands still until somebody turns it. Sleepers wake in the order they are due. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start epoch milliseconds */
  constructor(start = Date.UTC(2026, 0, 5, 6)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (ms <= 0 || signal?.aborted) return resolve();
      const sleeper: Sleeper = {
        due: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      signal?.addEventListener('abort', sleeper.wake);
      this.#sleepers.add(sleeper);
    });
  }

  /** When the next sleeper is due (epoch ms); `undefined` while nobody sleeps. */
  get nextDue(): number | undefined {
    let next: number | undefined;
    for (const { due } of this.#sleepers) if (next === undefined || due < next) next = due;
    return next;
  }

  /** Turns the clock by `ms`; each sleeper on the way wakes at its own time and gets its turn before the clock moves on. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await turnOfTheEventLoop();
    for (let due = this.nextDue; due !== undefined && due <= until; due = this.nextDue) {
      this.#now = Math.max(this.#now, due);
      for (const sleeper of [...this.#sleepers]) if (sleeper.due <= this.#now) sleeper.wake();
      await turnOfTheEventLoop();
    }
    this.#now = until;
  }
}

function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
