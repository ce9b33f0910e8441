import { DumpWriter } from '../engine/dump-writer.ts';
import type { Detail, MessageCode } from '../engine/messages.ts';
import { messageText } from '../engine/messages.ts';
import {
  type CellFormats,
  type CellValue,
  type Dimension,
  type LineItem,
  locate,
  type Module,
  readCell,
} from '../engine/module.ts';
import { couldNotRun, type Outcome } from '../engine/outcome.ts';
import type { Row } from '../engine/read-rows.ts';
import { Reasons, type RowProblem } from '../engine/reasons.ts';
import type { Source } from '../engine/source.ts';
import type { Spool } from '../engine/spool.ts';

/** Where a module import puts what it reads. */
export interface ModuleMapping {
  /** dimension → header, or a fixed member (from mapping parameters) */
  dimensions: readonly { dimension: Dimension; header?: string; fixed?: string }[];
  /** line items that have a column of their own */
  values: readonly { item: LineItem; header: string }[];
  /** line item and value each in a column */
  pair?: { lineItem: string; value: string };
}

interface LineItemCount {
  written: number;
  failed: number;
  ignored: number;
}

/**
 * Loads rows into a module's cells, the way Anaplan does: a member that is not known rejects the row; a value that cannot be
 * read rejects that cell, and the row's other cells are written; a row with either stands in the dump as `E`. Several numbers
 * for one cell in one file add up; a second, different value for any other cell is a warning, and the first one stays.
 */
export async function importIntoModule(
  module: Module,
  mapping: ModuleMapping,
  source: Source,
  formats: CellFormats,
  spool: Spool,
): Promise<Outcome> {
  if (source.missing.length > 0) {
    return couldNotRun({ type: 'missingFields', values: { fields: source.missing.join(', ') } });
  }
  const unmapped = module.dimensions.filter((each) => !mapping.dimensions.some((mapped) => mapped.dimension === each));
  if (unmapped.length > 0) {
    const message = `${unmapped.map((each) => each.name).join(', ')} not mapped`;
    return couldNotRun({ type: 'moduleImportFailed', values: { moduleName: module.name, message } });
  }
  const load = new ModuleLoad(module, mapping, source, formats);
  const dump = new DumpWriter(spool, source.headers);
  for await (const batch of source.rows) {
    for (const row of batch) {
      const problems = load.take(row);
      if (problems.errors.length > 0)
        dump.add({ status: problems.status, fields: row.fields, line: row.line, errors: problems.errors });
    }
    await dump.settle();
  }
  const written = await dump.finish();
  return {
    successful: load.rejectedRows === 0,
    ran: true,
    details: load.details,
    ignored: load.ignoredCells > 0 || load.rowCount === 0,
    ...(written ? { dump: written } : {}),
  };
}

class ModuleLoad {
  rejectedRows = 0;
  rowCount = 0;
  readonly #module: Module;
  readonly #mapping: ModuleMapping;
  readonly #columns: ReadonlyMap<string, number>;
  readonly #formats: CellFormats;
  readonly #reasons = new Reasons();
  readonly #counts = new Map<LineItem, LineItemCount>();
  /** cells written by this import, by line item and coordinates */
  readonly #touched = new Map<LineItem, Set<string>>();

  constructor(module: Module, mapping: ModuleMapping, source: Source, formats: CellFormats) {
    this.#module = module;
    this.#mapping = mapping;
    this.#columns = source.columns;
    this.#formats = formats;
    for (const { item } of mapping.values) this.#count(item);
  }

