const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface Period {
  /** as Anaplan shows it: `Jan 26` */
  name: string;
  /** `2026-01` */
  month: string;
}

/** The months of a model. */
export class Calendar {
  readonly periods: readonly Period[];
  readonly #byMonth = new Map<string, Period>();

  /** @param start first month, `2026-01` */
  constructor(start: string, months: number) {
    const [year = 2026, month = 1] = start.split('-').map(Number);
    this.periods = Array.from({ length: months }, (_, i) => {
      const index = month - 1 + i;
      const at = { year: year + Math.floor(index / 12), month: index % 12 };
      return {
        name: `${MONTHS[at.month]} ${String(at.year % 100).padStart(2, '0')}`,
        month: `${at.year}-${String(at.month + 1).padStart(2, '0')}`,
      };
    });
    for (const period of this.periods) this.#byMonth.set(period.month, period);
  }

  /** Reads `Jan 26`, `Jan 2026`, `2026-01` or a day of the month. `unknown`: not a period at all; `outside`: not in this calendar. */
  find(text: string): Period | 'unknown' | 'outside' {
    const month = monthOf(text.trim());
    if (month === undefined) return 'unknown';
    return this.#byMonth.get(month) ?? 'outside';
  }
}

function monthOf(text: string): string | undefined {
  const named = /^([A-Za-z]{3})[ -](\d{2}|\d{4})$/.exec(text);
  if (named?.[1] && named[2]) {
    const index = MONTHS.findIndex((each) => each.toLowerCase() === named[1]?.toLowerCase());
    const year = named[2].length === 2 ? `20${named[2]}` : named[2];
    return index < 0 ? undefined : `${year}-${String(index + 1).padStart(2, '0')}`;
  }
  const iso = /^(\d{4}-(?:0[1-9]|1[0-2]))(?:-(?:0[1-9]|[12]\d|3[01]))?$/.exec(text);
  return iso?.[1];
}
