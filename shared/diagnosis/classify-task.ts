import type { ActionRef, Task, TaskResult } from '../anaplan/types.ts';
import type { Counts, Diagnosis, Reason } from './diagnosis.ts';
import type { DumpSummary, MissingMembers } from './dump-summary.ts';
import { type Judgement, judgeAction, mergeReasons, type Outcome } from './judge-action.ts';
import { resultParts } from './result-parts.ts';
import { diagnoseTask } from './task-diagnosis.ts';

export interface TaskContext {
  action: ActionRef & { name: string };
  /** names of the model's objects by id, for the actions of a process, which Anaplan often leaves without a name */
  names: Readonly<Record<string, string>>;
  /**
   * Summaries of the dumps fetched so far. `objectId` tells those of a process apart; without it they are taken in the
   * order in which the dumps were announced, if all of them are there.
   */
  dumps?: readonly (DumpSummary & { objectId?: string })[];
  model?: string;
  user?: string;
}

/** A dump Anaplan announced. `ordinal` is 1-based: the place of the action in the process, 1 for an action by itself. */
export interface AnnouncedDump {
  objectId: string;
  ordinal: number;
  /** whether it is fetched as a dump of a process, by object */
  nested: boolean;
}

export interface TaskOutcome {
  outcome: Outcome;
  /** of a process, the sum of its actions; `processed` is 0 where Anaplan counts cells only */
  counts?: Counts;
  cells?: number;
  /** all rows of the file, where Anaplan gives that number; never for a process, which may read several files */
  totalRows?: number;
  /** `counts.rejected` is the least it can be: a dump was announced and is not (wholly) read */
  rejectedAtLeast?: boolean;
  /** the same of `counts.ignored`: only members or line items that were left out are counted, not their rows */
  ignoredAtLeast?: boolean;
  /** there was more in the result than is read, and what was read has not failed */
  isCut?: boolean;
  reasons: readonly Reason[];
  missingMembers: readonly MissingMembers[];
  dumps: readonly AnnouncedDump[];
  /** of a process, its actions in order */
  nested?: readonly Judgement[];
  /** for every outcome but `succeeded` */
  diagnosis?: Diagnosis;
}

/** Each costs a request and a file at least. */
const MAX_DUMPS = 200;

/** The dumps that the result of a task announces, as far as they are read: those that `classifyTask` names. */
export function announcedBy({ result }: Pick<Task, 'result'>, actionId: string): readonly AnnouncedDump[] {
  if (result === undefined) return [];
  const { own, actions } = resultParts(result);
  const names = actions.map(({ objectId }, index) => ({ objectId: objectId ?? placeOf(actionId, index) }));
  return announcedDumps(own, actions, names, actionId).slice(0, MAX_DUMPS);
}

/** Stands for the id of an action of a process, where Anaplan gives none. */
function placeOf(processId: string, index: number): string {
  return `${processId}#${index + 1}`;
}

/** Whether the task has come to an end; only then does `classifyTask` know anything. */
export function isFinal(task: Task): boolean {
  return task.taskState === 'COMPLETE' || task.taskState === 'CANCELLED';
}

/**
 * What became of a task that is final. Call it once when the task ends, to learn which dumps to fetch, and again with
 * their summaries: before that, rejects may be known only as "at least" (anaplan-notes: Success of an import).
 *
 * - Rows loaded and rows rejected is `succeeded-with-rejects`, whatever `successful` says; rows rejected and nothing
 *   loaded, not even ignored as unchanged, is `failed`.
 * - A dump of warnings only is no reject.
 * - A result that is longer than what is read of it is `failed`, unless it was cancelled.
 * - A process is judged by its actions: its own `successful: false` is harmless when every one of them is fine.
 */