  get ignoredCells(): number {
    return [...this.#counts.values()].reduce((sum, each) => sum + each.ignored, 0);
  }

  get details(): Detail[] {
    const summary = [...this.#counts].map(([item, count]): Detail => {
      const failed = count.failed > 0 ? 'WithFailures' : '';
      const ignored = count.ignored > 0 ? `${failed ? 'And' : 'With'}Ignored` : '';
      return {
        type: `lineItemRowsProcessed${failed}${ignored}` as MessageCode,
        occurrences: 0,
        values: {
          lineItemName: item.name,
          rowCount: count.written,
          failureCount: count.failed,
          ignoredCount: count.ignored,
          moduleName: this.#module.name,
        },
      };
    });
    return [...summary, ...this.#reasons.details];
  }

  take(row: Row): { status: 'E' | 'W'; errors: string[] } {
    this.rowCount += 1;
    const targets = this.#targets(row);
    const problems = targets.problem ? [targets.problem] : [];
    const coordinates = this.#coordinates(row, problems);
    let warned: RowProblem[] = [];
    if (problems.length > 0) {
      for (const { item } of targets.cells) this.#count(item).failed += 1;
    } else {
      for (const cell of targets.cells) this.#write(cell.item, coordinates, cell.text, problems);
      warned = problems.filter((each) => each.type === 'moduleImportRepeatedNonNumeric');
    }
    const status = problems.length > warned.length ? 'E' : 'W';
    if (problems.length > warned.length) this.rejectedRows += 1;
    return { status, errors: problems.map((each) => this.#note(each)) };
  }

  #targets(row: Row): { cells: { item: LineItem; text: string }[]; problem?: RowProblem } {
    if ('problem' in row) {
      const values = { lineNumber: row.line, position: row.position };
      return {
        cells: this.#mapping.values.map(({ item }) => ({ item, text: '' })),
        problem: { type: row.problem, values },
      };
    }
    const cells = this.#mapping.values.map(({ item, header }) => ({ item, text: this.#field(row, header) }));
    const pair = this.#mapping.pair;
    if (!pair) return { cells };
    const name = this.#field(row, pair.lineItem);
    const item = this.#module.lineItem(name);
    if (!item) return { cells, problem: { type: 'moduleImportInvalidLineItemIdentifier', values: {}, value: name } };
    return { cells: [...cells, { item, text: this.#field(row, pair.value) }] };
  }

  #coordinates(row: Row, problems: RowProblem[]): string[] {
    const coordinates: string[] = [];
    if ('problem' in row) return coordinates;
    // in the module's order, whatever the file's
    for (const dimension of this.#module.dimensions) {
      const mapped = this.#mapping.dimensions.find((each) => each.dimension === dimension);
      const text = mapped?.fixed ?? this.#field(row, mapped?.header ?? '');
      const located = locate(dimension, text);
      if (located.ok) coordinates.push(located.at);
      else if (located.why === 'item') {
        problems.push({
          type: 'moduleImportInvalidListIdentifier',
          values: { hierarchyName: dimension.name },
          value: text,
        });
      } else if (located.why === 'period') {
        problems.push({
          type: 'moduleImportInvalidTimeEntityIdentifier',
          values: { periodType: 'Month' },
          value: text,
        });
      } else problems.push({ type: 'moduleImportInvalidTimescaleIdentifier', values: {}, value: text });
    }
    return coordinates;
  }

  #write(item: LineItem, coordinates: string[], text: string, problems: RowProblem[]): void {
    const count = this.#count(item);
    if (item.calculated) {
      count.ignored += 1;
      return;
    }
    if (text.trim() === '') {
      this.#module.set(item, coordinates, undefined);
      count.written += 1;
      return;
    }
    const read = readCell(item, text, this.#formats);
    if (!read.ok) {
      const values = typeof item.format === 'object' ? { hierarchyName: item.format.list.name } : {};
      problems.push({ type: read.problem, values, value: text });
      count.failed += 1;
      return;
    }
    const before = this.#firstTouch(item, coordinates) ? undefined : this.#module.get(item, coordinates);
    if (before !== undefined && typeof before !== 'number' && before !== read.value) {
      problems.push({ type: 'moduleImportRepeatedNonNumeric', values: {} });
      count.ignored += 1;
      return;
    }
    const value: CellValue =
      typeof before === 'number' && typeof read.value === 'number' ? before + read.value : read.value;
    this.#module.set(item, coordinates, value);
    count.written += 1;
  }

  #firstTouch(item: LineItem, coordinates: string[]): boolean {
    const key = coordinates.join('|');
    const touched = this.#touched.get(item) ?? new Set();
    this.#touched.set(item, touched);
    if (touched.has(key)) return false;
    touched.add(key);
    return true;
  }

  #note(problem: RowProblem): string {
    const text = messageText(problem.type, problem.values);
    this.#reasons.add(text, problem);
    return problem.value === undefined ? text : `${text}: ${problem.value}`;
  }

  #field(row: Row, header: string): string {
    return row.fields[this.#columns.get(header) ?? -1] ?? '';
  }

  #count(item: LineItem): LineItemCount {
    const count = this.#counts.get(item) ?? { written: 0, failed: 0, ignored: 0 };
    this.#counts.set(item, count);
    return count;
  }
}
