import { DumpWriter } from '../engine/dump-writer.ts';
import type { Detail } from '../engine/messages.ts';
import { messageText } from '../engine/messages.ts';
import {
  type CellFormats,
  cellKey,
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
import { MappedMembers } from './mapped-members.ts';

/** Where a module import puts what it reads. */
export interface ModuleMapping {
  /** dimension → header, or a fixed member (from mapping parameters); `members`: the only ones that are mapped, as the file writes them */
  dimensions: readonly { dimension: Dimension; header?: string; fixed?: string; members?: ReadonlySet<string> }[];
  /** line items that have a column of their own */
  values: readonly { item: LineItem; header: string }[];
  /** line item and value each in a column */
  pair?: { lineItem: string; value: string };
}

/**
 * Loads rows into a module's cells, the way Anaplan does: a member that is not known rejects the row; a value that cannot be
 * read rejects that cell, and the row's other cells are written; a row with either stands in the dump as `E`. Several numbers
 * for one cell in one file add up; a second, different value for any other cell is a warning, and the first one stays. A row of a
 * member that is not mapped is left out, and no dump has it (anaplan-notes: Message codes).
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
    ignored: load.hasIgnored || load.rowCount === 0,
    ...(written ? { dump: written } : {}),
  };
}

/** A line item of a load: where its values stand in a row, and what became of them. */
interface Target {
  item: LineItem;
  /** index in a row */
  column: number;
  written: number;
  failed: number;
  ignored: number;
  /** keys of the cells written by this import */
  touched: Set<string>;
}

/** A dimension of a load, in the module's order. */
interface Axis {
  dimension: Dimension;
  column: number;
  fixed: string | undefined;
  /** coordinates of the texts seen so far */
  known: Map<string, string>;
  mapped: MappedMembers | undefined;
}

class ModuleLoad {
  rejectedRows = 0;
  rowCount = 0;
  readonly #module: Module;
  readonly #formats: CellFormats;
  readonly #reasons = new Reasons();
  readonly #axes: readonly Axis[];
  readonly #targets: Target[];
  readonly #pair: { lineItem: number; value: number } | undefined;

  constructor(module: Module, mapping: ModuleMapping, source: Source, formats: CellFormats) {
    const columnOf = (header: string | undefined) => source.columns.get(header ?? '') ?? -1;
    this.#module = module;
    this.#formats = formats;
    this.#axes = module.dimensions.map((dimension) => {
      const mapped = mapping.dimensions.find((each) => each.dimension === dimension);
      const members = mapped?.members && new MappedMembers(dimension.name, mapped.members);
      return { dimension, column: columnOf(mapped?.header), fixed: mapped?.fixed, known: new Map(), mapped: members };
    });
    this.#targets = mapping.values.map(({ item, header }) => newTarget(item, columnOf(header)));
    const { pair } = mapping;
    this.#pair = pair && { lineItem: columnOf(pair.lineItem), value: columnOf(pair.value) };
  }

  get hasIgnored(): boolean {
    return this.#targets.some(({ ignored }) => ignored > 0) || this.#axes.some(({ mapped }) => mapped?.hasLeftOut);
  }

  get details(): Detail[] {
    const summaries = this.#targets.map((target) => this.#summary(target));
    return [...summaries, ...this.#axes.flatMap(({ mapped }) => mapped?.details ?? []), ...this.#reasons.details];
  }

  take(row: Row): { status: 'E' | 'W'; errors: readonly string[] } {
    this.rowCount += 1;
    if (this.#isLeftOut(row)) return CLEAN;
    const problems: RowProblem[] = [];
    const targets = this.#targetsOf(row, problems);
    const key = 'problem' in row ? '' : this.#locate(row, problems);
    if (problems.length > 0) {
      for (const target of targets) target.failed += 1;
    } else {
      const value = this.#pair?.value;
      for (const target of targets) this.#write(target, key, row.fields[value ?? target.column] ?? '', problems);
    }
    if (problems.length === 0) return CLEAN;
    const rejected = problems.some((each) => each.type !== 'moduleImportRepeatedNonNumeric');
    if (rejected) this.rejectedRows += 1;
    return { status: rejected ? 'E' : 'W', errors: problems.map((each) => this.#note(each)) };
  }

  #isLeftOut(row: Row): boolean {
    if ('problem' in row) return false;
    return this.#axes.some(({ mapped, column }) => mapped?.leavesOut(row.fields[column] ?? '') === true);
  }

  /** The line items a row has values for: those with columns, or the one it names. */
  #targetsOf(row: Row, problems: RowProblem[]): readonly Target[] {
    if ('problem' in row)
      problems.push({ type: row.problem, values: { lineNumber: row.line, position: row.position } });
    if (!this.#pair || 'problem' in row) return this.#targets;
    const name = row.fields[this.#pair.lineItem] ?? '';
    const item = this.#module.lineItem(name);
    if (!item) {
      problems.push({ type: 'moduleImportInvalidLineItemIdentifier', values: {}, value: name });
      return [];
    }
    const known = this.#targets.find((each) => each.item === item);
    if (known) return [known];
    const target = newTarget(item, this.#pair.value);
    this.#targets.push(target);
    return [target];
  }

  /** The key of the row's cells; without problems only if every dimension has a member for it. */
  #locate(row: Row, problems: RowProblem[]): string {
    const coordinates: string[] = [];
    for (const axis of this.#axes) {
      const text = axis.fixed ?? row.fields[axis.column] ?? '';
      const known = axis.known.get(text);
      if (known !== undefined) {
        coordinates.push(known);
        continue;
      }
      const located = locate(axis.dimension, text);
      if (located.ok) {
        axis.known.set(text, located.at);
        coordinates.push(located.at);
      } else problems.push(missing(axis.dimension, located.why, text));
    }
    return cellKey(coordinates);
  }

  #write(target: Target, key: string, text: string, problems: RowProblem[]): void {
    const { item } = target;
    if (item.calculated) {
      target.ignored += 1;
      return;
    }
    const first = !target.touched.has(key);
    if (first) target.touched.add(key);
    if (text.trim() === '') {
      if (first) this.#module.set(item, key, undefined);
      target.written += 1;
      return;
    }
    const read = readCell(item, text, this.#formats);
    if (!read.ok) {
      const values = typeof item.format === 'object' ? { hierarchyName: item.format.list.name } : {};
      problems.push({ type: read.problem, values, value: text });
      target.failed += 1;
      return;
    }
    const before = first ? undefined : this.#module.get(item, key);
    if (before !== undefined && typeof before !== 'number' && before !== read.value) {
      problems.push({ type: 'moduleImportRepeatedNonNumeric', values: {} });
      target.ignored += 1;
      return;
    }
    const value = typeof before === 'number' && typeof read.value === 'number' ? before + read.value : read.value;
    this.#module.set(item, key, value);
    target.written += 1;
  }

  #note(problem: RowProblem): string {
    const text = messageText(problem.type, problem.values);
    this.#reasons.add(text, problem);
    return problem.value === undefined ? text : `${text}: ${problem.value}`;
  }

  #summary({ item, written, failed, ignored }: Target): Detail {
    const values = {
      lineItemName: item.name,
      rowCount: written,
      failureCount: failed,
      ignoredCount: ignored,
      moduleName: this.#module.name,
    };
    const occurrences = 0;
    if (failed > 0 && ignored > 0) return { type: 'lineItemRowsProcessedWithFailuresAndIgnored', occurrences, values };
    if (failed > 0) return { type: 'lineItemRowsProcessedWithFailures', occurrences, values };
    if (ignored > 0) return { type: 'lineItemRowsProcessedWithIgnored', occurrences, values };
    return { type: 'lineItemRowsProcessed', occurrences, values };
  }
}

const CLEAN = { status: 'W', errors: [] } as const;

const newTarget = (item: LineItem, column: number): Target => ({
  item,
  column,
  written: 0,
  failed: 0,
  ignored: 0,
  touched: new Set(),
});

function missing(dimension: Dimension, why: 'item' | 'period' | 'timescale', value: string): RowProblem {
  if (why === 'period')
    return { type: 'moduleImportInvalidTimeEntityIdentifier', values: { periodType: 'Month' }, value };
  if (why === 'timescale') return { type: 'moduleImportInvalidTimescaleIdentifier', values: {}, value };
  return { type: 'moduleImportInvalidListIdentifier', values: { hierarchyName: dimension.name }, value };
}
