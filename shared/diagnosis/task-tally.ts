import type { TaskDetail } from '../anaplan/types.ts';
import { lookUpMessage, type Message } from './message-codes.ts';

/** A line of a task's result and what it means. */
export interface Line {
  message: Message;
  /** as Anaplan gives it; 0 on lines that do not count anything */
  occurrences: number;
}

/** What the completion lines of one action add up to. Rows and cells are kept apart: a module import counts cells only. */
export interface Tally {
  /** whether any line gave counts */
  counted: boolean;
  /** rows or items that arrived, warned ones included */
  loaded: number;
  processed: number;
  created: number;
  updated: number;
  warned: number;
  ignored: number;
  /** of what was left out and is perhaps not among the ignored: the least it can be, because only what it is about is counted */
  leftOutAtLeast: number;
  /** rows that failed; absent where no line says so, which is not the same as none */
  failed?: number;
  /** cells written, failed and ignored by a module import */
  cells?: number;
  failedCells: number;
  /** the most failed cells of one line item: as many rows at least were rejected, because a row has one cell of each */
  failedRowsAtLeast: number;
  /** a line tells of failures, and how many could not be read */
  unreadFailures: boolean;
  /** all rows of the file, where Anaplan gives that number itself */
  totalRows?: number;
}

/** The lines of a result, of which whoever took it apart has bounded the number. */
export function linesOf(details: readonly TaskDetail[]): Line[] {
  return details.map((detail) => ({
    message: lookUpMessage(detail),
    occurrences: whole(detail.occurrences) ?? 0,
  }));
}

/**
 * Adds up counts, from `values` where they are there and from the printed text where they are not
 * (anaplan-notes: Task details). Names of parameters decide, not codes, so that a new summary line still counts.
 */
export function tallyOf(lines: readonly Line[]): Tally {
  const tally: Tally = {
    counted: false,
    loaded: 0,
    processed: 0,
    created: 0,
    updated: 0,
    warned: 0,
    ignored: 0,
    leftOutAtLeast: 0,
    failedCells: 0,
    failedRowsAtLeast: 0,
    unreadFailures: false,
  };
  for (const { message, occurrences } of lines) {
    if (message.usually === 'ignored')
      tally.leftOutAtLeast += Math.max(1, occurrences, whole(message.parameters.count) ?? 0);
    if (message.level !== 'completion' && message.level !== 'unknown') continue;
    addSummary(tally, message);
    tally.unreadFailures ||= hasUnreadFailures(message);
  }
  return tally;
}

/** A summary line says by its code that something failed, also one that Anaplan adds tomorrow. */
function hasUnreadFailures({ code, parameters }: Message): boolean {
  if (!/(?:With|And)Failures/.test(code ?? '')) return false;
  return whole(parameters.failedCount) === undefined && whole(parameters.failureCount) === undefined;
}

function addSummary(tally: Tally, { code, level, parameters }: Message): void {
  const number = (name: string) => whole(parameters[name]);
  const success = number('successRowCount');
  const cells = parameters.lineItemName === undefined ? undefined : number('rowCount');
  const created = number('createdCount');
  const affected = number('affectedItems');
  const ignored = number('ignoredCount') ?? 0;
  const failed = number('failedCount');

  if (success !== undefined) {
    const warned = number('warningsRowCount') ?? 0;
    const total = number('totalRowCount');
    add(tally, {
      loaded: success + warned,
      processed: total ?? success + warned + (failed ?? 0) + ignored,
      created: number('totalCreateCount') ?? (number('successCreateCount') ?? 0) + (number('warningsCreateCount') ?? 0),
      updated: number('totalUpdateCount') ?? (number('successUpdateCount') ?? 0) + (number('warningsUpdateCount') ?? 0),
      warned,
      ignored,
    });
    if (total !== undefined) tally.totalRows = (tally.totalRows ?? 0) + total;
  } else if (cells !== undefined) {
    tally.counted = true;
    tally.cells = (tally.cells ?? 0) + cells;
    const failedCells = number('failureCount') ?? 0;
    tally.failedCells += failedCells;
    tally.failedRowsAtLeast = Math.max(tally.failedRowsAtLeast, failedCells);
    tally.ignored += ignored;
    return;
  } else if (created !== undefined) {
    const updated = number('updatedCount') ?? 0;
    const invalid = number('invalidCount') ?? 0;
    add(tally, {
      loaded: created + updated + (number('renamedCount') ?? 0),
      processed: created + updated + (failed ?? 0),
      created,
      updated,
      warned: invalid,
      ignored,
    });
  } else if (affected !== undefined) {
    add(tally, { loaded: affected, processed: affected, created: 0, updated: 0, warned: 0, ignored: 0 });
  } else if (level === 'completion' && code?.endsWith('NoChanges')) {
    tally.counted = true;
    tally.failed ??= 0;
    return;
  } else {
    return;
  }
  if (failed !== undefined) tally.failed = (tally.failed ?? 0) + failed;
}

function add(tally: Tally, more: Pick<Tally, 'loaded' | 'processed' | 'created' | 'updated' | 'warned' | 'ignored'>) {
  tally.counted = true;
  tally.loaded += more.loaded;
  tally.processed += more.processed;
  tally.created += more.created;
  tally.updated += more.updated;
  tally.warned += more.warned;
  tally.ignored += more.ignored;
}

/** A count as Anaplan writes it, grouped by thousands or not; absent for anything that is none. */
function whole(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const digits = typeof value === 'number' ? String(value) : value.replace(/[,.\s]/g, '');
  // Twelve digits are more than any model holds, and their sums stay exact.
  if (!/^\d{1,12}$/.test(digits)) return undefined;
  return Number(digits);
}
