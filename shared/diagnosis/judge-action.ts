import type { TaskResult } from '../anaplan/types.ts';
import type { Counts, Reason } from './diagnosis.ts';
import type { DumpSummary } from './dump-summary.ts';
import type { Message } from './message-codes.ts';
import { type Line, linesOf, type Tally, tallyOf } from './task-tally.ts';

export type Outcome = 'succeeded' | 'succeeded-with-rejects' | 'failed' | 'cancelled';

/** What became of one action: an import, export or other action, alone or inside a process. */
export interface Judgement {
  objectId: string;
  name: string;
  outcome: Outcome;
  counts?: Counts;
  /** cells written by a module import */
  cells?: number;
  /** all rows of the file, where Anaplan gives that number itself (anaplan-notes: Success of an import) */
  totalRows?: number;
  /** true where rows are known to be rejected but not how many: `counts.rejected` is then the least it can be */
  rejectedAtLeast?: boolean;
  /** the same of what was ignored */
  ignoredAtLeast?: boolean;
  reasons: readonly Reason[];
  /** why it failed or was cancelled, in Anaplan's words */
  problem?: Message;
}

/** Whether an action was successful, as Anaplan says it. */
export interface Flag {
  successful: boolean | undefined;
  /** a process's, which Anaplan also clears when nothing went wrong (anaplan-notes: Processes) */
  ofProcess: boolean;
}

/**
 * Judges one action's result. `COMPLETE` says nothing and `successful` little: what counts is what was rejected, first by
 * the dump, then by the counts, then by the lines about rows (anaplan-notes: Success of an import).
 */
export function judgeAction(
  result: TaskResult,
  named: { objectId: string; name: string },
  dumps: readonly DumpSummary[],
  flag: Flag = { successful: result.successful, ofProcess: false },
): Judgement {
  const lines = linesOf(result.details);
  const tally = tallyOf(lines);
  const rowLines = rowReasons(lines, tally);
  // A dump without a row contradicts the failed cells that Anaplan counts, and the rows that it says were rejected: it is not what was announced.
  const hasRejects = tally.failedCells > 0 || rowLines.some(({ severity }) => severity === 'rejected');
  const read = dumps.filter((dump) => dump.rows > 0 || (dump.unreadable === undefined && !hasRejects));
  const { rejected, warned } = rejectsOf(tally, read, rowLines);
  const reasons =
    read.length > 0 ? mergeReasons([...read.flatMap((dump) => dump.reasons), ...inNoDump(rowLines)]) : rowLines;
  const dumpUnread = result.failureDumpAvailable && (read.length === 0 || read.some((dump) => dump.unreadable));
  const uncountedCells = read.length === 0 && tally.failed === undefined && tally.failedCells > 0;
  const uncounted = rejected === 0 && (tally.unreadFailures || (dumpUnread && !provesNoRejects(tally, flag)));
  const isLeast =
    uncounted || uncountedCells || (dumpUnread && read.length > 0) || (tally.unreadFailures && read.length === 0);

  const problem = lines.find(({ message }) => message.level === 'failure')?.message;
  const unknown = lines.find(({ message }) => message.level === 'unknown')?.message;
  const hasWarnings = warned > 0 || read.some(({ rows }) => rows > 0);
  const outcome = decide({ tally, rejected, hasWarnings, uncounted, problem, unknown, flag });
  const reason = problem ?? (outcome === 'failed' && rejected === 0 ? unknown : undefined);
  const total = uncounted ? 1 : rejected;
  return {
    ...named,
    outcome,
    ...(tally.counted || total > 0 || warned > 0 || tally.leftOutAtLeast > 0
      ? { counts: countsOf(tally, total, warned) }
      : {}),
    ...(tally.cells === undefined ? {} : { cells: tally.cells }),
    ...(tally.totalRows === undefined ? {} : { totalRows: tally.totalRows }),
    ...(isLeast ? { rejectedAtLeast: true } : {}),
    ...(tally.leftOutAtLeast > 0 ? { ignoredAtLeast: true } : {}),
    reasons,
    ...(reason === undefined ? {} : { problem: reason }),
  };
}

function decide(seen: {
  tally: Tally;
  rejected: number;
  hasWarnings: boolean;
  uncounted: boolean;
  problem: Message | undefined;
  unknown: Message | undefined;
  flag: Flag;
}): Outcome {
  const { tally, rejected, flag } = seen;
  if (seen.problem !== undefined) return seen.problem.category === 'cancelled' ? 'cancelled' : 'failed';
  if (rejected > 0) {
    const arrived = tally.loaded + (tally.cells ?? 0) + tally.ignored;
    return tally.counted && arrived === 0 ? 'failed' : 'succeeded-with-rejects';
  }
  if (seen.uncounted) return 'succeeded-with-rejects';
  if (flag.successful === true) return 'succeeded';
  if (!tally.counted || seen.unknown !== undefined) return 'failed';
  // Counts without a failed row outrank the flag where they, or whose flag it is, tell why it is not set.
  const isTold = flag.ofProcess || seen.hasWarnings || isHarmless(tally);
  return flag.successful === undefined || isTold ? 'succeeded' : 'failed';
}

