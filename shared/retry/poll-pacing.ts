/** Never more than 20 min between two polls: a model left alone for 60 min is unloaded and forgets its tasks (anaplan-notes: Tasks forgotten). */
export const MAX_POLL_SECONDS = 1200;

const FIRST_POLL_SECONDS = 2;
/** The second poll falls here, counted from the start: within the first minute, to see early failures early. */
const SECOND_POLL_WINDOW = { from: 8, to: 16 };
const FIRST_MINUTE_SECONDS = 60;

/**
 * Seconds from `now` until the next poll of a task. Many tasks take two seconds and some take an hour, so the pace
 * follows the time already spent: the delay in noticing the end stays a small share of the task's own length, and an
 * hour's task costs about fifteen polls.
 *
 * - first poll: about 2 s after the start;
 * - second: within the first minute; at the usual end, if that lies there;
 * - then: when the action usually ends, while that is still ahead; else 30–60 % of the time elapsed;
 * - never sooner than `minSeconds` after the previous poll, never later than 20 min.
 *
 * `startedAt` and `now` are epoch milliseconds by one clock; `now` is the moment of the previous poll (or of the start).
 * `polls` counts the polls made. `pastDurationsSeconds` are the lengths of earlier tasks of this action, in any order.
 * `share` (at least 1) stretches the pace where that many tasks share one request budget.
 */
export function nextPollSeconds(of: {
  startedAt: number;
  now: number;
  polls: number;
  random: () => number;
  minSeconds: number;
  pastDurationsSeconds?: readonly number[];
  share?: number;
}): number {
  const elapsed = Math.max(0, (of.now - of.startedAt) / 1000);
  const jitter = of.random();
  if (of.polls <= 0) return Math.max(0, FIRST_POLL_SECONDS + 0.5 * jitter - elapsed);

  const share = Math.max(1, of.share ?? 1);
  const usual = usualSeconds(of.pastDurationsSeconds ?? []);
  const untilUsualEnd = usual === undefined ? undefined : usual * (1 + 0.1 * jitter) - elapsed;
  const proportional = elapsed * (0.3 + 0.3 * jitter);

  let wanted: number;
  if (of.polls === 1 && elapsed < FIRST_MINUTE_SECONDS - of.minSeconds) {
    const early = SECOND_POLL_WINDOW.from + (SECOND_POLL_WINDOW.to - SECOND_POLL_WINDOW.from) * jitter - elapsed;
    const endsInFirstMinute = usual !== undefined && usual < FIRST_MINUTE_SECONDS * 0.9 && usual > elapsed;
    wanted = endsInFirstMinute && untilUsualEnd !== undefined ? untilUsualEnd : early;
  } else {
    wanted = untilUsualEnd !== undefined && untilUsualEnd > 0 ? untilUsualEnd : proportional;
  }
  return Math.min(MAX_POLL_SECONDS, Math.max(of.minSeconds, wanted) * share);
}

/** Three quarters of the past tasks had ended by then. */
function usualSeconds(durations: readonly number[]): number | undefined {
  const sorted = durations.filter((seconds) => Number.isFinite(seconds) && seconds >= 0).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.75) - 1];
}