export function classifyTask(task: Task, context: TaskContext): TaskOutcome {
  const parts = resultParts(task.result ?? { failureDumpAvailable: false, details: [], nestedResults: [] });
  const { own: result, actions: nestedResults } = parts;
  const named = (of: TaskResult, fallback: string) => {
    const objectId = of.objectId ?? fallback;
    const known = Object.hasOwn(context.names, objectId) ? context.names[objectId] : undefined;
    return {
      objectId,
      name: of.objectName || known || (objectId === context.action.id ? context.action.name : objectId),
    };
  };

  const isProcess = nestedResults.length > 0;
  const innerNames = nestedResults.map((inner, index) => named(inner, placeOf(context.action.id, index)));
  const announced = announcedDumps(result, nestedResults, innerNames, context.action.id);
  const fetched = attribute(context.dumps ?? [], announced);
  const nested = nestedResults.map((inner, index) => {
    const name = innerNames[index] ?? named(inner, context.action.id);
    const dumps = fetched.filter((dump) => dump.objectId === name.objectId);
    const flag = { successful: inner.successful ?? result.successful, ofProcess: inner.successful === undefined };
    return judgeAction(inner, name, dumps, flag);
  });
  const ownDumps = isProcess
    ? fetched.filter((dump) => !nested.some(({ objectId }) => objectId === dump.objectId))
    : fetched;
  const own = judgeAction(
    isProcess ? withoutNested(result, nestedResults) : result,
    { ...named(result, context.action.id), name: context.action.name },
    ownDumps,
    { successful: result.successful, ofProcess: context.action.kind === 'processes' },
  );

  const judged = isProcess ? [...nested, ...(own.reasons.length > 0 || own.counts !== undefined ? [own] : [])] : [own];
  const seen = outcomeOf(task, own, nested);
  // What was left out may have failed, whatever the rest came to.
  const isCut =
    (parts.isCut || announced.length > MAX_DUMPS) && (seen === 'succeeded' || seen === 'succeeded-with-rejects');
  const outcome = isCut ? 'failed' : seen;
  const reasons = mergeReasons(judged.flatMap((part) => part.reasons));
  const counts = sumCounts(judged);
  const cells = judged.some((part) => part.cells !== undefined)
    ? Math.min(
        Number.MAX_SAFE_INTEGER,
        judged.reduce((sum, part) => sum + (part.cells ?? 0), 0),
      )
    : undefined;
  const missingMembers = fetched.flatMap((dump) => dump.missingMembers);
  const outcomeWithoutWords = {
    outcome,
    ...(counts === undefined ? {} : { counts }),
    ...(cells === undefined ? {} : { cells }),
    ...(isProcess || own.totalRows === undefined ? {} : { totalRows: own.totalRows }),
    ...(judged.some((part) => part.rejectedAtLeast) ? { rejectedAtLeast: true } : {}),
    ...(judged.some((part) => part.ignoredAtLeast) ? { ignoredAtLeast: true } : {}),
    ...(isCut ? { isCut } : {}),
    reasons,
    missingMembers,
    dumps: announced.slice(0, MAX_DUMPS),
    ...(isProcess ? { nested } : {}),
  };
  if (outcome === 'succeeded') return outcomeWithoutWords;
  return { ...outcomeWithoutWords, diagnosis: diagnoseTask(task, context, outcomeWithoutWords, own) };
}

function outcomeOf(task: Task, own: Judgement, nested: readonly Judgement[]): Outcome {
  if (task.taskState === 'CANCELLED') return 'cancelled';
  if (task.taskState !== 'COMPLETE' || task.result === undefined) return 'failed';
  // Anaplan has no state for a task that could not run; it says so in the step (anaplan-notes: Success of an import).
  if (/^\s*failed/i.test(task.currentStep ?? '')) return own.outcome === 'cancelled' ? 'cancelled' : 'failed';
  if (nested.length === 0) return own.outcome;
  const has = (outcome: Outcome) => nested.some((part) => part.outcome === outcome);
  const ownFault = own.problem !== undefined && own.outcome !== 'succeeded';
  if (has('failed') || (ownFault && own.outcome === 'failed')) return 'failed';
  if (has('cancelled') || (ownFault && own.outcome === 'cancelled')) return 'cancelled';
  if (has('succeeded-with-rejects') || own.outcome === 'succeeded-with-rejects') return 'succeeded-with-rejects';
  return 'succeeded';
}

/** The process by itself: its dump flag only repeats those of its actions, unless none of them has one. */
function withoutNested(result: TaskResult, nested: readonly TaskResult[]): TaskResult {
  const repeated = nested.some((inner) => inner.failureDumpAvailable);
  return { ...result, failureDumpAvailable: result.failureDumpAvailable && !repeated, nestedResults: [] };
}

function attribute(
  dumps: NonNullable<TaskContext['dumps']>,
  announced: readonly AnnouncedDump[],
): readonly (DumpSummary & { objectId?: string })[] {
  const nameless = dumps.every(({ objectId }) => objectId === undefined);
  if (!nameless || dumps.length !== announced.length) return dumps;
  return dumps.map((dump, index) => ({ ...dump, objectId: announced[index]?.objectId ?? '' }));
}

function announcedDumps(
  result: TaskResult,
  nestedResults: readonly TaskResult[],
  names: readonly { objectId: string }[],
  actionId: string,
): AnnouncedDump[] {
  if (nestedResults.length === 0) {
    return result.failureDumpAvailable ? [{ objectId: result.objectId ?? actionId, ordinal: 1, nested: false }] : [];
  }
  const dumpsOf = (wanted: (inner: TaskResult) => boolean) => {
    const dumps = new Map<string, AnnouncedDump>();
    for (const [index, inner] of nestedResults.entries()) {
      const objectId = names[index]?.objectId ?? actionId;
      // An action that stands twice in a process has one dump, under one address.
      if (wanted(inner) && !dumps.has(objectId)) dumps.set(objectId, { objectId, ordinal: index + 1, nested: true });
    }
    return [...dumps.values()];
  };
  const flagged = dumpsOf((inner) => inner.failureDumpAvailable);
  if (flagged.length > 0 || !result.failureDumpAvailable) return flagged;
  // The process announces a dump and none of its actions does: those that went wrong are the ones to ask.
  const suspects = dumpsOf((inner) => inner.successful === false);
  return suspects.length > 0 ? suspects : dumpsOf(() => true);
}

function sumCounts(parts: readonly Judgement[]): Counts | undefined {
  const counted = parts.flatMap(({ counts }) => (counts === undefined ? [] : [counts]));
  if (counted.length === 0) return undefined;
  const sum = (of: keyof Counts) =>
    Math.min(
      Number.MAX_SAFE_INTEGER,
      counted.reduce((total, counts) => total + counts[of], 0),
    );
  return {
    processed: sum('processed'),
    created: sum('created'),
    updated: sum('updated'),
    rejected: sum('rejected'),
    warned: sum('warned'),
    ignored: sum('ignored'),
  };
}
