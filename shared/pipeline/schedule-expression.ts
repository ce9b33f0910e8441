import { cronFields, nextFiring } from './schedule-times.ts';

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

/**
 * What is wrong with a schedule, in words that complete "… must be"; undefined when nothing is.
 * The expressions are EventBridge Scheduler's `cron(…)`, with six fields, one of the two days being `?`; `rate(…)`; and `at(…)`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function scheduleMistake(expression: string): string | undefined {
  const [, kind] = /^(cron|rate|at)\(.*\)$/.exec(expression.trim()) ?? [];
  switch (kind) {
    case 'cron':
      return cronMistake(expression);
    case 'rate':
      return /^rate\((?:1 (?:minute|hour|day)|(?!0|1 )\d{1,6} (?:minutes|hours|days))\)$/.test(expression.trim())
        ? undefined
        : 'a rate such as "rate(5 minutes)", "rate(1 hour)" or "rate(7 days)"';
    case 'at':
      return atMistake(expression.trim());
    default:
      return 'a schedule, such as "cron(0 6 ? * MON-FRI *)", "rate(1 hour)" or "at(2026-12-31T18:00:00)"';
  }
}

function atMistake(expression: string): string | undefined {
  const form = 'one time such as "at(2026-12-31T18:00:00)"';
  const [, time = ''] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression) ?? [];
  const instant = Date.parse(`${time}Z`);
  // The calendar has a 31 February for Date.parse; written back it is another day.
  return Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(time) ? form : undefined;
}

function cronMistake(expression: string): string | undefined {
  const fields = cronFields(expression) ?? [];
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
  const everFires = nextFiring({ expression, timezone: 'UTC' }, 0, 0) !== undefined;
  return everFires ? undefined : 'a schedule that some day of the calendar fits (this one never fires)';
}

/** What is wrong with a day-of-week field that stands alone, in words that complete "… must be"; undefined when nothing is. */
export function weekdaysMistake(days: string): string | undefined {
  const field = FIELDS[4];
  if (field !== undefined && days.split(',').every((item) => isItem(item, field))) return undefined;
  return 'days of the week, such as MON-FRI or MON,WED';
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

/**
 * Names that ICU, and so Node, still takes from early Java, and the IANA database does not have. Few mean what a person means by them:
 * BST is Bangladesh, not British summer time. https://docs.oracle.com/javase/8/docs/api/java/time/ZoneId.html#SHORT_IDS
 */
const NAMES_OF_ICU: ReadonlySet<string> = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(' '),
);

/** What is wrong with a time zone, in words that complete "… must be"; undefined when nothing is. IANA names only, spelt exactly. */
export function timezoneMistake(name: string): string | undefined {
  const known = 'a time zone of the IANA database, such as Europe/London or UTC';
  if (/^[+-]/.test(name) || NAMES_OF_ICU.has(name.toUpperCase())) return known;
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    const misspelt = resolved !== name && resolved.toLowerCase() === name.toLowerCase();
    return misspelt ? `spelt ${resolved}` : undefined;
  } catch {
    return known;
  }
}