/** Rows that were merely ignored, or no rows at all. Cells that were not written do not mean that there were no rows. */
function isHarmless({ ignored, leftOutAtLeast, loaded, cells }: Tally): boolean {
  if (ignored > 0) return true;
  return leftOutAtLeast > 0 ? loaded + (cells ?? 0) > 0 : cells === undefined && loaded === 0;
}

/**
 * A list import counts its failed rows, so no failed row there means none, unless it was not successful and the counts do not tell
 * why; a module import counts only cells it found.
 */
function provesNoRejects(tally: Tally, { successful, ofProcess }: Flag): boolean {
  if (!tally.counted || tally.cells !== undefined) return false;
  if (tally.warned > 0) return tally.failed === 0 || successful === true;
  return tally.failed === 0 && (ofProcess || successful !== false);
}

function rejectsOf(tally: Tally, dumps: readonly DumpSummary[], rowLines: readonly Reason[]) {
  const said = tally.failed ?? 0;
  const occurrences = (severity: Reason['severity']) =>
    rowLines.reduce((sum, reason) => (reason.severity === severity ? sum + reason.count : sum), 0);
  if (dumps.length > 0) {
    const sum = (of: (dump: DumpSummary) => number) => dumps.reduce((total, dump) => total + of(dump), 0);
    // Without a status column the dump does not tell rejected from warned; Anaplan's own count does, if there is one.
    const inDump = sum((dump) => (dump.hasStatus || tally.failed === undefined ? dump.rejected : 0));
    const cellsOnly =
      inDump === 0 && tally.failedCells > 0
        ? Math.min(
            tally.failedCells,
            sum((dump) => dump.rows),
          )
        : 0;
    return {
      rejected: Math.max(inDump, said, cellsOnly),
      warned: Math.max(
        tally.warned,
        sum((dump) => dump.warned),
      ),
    };
  }
  // A module import counts failed cells, several for each row, so that neither they nor the reasons add up to rows.
  const frequent = rowLines.reduce(
    (most, { severity, count }) => (severity === 'rejected' ? Math.max(most, count) : most),
    0,
  );
  const byLines = tally.failedCells > 0 ? Math.max(tally.failedRowsAtLeast, frequent) : occurrences('rejected');
  return { rejected: tally.failed ?? byLines, warned: Math.max(tally.warned, occurrences('warned')) };
}

/** Ignored rows are in no dump (anaplan-notes: Dumps), so a dump does not stand for what a line says of them. */
function inNoDump(rowLines: readonly Reason[]): readonly Reason[] {
  return rowLines.filter(({ severity }) => severity === 'ignored');
}

/**
 * The lines about rows as reasons. Without the dump's status it is the summary that tells rejected from warned, and
 * where it is silent, what the code usually means.
 */
function rowReasons(lines: readonly Line[], tally: Tally): Reason[] {
  const onlyWarnings = tally.warned > 0 && (tally.failed ?? 0) === 0 && tally.failedCells === 0;
  const onlyRejects = tally.warned === 0 && ((tally.failed ?? 0) > 0 || tally.failedCells > 0);
  const reasons = lines
    .filter(({ message, occurrences }) => message.level === 'row' || (message.level === 'unknown' && occurrences > 0))
    .map(({ message, occurrences }): Reason => {
      const isIgnored = message.usually === 'ignored';
      const usuallyWarned = message.usually === 'warned' || message.level === 'unknown';
      const loaded = onlyWarnings || (usuallyWarned && !onlyRejects) ? 'warned' : 'rejected';
      return {
        ...(message.code === undefined ? {} : { code: message.code }),
        // What was left out is named nowhere else.
        text: isIgnored ? message.text : message.groupText,
        count: Math.max(1, occurrences),
        severity: isIgnored ? 'ignored' : loaded,
        columns: [],
        samples: [],
      };
    });
  return mergeReasons(reasons);
}

const BY_SEVERITY = ['rejected', 'ignored', 'warned'] as const;

/** Like reasons added up, most frequent first, and where equally frequent rejected before ignored before warned. */
export function mergeReasons(reasons: readonly Reason[]): Reason[] {
  const merged = new Map<string, Reason>();
  for (const reason of reasons) {
    const key = JSON.stringify([reason.severity, reason.code, reason.text]);
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? reason
        : {
            ...known,
            count: known.count + reason.count,
            columns: [...new Set([...known.columns, ...reason.columns])],
            samples: [...known.samples, ...reason.samples].slice(
              0,
              Math.max(known.samples.length, reason.samples.length),
            ),
          },
    );
  }
  return [...merged.values()].sort(
    (a, b) =>
      b.count - a.count ||
      BY_SEVERITY.indexOf(a.severity) - BY_SEVERITY.indexOf(b.severity) ||
      a.text.localeCompare(b.text),
  );
}

function countsOf(tally: Tally, rejected: number, warned: number): Counts {
  return {
    processed: tally.processed,
    created: tally.created,
    updated: tally.updated,
    rejected,
    warned,
    ignored: Math.max(tally.ignored, tally.leftOutAtLeast),
  };
}
