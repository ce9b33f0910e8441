/** Time as the simulator sees it. Everything but the HTTP edge only asks `now()`; only the edge sleeps. */
export interface SimulatorClock {
  /** epoch milliseconds */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A clock that stands still until it is turned. */
export interface TurnableClock extends SimulatorClock {
  /** Moves time forward by `ms` and wakes who slept until then, in order of their time. */
  advance(ms: number): Promise<void>;
  /** When the next sleeper wakes, epoch milliseconds; undefined when nobody sleeps. */
  nextWake(): number | undefined;
}

export const realClock: SimulatorClock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      signal?.addEventListener('abort', done);
    }),
};

/** A clock for tests. @param start epoch milliseconds it shows first */
export function turnableClock(start = Date.UTC(2026, 0, 5, 6)): TurnableClock {
  let now = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  const nextWake = () => sleepers.reduce<number | undefined>((min, s) => Math.min(min ?? s.until, s.until), undefined);
  return {
    now: () => now,
    nextWake,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve();
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((each) => each !== sleeper);
          resolve();
        });
      }),
    async advance(ms) {
      const target = now + ms;
      for (let due = nextWake(); due !== undefined && due <= target; due = nextWake()) {
        now = Math.max(now, due);
        const woken = sleepers.filter((each) => each.until <= now);
        sleepers = sleepers.filter((each) => each.until > now);
        for (const each of woken) each.wake();
        // lets whoever woke go to sleep again before time moves on
        await new Promise(setImmediate);
      }
      now = target;
    },
  };
}
