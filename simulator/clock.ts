/** Time as the simulator sees it. Everything but the HTTP edge only asks `now()`; only the edge sleeps. */
export interface SimulatorClock {
  /** epoch milliseconds */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** true when it goes by itself: then a poll does not wait for the work of a big import, as it must where time stands still */
  readonly runs?: boolean;
}

/** A clock that can be turned forward. */
export interface TurnableClock extends SimulatorClock {
  /** Moves time forward by `ms` and wakes who slept until then, in the order of their times. */
  advance(ms: number): Promise<void>;
  /** When the next sleeper wakes, epoch milliseconds; undefined when nobody sleeps. */
  nextWake(): number | undefined;
}

export function isTurnable(clock: SimulatorClock): clock is TurnableClock {
  return 'advance' in clock;
}

interface Sleeper {
  until: number;
  wake: () => void;
}

/** A clock that stands still until it is turned. @param start epoch milliseconds it shows first */
export function turnableClock(start = Date.UTC(2026, 0, 5, 6)): TurnableClock {
  let now = start;
  return turnable({ now: () => now, moveTo: (at) => (now = Math.max(now, at)), runs: false });
}

/** The machine's clock, which can be turned forward, too: what a simulator uses that is given no other. */
export function runningClock(): TurnableClock {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  return turnable({ now, moveTo: (at) => (ahead += Math.max(0, at - now())), runs: true });
}

function turnable(time: { now: () => number; moveTo: (at: number) => void; runs: boolean }): TurnableClock {
  let sleepers: Sleeper[] = [];
  const nextWake = () => sleepers.reduce<number | undefined>((min, s) => Math.min(min ?? s.until, s.until), undefined);
  const wakeDue = () => {
    const due = sleepers.filter((each) => each.until <= time.now());
    sleepers = sleepers.filter((each) => each.until > time.now());
    for (const each of due) each.wake();
  };
  return {
    runs: time.runs,
    now: time.now,
    nextWake,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve();
        const timer = time.runs ? setTimeout(() => wake(), Math.min(ms, 2 ** 31 - 1)) : undefined;
        const sleeper = { until: time.now() + ms, wake: () => wake() };
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          sleepers = sleepers.filter((each) => each !== sleeper);
          resolve();
        };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', wake);
      }),
    async advance(ms) {
      const target = time.now() + ms;
      for (let due = nextWake(); due !== undefined && due <= target; due = nextWake()) {
        time.moveTo(due);
        wakeDue();
        // lets whoever woke go to sleep again before time moves on
        await new Promise(setImmediate);
      }
      time.moveTo(target);
    },
  };
}
