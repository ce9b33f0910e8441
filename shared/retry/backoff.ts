/** How the waits of a retried request grow. Seconds. */
export interface BackoffPolicy {
  /** the widest first wait */
  baseSeconds: number;
  /** no wait of ours is wider; a `Retry-After` may be */
  capSeconds: number;
}

/** The cap is what one message can be delayed (SQS: 900 s). */
export const DEFAULT_BACKOFF = { baseSeconds: 1, capSeconds: 900 } as const satisfies BackoffPolicy;

/** What to wait after a 429 that names no time (anaplan-notes: Rate limit). */
export const RATE_LIMIT_SECONDS = 10;

/**
 * Seconds to wait before the next attempt: exponential with full jitter, so that many runs that failed together do not
 * come back together.
 *
 * `attempt` is the number of the attempt that has just failed, from 1. `retryAfterSeconds` is a floor that is never
 * shortened and that the cap does not touch; the jitter comes on top of it. `rateLimited` says that the failure was a 429,
 * which has a floor of {@link RATE_LIMIT_SECONDS} even without a `Retry-After`. `random` gives numbers in [0, 1).
 *
 * Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function backoffSeconds(of: {
  attempt: number;
  random: () => number;
  retryAfterSeconds?: number | undefined;
  rateLimited?: boolean;
  policy?: BackoffPolicy;
}): number {
  const { baseSeconds, capSeconds } = of.policy ?? DEFAULT_BACKOFF;
  const doublings = Math.min(Math.max(of.attempt, 1) - 1, 60);
  const widest = Math.min(capSeconds, baseSeconds * 2 ** doublings);
  const floor = Math.max(of.retryAfterSeconds ?? 0, of.rateLimited ? RATE_LIMIT_SECONDS : 0);
  if (floor <= 0) return of.random() * widest;
  // Past a floor the jitter only has to spread the returning calls; it need not outgrow the floor itself.
  return floor + of.random() * Math.min(widest, Math.max(baseSeconds, floor));
}

const MODEL_WAIT_SECONDS = { first: 15, cap: 300 };

/**
 * Seconds until the next look at a model that is busy, locked, offline or opening: 15 s, growing to 5 min. `looks` is how
 * many looks have already found it closed to us, from 0 for the first wait.
 */
export function modelWaitSeconds({ looks, random }: { looks: number; random: () => number }): number {
  const grown = MODEL_WAIT_SECONDS.first * 2 ** Math.min(Math.max(looks, 0), 30);
  return Math.min(MODEL_WAIT_SECONDS.cap, grown * (1 + 0.2 * random()));
}
