/** Time as the budget needs it; any `Clock` fits. */
interface BudgetClock {
  /** epoch milliseconds */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Permission to send requests, shared by all calls of a process. */
export interface RequestBudget {
  /** Resolves when one request may be sent; callers are served in the order they came. */
  take(): Promise<void>;
}

/** What one Anaplan tenant allows all its users together (anaplan-notes: Rate limit). */
export const DEFAULT_REQUESTS_PER_MINUTE = 600;

/**
 * A token bucket: `requestsPerMinute` tokens when full, refilled continuously at that rate.
 *
 * The bucket may go below zero: a caller who finds it empty takes its token at once and sleeps until the token would have
 * been there. Later callers find a deeper debt and sleep longer, which is what makes the order first come, first served.
 * A clock that jumps back refills nothing.
 */
export function requestBudget(of: {
  clock: BudgetClock;
  requestsPerMinute?: number;
  capacity?: number;
}): RequestBudget {
  const perMinute = of.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE;
  if (!(perMinute > 0)) throw new RangeError(`requestsPerMinute must be above 0, not ${perMinute}`);
  const perMs = perMinute / 60_000;
  const capacity = Math.max(1, of.capacity ?? perMinute);
  let tokens = capacity;
  let filledAt = of.clock.now();

  return {
    async take() {
      const now = of.clock.now();
      tokens = Math.min(capacity, tokens + Math.max(0, now - filledAt) * perMs);
      filledAt = now;
      tokens -= 1;
      if (tokens < 0) await of.clock.sleep(Math.ceil(-tokens / perMs));
    },
  };
}
