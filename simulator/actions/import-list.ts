import { DumpWriter } from '../engine/dump-writer.ts';
import { readBoolean, readDate, readNumber } from '../engine/formats.ts';
import type { Item, List, PropertyFormat } from '../engine/list.ts';
import type { Detail } from '../engine/messages.ts';
import { messageText } from '../engine/messages.ts';
import type { CellFormats } from '../engine/module.ts';
import { couldNotRun, type Outcome } from '../engine/outcome.ts';
import type { Row } from '../engine/read-rows.ts';
import { Reasons, type RowProblem } from '../engine/reasons.ts';
import type { Source } from '../engine/source.ts';
import type { Spool } from '../engine/spool.ts';

/** Which header gives what of a member. */
export interface ListMapping {
  name?: string;
  code?: string;
  parent?: string;
  properties: readonly { property: string; header: string }[];
}

/** Longest name or code that Anaplan takes. */
const LONGEST = 60;

/** A row that passed its checks, held back until the whole file is read, because one bad pair of rows fails the whole import. */
interface Staged {
  name: string;
  code: string;
  parent: Item | undefined;
  properties: Map<string, string>;
  warned: boolean;
}

/**
 * Creates and updates the members of a list. A row is found again by its code, without one by its name. A bad name, code or
 * key rejects the row; a bad parent or property value is a warning, and the rest of the row is loaded (anaplan-notes: Dumps).
 */
export async function importIntoList(
  list: List,
  mapping: ListMapping,
  source: Source,
  formats: CellFormats,
  spool: Spool,
): Promise<Outcome> {
  if (source.missing.length > 0) {
    return couldNotRun({ type: 'missingFields', values: { fields: source.missing.join(', ') } });
  }
  if (!mapping.name && !mapping.code) return couldNotRun({ type: 'hierarchyImportNameAndCodeUnmapped', values: {} });
  const load = new ListLoad(list, mapping, source, formats);
  const dump = new DumpWriter(spool, source.headers);
  for await (const batch of source.rows) {
    for (const row of batch) {
      const rejected = load.take(row);
      if (rejected) dump.add({ status: rejected.status, fields: row.fields, line: row.line, errors: rejected.errors });
    }
    await dump.settle();
  }
  const written = await dump.finish();
  if (load.ambiguousCode) {
    written?.release();
    return couldNotRun({ type: 'hierarchyImportUniqueness', values: { hierarchyName: list.name } });
  }
  const counts = load.apply();
  return {
    successful: counts.failedCount === 0,
    ran: true,
    details: [load.summary(counts), ...load.reasons],
    ignored: counts.ignoredCount > 0 || counts.totalRowCount === 0,
    ...(written ? { dump: written } : {}),
  };
}

type ListCounts = Record<
  | 'successRowCount'
  | 'successCreateCount'
  | 'successUpdateCount'
  | 'warningsRowCount'
  | 'warningsCreateCount'
  | 'warningsUpdateCount'
  | 'failedCount'
  | 'ignoredCount'
  | 'totalRowCount'
  | 'totalCreateCount'
  | 'totalUpdateCount'
  | 'invalidCount'
  | 'updatedCount'
  | 'renamedCount'
  | 'createdCount',
  number
>;

class ListLoad {
  ambiguousCode = false;
  readonly #list: List;
  readonly #mapping: ListMapping;
  readonly #columns: ReadonlyMap<string, number>;
  readonly #formats: CellFormats;
  readonly #reasons = new Reasons();
  readonly #staged = new Map<string, Staged>();
  /** code by name of the staged rows, both in lower case */
  readonly #codes = new Map<string, string>();
  #rows = 0;
  #failed = 0;
  #ignored = 0;

  constructor(list: List, mapping: ListMapping, source: Source, formats: CellFormats) {
    this.#list = list;
    this.#mapping = mapping;
    this.#columns = source.columns;
    this.#formats = formats;
  }

  get reasons(): Detail[] {
    return this.#reasons.details;
  }

