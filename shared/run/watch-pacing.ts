/** How often a timer calls the watch, on AWS and on one machine. */
export const WATCH_EVERY_SECONDS = 300;
/** The first tickets of a lane are read in every look. */
const FIRST = 20;
/** Each of the others is read in one look of so many: within an hour. */
const PARTS = 12;

/**
 * Whether the run of a ticket behind the first that waits is read in this look. A lane may hold thousands of waiting runs for days,
 * and there is nearly never anything to do for them; what there is (an ended run with a list not done, a request to a run
 * that was not woken, a dead ticket) can wait for an hour.
 * @param index the place of the ticket in its lane
 */
export function isDueToRead({ index, runId }: { index: number; runId: string }, now: number): boolean {
  if (index < FIRST) return true;
  const look = Math.floor(now / (WATCH_EVERY_SECONDS * 1000));
  // The last digits of a run's hash, before a redrive's suffix, fall evenly.
  const digits = /^\d{8}-[0-9a-f]*([0-9a-f]{4})/.exec(runId)?.[1] ?? '0';
  return Number.parseInt(digits, 16) % PARTS === look % PARTS;
}
