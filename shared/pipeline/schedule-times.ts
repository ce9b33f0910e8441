import { Cron } from 'croner';

export interface ScheduleExpression {
  /** EventBridge Scheduler's `cron(…)`, `rate(…)` or `at(…)` */
  expression: string;
  /** IANA name */
  timezone: string;
}

/** The six fields of `cron(minutes hours day-of-month month day-of-week year)`; undefined when it is not a cron expression. */
export function cronFields(expression: string): string[] | undefined {
  const inner = /^cron\((.*)\)$/.exec(expression.trim())?.[1];
  return inner?.trim().split(/\s+/);
}

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };

/**
 * When a schedule fires next after `after` (epoch ms), as EventBridge Scheduler does: local times that do not exist are skipped, those
 * that come twice fire once; a rate counts real time from `anchor`, when the schedule was first seen, firing at once.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 *
 * @returns epoch ms; `undefined` when it never fires again
 * @throws RangeError for an expression that is none of the three
 */
export function nextFiring(schedule: ScheduleExpression, after: number, anchor: number): number | undefined {
  const { expression, timezone } = schedule;
  const fields = cronFields(expression);
  if (fields !== undefined) return nextOfCron(fields, timezone, after);

  const period = periodOf(expression);
  if (period > 0) return anchor > after ? anchor : anchor + (Math.floor((after - anchor) / period) + 1) * period;

  const [, at] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression.trim()) ?? [];
  if (at === undefined) throw new RangeError(`${expression} is no schedule`);
  const once = instantOf(Date.parse(`${at}Z`), timezone);
  return once !== undefined && once > after ? once : undefined;
}

/**
 * The anchor of a schedule for a clock that is before it: for a rate the latest time of its rhythm, so that it keeps that; else `now`.
 * @param anchor epoch ms, after `now`
 */
export function earlierAnchor({ expression }: ScheduleExpression, anchor: number, now: number): number {
  const period = periodOf(expression);
  return period > 0 ? anchor - Math.ceil((anchor - now) / period) * period : now;
}

/** ms; 0 for what is no rate */
function periodOf(expression: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression.trim()) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? 0);
}

function nextOfCron(fields: readonly string[], timezone: string, after: number): number | undefined {
  const cron = wallClock(fields);
  for (let wall = cron.nextRun(new Date(wallTimeOf(after, timezone))); wall !== null; wall = cron.nextRun(wall)) {
    const instant = instantOf(wall.getTime(), timezone);
    if (instant !== undefined && instant > after) return instant;
  }
  return undefined;
}

/** The pattern is walked as wall-clock time, so that what happens when clocks change is decided here and not by croner. */
function wallClock(fields: readonly string[]): Cron {
  return new Cron(cronerPattern(fields), { timezone: 'UTC', mode: '7-part', alternativeWeekdays: true, paused: true });
}

/** The local times that a cron expression names from `from` up to `until`, all three written as if they were UTC (epoch ms). */
export function* cronWallTimes(fields: readonly string[], from: number, until: number): Generator<number> {
  const cron = wallClock(fields);
  for (let wall = cron.nextRun(new Date(from - 1)); wall !== null; wall = cron.nextRun(wall)) {
    if (wall.getTime() >= until) return;
    yield wall.getTime();
  }
}

/** Of each field of EventBridge's cron: its first and last value, and the names that stand for its values. */
const FIELDS: readonly { from: number; to: number; names?: readonly string[] }[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  {
    from: 1,
    to: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  { from: 1, to: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
  { from: 1970, to: 2199 },
];

/**
 * The six fields of EventBridge in croner's seven: seconds first, `*` for `?`, steps written out (croner refuses a step that leaves the
 * field). Sunday is 1 in both (croner's `alternativeWeekdays`); `L` alone as a day of the week is Saturday.
 */
export function cronerPattern(fields: readonly string[]): string {
  const translated = FIELDS.map((_, index) => {
    const field = fields[index]?.toUpperCase() ?? '*';
    if (field === '?') return '*';
    if (index === 4 && field === 'L') return '7';
    return field
      .split(',')
      .map((item) => withoutStep(item, index))
      .join(',');
  });
  return ['0', ...translated].join(' ');
}

function withoutStep(item: string, index: number): string {
  const [range = '', step] = item.split('/');
  const field = FIELDS[index];
  if (step === undefined || field === undefined) return item;
  const [first = '*', last] = range.split('-').map((end) => String((field.names?.indexOf(end) ?? -1) + 1 || end));
  const from = first === '*' ? field.from : Number(first);
  const to = last === undefined ? field.to : Number(last);
  const values: number[] = [];
  for (let value = from; value <= to; value += Number(step)) values.push(value);
  return values.join(',');
}

/** The instant at which clocks in `timezone` show `wall` (wall-clock time written as if it were UTC); the earlier of two. */
export function instantOf(wall: number, timezone: string): number | undefined {
  // The offsets of the day before and the day after are the only two candidates.
  const candidates = [wall - DAY_MS, wall + DAY_MS]
    .map((near) => wall - offsetAt(near, timezone))
    .filter((instant) => wallTimeOf(instant, timezone) === wall);
  return candidates.length === 0 ? undefined : Math.min(...candidates);
}

function wallTimeOf(instant: number, timezone: string): number {
  return instant + offsetAt(instant, timezone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far clocks in `timezone` are ahead of UTC (ms). */
export function offsetAt(instant: number, timezone: string): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
    formats.set(timezone, format);
  }
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
  const ms = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}