  /** Stages a row; answers what is to stand in the dump, if anything. */
  take(row: Row): { status: 'E' | 'W'; errors: string[] } | undefined {
    this.#rows += 1;
    const code = this.#field(row, this.#mapping.code);
    const known = code === '' ? undefined : this.#list.byCode(code);
    const name = this.#field(row, this.#mapping.name) || known?.name || code;
    const error = this.#error(row, name, code, known);
    if (error) {
      this.#failed += 1;
      return { status: 'E', errors: [this.#note(error)] };
    }
    const warnings: RowProblem[] = [];
    const entry: Staged = {
      name,
      code,
      parent: this.#parent(row, warnings),
      properties: this.#properties(row, warnings),
      warned: warnings.length > 0,
    };
    this.#stage(entry);
    return warnings.length > 0 ? { status: 'W', errors: warnings.map((each) => this.#note(each)) } : undefined;
  }

  /** Writes all staged rows into the list. */
  apply(): ListCounts {
    const made = { success: { create: 0, update: 0 }, warnings: { create: 0, update: 0 } };
    let renamed = 0;
    for (const entry of this.#staged.values()) {
      const found = (entry.code ? this.#list.byCode(entry.code) : undefined) ?? this.#list.byName(entry.name);
      const item = found ?? this.#list.add(entry);
      if (found && this.#list.update(found, { name: entry.name, ...(entry.code ? { code: entry.code } : {}) }))
        renamed += 1;
      if (this.#mapping.parent && entry.parent) item.parent = entry.parent;
      for (const [property, value] of entry.properties) item.properties.set(property, value);
      made[entry.warned ? 'warnings' : 'success'][found ? 'update' : 'create'] += 1;
    }
    const created = made.success.create + made.warnings.create;
    const updated = made.success.update + made.warnings.update;
    return {
      successRowCount: made.success.create + made.success.update,
      successCreateCount: made.success.create,
      successUpdateCount: made.success.update,
      warningsRowCount: made.warnings.create + made.warnings.update,
      warningsCreateCount: made.warnings.create,
      warningsUpdateCount: made.warnings.update,
      failedCount: this.#failed,
      ignoredCount: this.#ignored,
      totalRowCount: this.#rows,
      totalCreateCount: created,
      totalUpdateCount: updated,
      invalidCount: 0,
      updatedCount: updated,
      renamedCount: renamed,
      createdCount: created,
    };
  }

  summary(counts: ListCounts): Detail {
    const values = { hierarchyName: this.#list.name, ...counts };
    if (counts.totalRowCount === 0) return { type: 'hierarchyNoChanges', occurrences: 0, values };
    if (counts.failedCount > 0) return { type: 'hierarchyRowsProcessedWithFailures', occurrences: 0, values };
    if (counts.warningsRowCount > 0) return { type: 'hierarchyRowsProcessedWithWarnings', occurrences: 0, values };
    return { type: 'hierarchyRowsProcessed', occurrences: 0, values };
  }

  #error(row: Row, name: string, code: string, known: Item | undefined): RowProblem | undefined {
    if ('problem' in row) return { type: row.problem, values: { lineNumber: row.line, position: row.position } };
    if (name === '') return { type: 'hierarchyImportEmptyKey', values: {} };
    if (code.length > LONGEST) return { type: 'hierarchyImportInvalidCode', values: {}, value: code };
    if (name.length > LONGEST) return { type: 'hierarchyImportInvalidName', values: {}, value: name };
    const namesake = this.#list.byName(name);
    // names are unique: another member already has this one under its own code
    if (namesake && code !== '' && namesake !== known && namesake.code !== '') {
      return { type: 'hierarchyImportInvalidName', values: {}, value: name };
    }
    const staged = this.#codes.get(name.toLowerCase());
    if (staged && code !== '' && staged !== code.toLowerCase()) {
      return { type: 'hierarchyImportInvalidName', values: {}, value: name };
    }
    if (this.#list.numbered && !known && !namesake) {
      return { type: 'hierarchyImportNewEntityNumberedList', values: { name } };
    }
    return undefined;
  }

  #parent(row: Row, warnings: RowProblem[]): Item | undefined {
    const text = this.#field(row, this.#mapping.parent);
    if (text === '') return undefined;
    const parent = (this.#list.parent ?? this.#list).find(text);
    if (!parent) warnings.push({ type: 'hierarchyImportInvalidParent', values: {}, value: text });
    return parent;
  }

  #properties(row: Row, warnings: RowProblem[]): Map<string, string> {
    const values = new Map<string, string>();
    for (const { property, header } of this.#mapping.properties) {
      const text = this.#field(row, header);
      const format = this.#list.properties.get(property) ?? 'text';
      const problem = text === '' ? undefined : this.#problemOf(text, format);
      if (problem) warnings.push({ type: problem, values: {}, value: text });
      else values.set(property, this.#stored(text, format));
    }
    return values;
  }

  #problemOf(text: string, format: PropertyFormat) {
    if (format === 'number') {
      return readNumber(text, this.#formats.decimalSeparator).ok ? undefined : 'moduleImportNumberFormat';
    }
    if (format === 'date') return readDate(text, this.#formats.dateFormat).ok ? undefined : 'moduleImportDateFormat';
    if (format === 'boolean') return readBoolean(text).ok ? undefined : 'moduleImportBooleanFormat';
    return undefined;
  }

  /** Dates are kept as `YYYY-MM-DD`, whatever the file's format. */
  #stored(text: string, format: PropertyFormat): string {
    const date = format === 'date' ? readDate(text, this.#formats.dateFormat) : undefined;
    return date?.ok ? date.value : text;
  }

  /** A row said twice counts once; the same code with two names fails the whole import. */
  #stage(entry: Staged): void {
    const key = (entry.code ? `c:${entry.code}` : `n:${entry.name}`).toLowerCase();
    const earlier = this.#staged.get(key);
    if (earlier && earlier.name !== entry.name) this.ambiguousCode = true;
    if (earlier) this.#ignored += 1;
    this.#staged.set(key, entry);
    if (entry.code) this.#codes.set(entry.name.toLowerCase(), entry.code.toLowerCase());
  }

  #note(problem: RowProblem): string {
    const text = messageText(problem.type, problem.values);
    this.#reasons.add(text, problem);
    return problem.value === undefined ? text : `${text}: ${problem.value}`;
  }

  #field(row: Row, header: string | undefined): string {
    if (header === undefined) return '';
    return (row.fields[this.#columns.get(header) ?? -1] ?? '').trim();
  }
}
