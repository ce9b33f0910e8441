import { type Clock, systemClock } from '../../shared/ports/clock.ts';

/**
 * The machine's clock, running `speed` times as fast: what waits seconds in a test waits milliseconds, and everything that
 * shares the clock still agrees about time.
 */
export function fastClock(speed: number): Clock {
  const startedAt = Date.now();
  return {
    now: () => startedAt + (Date.now() - startedAt) * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}
