import type { Calendar } from './calendar.ts';
import { readBoolean, readDate, readNumber } from './formats.ts';
import type { List } from './list.ts';

export type CellValue = number | string | boolean;
export type LineItemFormat = 'number' | 'text' | 'boolean' | 'date' | { list: List };

export interface LineItem {
  id: string;
  name: string;
  format: LineItemFormat;
  calculated: boolean;
}

export type Dimension =
  | { kind: 'list'; name: string; list: List }
  | { kind: 'time'; name: string; calendar: Calendar }
  | { kind: 'versions'; name: string; versions: readonly string[] };

/** What a text names in a dimension: its coordinate, or why there is none. */
export type Located = { ok: true; at: string; label: string } | { ok: false; why: 'item' | 'period' | 'timescale' };

/** Finds a member of a dimension by code or name, a period by name, month or day. */
export function locate(dimension: Dimension, text: string): Located {
  switch (dimension.kind) {
    case 'list': {
      const item = dimension.list.find(text);
      return item ? { ok: true, at: String(item.ordinal), label: item.name } : { ok: false, why: 'item' };
    }
    case 'time': {
      const period = dimension.calendar.find(text);
      if (period === 'unknown') return { ok: false, why: 'timescale' };
      if (period === 'outside') return { ok: false, why: 'period' };
      return { ok: true, at: period.month, label: period.name };
    }
    case 'versions': {
      const version = dimension.versions.find((each) => each.toLowerCase() === text.trim().toLowerCase());
      return version ? { ok: true, at: version, label: version } : { ok: false, why: 'item' };
    }
  }
}

export interface CellFormats {
  dateFormat: string;
  decimalSeparator: '.' | ',';
}

/** The message code for a text that is not of the line item's format. */
export type FormatProblem =
  | 'moduleImportNumberFormat'
  | 'moduleImportDateFormat'
  | 'moduleImportBooleanFormat'
  | 'moduleImportInvalidListIdentifier';

/** Reads a text as a line item's value. */
export function readCell(
  item: LineItem,
  text: string,
  formats: CellFormats,
): { ok: true; value: CellValue } | { ok: false; problem: FormatProblem } {
  switch (item.format) {
    case 'text':
      return { ok: true, value: text };
    case 'number': {
      const number = readNumber(text, formats.decimalSeparator);
      return number.ok ? number : { ok: false, problem: 'moduleImportNumberFormat' };
    }
    case 'date': {
      const date = readDate(text, formats.dateFormat);
      return date.ok ? date : { ok: false, problem: 'moduleImportDateFormat' };
    }
    case 'boolean': {
      const flag = readBoolean(text);
      return flag.ok ? flag : { ok: false, problem: 'moduleImportBooleanFormat' };
    }
    default: {
      const member = item.format.list.find(text);
      return member ? { ok: true, value: member.name } : { ok: false, problem: 'moduleImportInvalidListIdentifier' };
    }
  }
}

/** The place of a cell. @param coordinates one `at` of `locate` per dimension of the module, in order */
export function cellKey(coordinates: readonly string[]): string {
  return coordinates.join('|');
}

/** A module: its dimensions, its line items, and the cells that have a value. */
export class Module {
  readonly id: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly lineItems: readonly LineItem[];
  readonly #cells = new Map<LineItem, Map<string, CellValue>>();

  constructor(head: { id: string; name: string }, dimensions: readonly Dimension[], lineItems: readonly LineItem[]) {
    this.id = head.id;
    this.name = head.name;
    this.dimensions = dimensions;
    this.lineItems = lineItems;
    for (const item of lineItems) this.#cells.set(item, new Map());
  }

  lineItem(name: string): LineItem | undefined {
    return this.lineItems.find((each) => each.name.toLowerCase() === name.trim().toLowerCase());
  }

  dimension(name: string): Dimension | undefined {
    return this.dimensions.find((each) => each.name.toLowerCase() === name.trim().toLowerCase());
  }

  /** @param key the cell's place, as `cellKey` makes it */
  get(item: LineItem, key: string): CellValue | undefined {
    return this.#cells.get(item)?.get(key);
  }

  /** An empty value clears the cell. */
  set(item: LineItem, key: string, value: CellValue | undefined): void {
    const cells = this.#cells.get(item);
    if (value === undefined || value === '') cells?.delete(key);
    else cells?.set(key, value);
  }

  get cellCount(): number {
    return [...this.#cells.values()].reduce((sum, cells) => sum + cells.size, 0);
  }

  /** All combinations of the dimensions' members, as keys and as labels. */
  *places(): Generator<{ key: string; labels: string[] }> {
    const members = this.dimensions.map((dimension) => {
      if (dimension.kind === 'list') return dimension.list.items.map((i) => ({ at: String(i.ordinal), label: i.name }));
      if (dimension.kind === 'time') return dimension.calendar.periods.map((p) => ({ at: p.month, label: p.name }));
      return dimension.versions.map((version) => ({ at: version, label: version }));
    });
    const walk = function* (
      depth: number,
      at: string[],
      labels: string[],
    ): Generator<{ key: string; labels: string[] }> {
      const level = members[depth];
      if (!level) {
        yield { key: cellKey(at), labels };
        return;
      }
      for (const member of level) yield* walk(depth + 1, [...at, member.at], [...labels, member.label]);
    };
    yield* walk(0, [], []);
  }

  /** Forgets the cells of a deleted member. */
  forget(list: List, ordinal: number): void {
    const index = this.dimensions.findIndex((each) => each.kind === 'list' && each.list === list);
    if (index < 0) return;
    for (const cells of this.#cells.values()) {
      for (const key of cells.keys()) if (key.split('|')[index] === String(ordinal)) cells.delete(key);
    }
  }
}
