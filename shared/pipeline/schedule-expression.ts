const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** One field of a cron expression: its bounds, the names it knows, and what else it may hold. */
interface Field {
  name: string;
  from: number;
  to: number;
  names: readonly string[];
  special?: RegExp;
}

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of month', from: 1, to: 31, names: [], special: /^(?:\?|L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  {
    name: 'day of week',
    from: 1,
    to: 7,
    names: DAYS,
    special: /^(?:\?|L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(?:L|#[1-5]))$/,
  },
  { name: 'year', from: 1970, to: 2199, names: [] },
];

/** The six fields of `cron(minutes hours day-of-month month day-of-week year)`; undefined when it is not a cron expression. */
export function cronFields(expression: string): string[] | undefined {
  const inner = /^cron\((.*)\)$/.exec(expression.trim())?.[1];
  return inner?.trim().split(/\s+/);
}

/**
 * What is wrong with a schedule, in words that complete "… must be"; undefined when nothing is.
 * The expressions are EventBridge Scheduler's `cron(…)`, with six fields, one of the two days being `?`.
 */
export function scheduleMistake(expression: string): string | undefined {
  const fields = cronFields(expression);
  if (fields === undefined) return 'a schedule, such as "cron(0 6 ? * MON-FRI *)"';
  if (fields.length !== FIELDS.length) {
    return `a schedule of six fields (${FIELDS.map(({ name }) => name).join(', ')})`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const text = fields[index] ?? '';
    if (!field.special?.test(text) && !text.split(',').every((item) => isItem(item, field))) {
      const range =
        field.names.length > 0
          ? `${field.from}-${field.to} or ${field.names[0]}-${field.names.at(-1)}`
          : `${field.from}-${field.to}`;
      return `a schedule whose ${field.name} is within ${range} ("${text}" is not)`;
    }
  }
  if ((fields[2] === '?') === (fields[4] === '?')) {
    return 'a schedule with "?" in exactly one of day of month and day of week';
  }
  if (!hasFiringDay(fields)) return 'a schedule that some day of the calendar fits (this one never fires)';
  return undefined;
}

/** Whether any day of the calendar fits: the 30th of February is none. Every day has each hour and minute. */
function hasFiringDay(fields: readonly string[]): boolean {
  const [day = '?', month = '*', weekday = '?', year = '*'] = fields.slice(2);
  const months = valuesOf(month, 3);
  return valuesOf(year, 5).some((y) => months.some((m) => hasDay(day, weekday, { year: y, month: m })));
}

function hasDay(day: string, weekday: string, { year, month }: { year: number; month: number }): boolean {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const [, named = '', fifth] = /^(\w+)#(5)$/.exec(weekday) ?? [];
  if (fifth !== undefined) {
    // Only the days 29 and later are the fifth of their kind.
    const lastDays = Array.from({ length: days - 28 }, (_, i) =>
      new Date(Date.UTC(year, month - 1, 29 + i)).getUTCDay(),
    );
    return lastDays.some((each) => valuesOf(named, 4).includes(each + 1));
  }
  const near = /^(\d+)W$/.exec(day)?.[1];
  if (near !== undefined) return Number(near) <= days;
  return day === '?' || day.startsWith('L') || valuesOf(day, 2).some((each) => each <= days);
}

/** The values that a field of a valid expression stands for. */
function valuesOf(text: string, index: number): number[] {
  const field = FIELDS[index];
  if (field === undefined) return [];
  return text.split(',').flatMap((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [first, last] = range === '*' ? [field.from, field.to] : range.split('-').map((end) => valueIn(end, field));
    if (first === undefined) return [];
    const to = last ?? (item.includes('/') ? field.to : first);
    return Array.from({ length: Math.floor((to - first) / Number(step)) + 1 }, (_, i) => first + i * Number(step));
  });
}

/** `*`, a value, a range of values, each with an optional `/step`. */
function isItem(item: string, field: Field): boolean {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => valueIn(end, field));
  const [first, last = first] = ends;
  return ends.length <= 2 && first !== undefined && last !== undefined && first <= last;
}

function valueIn(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + field.from : /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= field.from && value <= field.to ? value : undefined;
}

/** What is wrong with a time zone, in words that complete "… must be"; undefined when nothing is. IANA names only, spelt exactly. */
export function timezoneMistake(name: string): string | undefined {
  const known = 'a time zone of the IANA database, such as Europe/London or UTC';
  if (/^[+-]/.test(name)) return known;
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    const misspelt = resolved !== name && resolved.toLowerCase() === name.toLowerCase();
    return misspelt ? `spelt ${resolved}` : undefined;
  } catch {
    return known;
  }
}
