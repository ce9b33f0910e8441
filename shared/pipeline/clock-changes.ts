import { cronWallTimes, offsetAt } from './schedule-times.ts';

/** A local time that does not exist, or comes twice, because clocks change: written as if it were UTC (epoch ms). */
export interface OddTime {
  kind: 'missing' | 'doubled';
  wall: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The local times of a cron expression between two instants (epoch ms) that clocks in `timezone` skip or show twice. */
export function* oddTimes(
  fields: readonly string[],
  { timezone, from, until }: { timezone: string; from: number; until: number },
): Generator<OddTime> {
  for (const { at, before, later } of clockChanges(timezone, from, until)) {
    // Forward, the times between are missing; back, they come again.
    const [first, last] = [at + Math.min(before, later), at + Math.max(before, later)];
    const kind = later > before ? 'missing' : 'doubled';
    for (const wall of cronWallTimes(fields, first, last)) yield { kind, wall };
  }
}

/** Each instant at which clocks in `timezone` are moved, and how far (ms) they are ahead of UTC before and after it. */
function* clockChanges(timezone: string, from: number, until: number) {
  for (let day = from; day < until; day += DAY_MS) {
    const [before, later] = [offsetAt(day, timezone), offsetAt(day + DAY_MS, timezone)];
    if (before === later) continue;
    let [low, high] = [day, day + DAY_MS];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle, timezone) === before) low = middle;
      else high = middle;
    }
    yield { at: high, before, later };
  }
}
