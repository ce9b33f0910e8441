import type { ExpectBy } from './expect-by-schema.ts';
import { nextFiring, type ScheduleExpression } from './schedule-times.ts';

const DAY_MS = 86_400_000;
/** Days of the week come round in one of these; the last is for a local time that a change of clocks leaves out. */
const LOOK_BACK_DAYS = [2, 8, 15];

/** When a file is expected, as a schedule. */
export function expectationSchedule({ at, days, timezone }: ExpectBy): ScheduleExpression {
  const [hours, minutes] = at.split(':').map(Number);
  return { expression: `cron(${minutes} ${hours} ? * ${days} *)`, timezone };
}

/** The expectation before the one at `scheduledAt` (both epoch ms): what has come since then is what this one waits for. */
export function expectationBefore(expectBy: ExpectBy, scheduledAt: number): number {
  const schedule = expectationSchedule(expectBy);
  for (const days of LOOK_BACK_DAYS) {
    const from = scheduledAt - days * DAY_MS;
    let last: number | undefined;
    for (let at = nextFiring(schedule, from, from); at !== undefined && at < scheduledAt; ) {
      last = at;
      at = nextFiring(schedule, at, from);
    }
    if (last !== undefined) return last;
  }
  return scheduledAt - DAY_MS;
}
