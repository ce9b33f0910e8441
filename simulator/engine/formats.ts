/** A value read, or the reason it cannot be. */
export type Read<T> = { ok: true; value: T } | { ok: false };

const bad = { ok: false } as const;

/** digits and a minus: no separator to think about */
const PLAIN = /^-?\d{1,15}$/;

/** `1234.5`, `1,234.50`, `(12)`, `-3`, `1e6`; with `,` as decimal separator the point groups thousands. */
export function readNumber(text: string, decimalSeparator: '.' | ','): Read<number> {
  if (PLAIN.test(text)) return { ok: true, value: Number(text) };
  let plain = text.trim();
  const negative = /^\((.*)\)$/.exec(plain);
  if (negative?.[1] !== undefined) plain = `-${negative[1]}`;
  if (decimalSeparator === ',') plain = plain.replaceAll('.', '').replace(',', '.');
  else plain = plain.replace(/(?<=\d),(?=\d{3}(\D|$))/g, '');
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(plain) ? { ok: true, value: Number(plain) } : bad;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const PARTS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<year>\\d{2})',
  MMM: '(?<name>[A-Za-z]{3})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
};
const patterns = new Map<string, RegExp>();

function patternOf(format: string): RegExp {
  let pattern = patterns.get(format);
  if (!pattern) {
    const source = format.replace(/YYYY|YY|MMM|MM|M|DD|D|[.+*?^${}()|[\]\\/-]/g, (part) => PARTS[part] ?? `\\${part}`);
    pattern = new RegExp(`^${source}$`);
    patterns.set(format, pattern);
  }
  return pattern;
}

/** Reads a date in a format such as `DD/MM/YYYY`; the value is `YYYY-MM-DD`. */
export function readDate(text: string, format: string): Read<string> {
  const parts = patternOf(format).exec(text.trim())?.groups;
  if (!parts) return bad;
  const year = Number(parts.year?.length === 2 ? `20${parts.year}` : parts.year);
  const month = parts.name ? MONTHS.indexOf(parts.name.toUpperCase()) + 1 : Number(parts.month);
  const day = Number(parts.day ?? 1);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return bad;
  return { ok: true, value: date.toISOString().slice(0, 10) };
}

export function readBoolean(text: string): Read<boolean> {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', '1', 'y'].includes(word)) return { ok: true, value: true };
  if (['false', 'no', '0', 'n'].includes(word)) return { ok: true, value: false };
  return bad;
}
