import type { ActionKind, Task } from '../anaplan/types.ts';
import type { TaskContext, TaskOutcome } from './classify-task.ts';
import type { Diagnosis, Reason } from './diagnosis.ts';
import type { Judgement } from './judge-action.ts';
import { lookUpMessage, type Message } from './message-codes.ts';
import { OPEN_DUMP } from './row-codes.ts';
import { capitalised, countOf, excerpt } from './words.ts';

const KIND: Readonly<Record<ActionKind, string>> = {
  imports: 'import',
  exports: 'export',
  actions: 'action',
  processes: 'process',
};

const RUN_BY_HAND =
  'Run it once by hand in Anaplan as the integration user and read what the window says; look at the action history of the model.';
const COMPARE_TOTALS =
  'Compare a few totals in the module or list with the source: all of it may be there, or only a part.';
const SUPPORT = 'If Anaplan gives no reason there either, send Anaplan support what `plandrop support <runId>` makes.';

/** What a person is told about a task that did not simply succeed. Never retried: a task is only started again by a person. */
export function diagnoseTask(
  task: Task,
  context: TaskContext,
  seen: Omit<TaskOutcome, 'diagnosis'>,
  own: Judgement,
): Diagnosis {
  const subject = subjectOf(context);
  const base = { retry: { kind: 'no' } as const, references: referencesOf(task, context, seen) };
  const partly = isAppliedInPart(seen) ? { appliedInPart: true as const } : {};
  switch (seen.outcome) {
    case 'cancelled':
      return { ...base, ...partly, ...cancelled(task, subject, seen) };
    case 'succeeded-with-rejects':
      return { ...base, ...withRejects(subject, seen) };
    default:
      return { ...base, ...partly, ...failed(task, context, seen, own) };
  }
}

function subjectOf({ action }: TaskContext): string {
  return `${KIND[action.kind] ?? 'action'} "${excerpt(action.name, 120)}"`;
}

type Words = Omit<Diagnosis, 'retry' | 'references'>;

function cancelled(task: Task, subject: string, seen: Omit<TaskOutcome, 'diagnosis'>): Words {
  const by = task.cancelledBy ? `${excerpt(task.cancelledBy, 120)} cancelled it` : 'it was cancelled';
  const partly = seen.nested !== undefined || (seen.counts?.processed ?? 0) > 0 || isAppliedInPart(seen);
  return {
    category: 'cancelled',
    cause: task.cancelledBy
      ? `${excerpt(task.cancelledBy, 120)} cancelled the task in Anaplan.`
      : 'The task was cancelled in Anaplan.',
    message: `${capitalised(subject)} did not finish: ${by}.${applied(seen)}`,
    whatToCheck: [
      'Ask who cancelled it and why, then redrive the run.',
      ...(partly ? ['Check what was applied before the end: actions of a process that were done stay done.'] : []),
    ],
  };
}

function withRejects(subject: string, seen: Omit<TaskOutcome, 'diagnosis'>): Words {
  const reason = topReason(seen.reasons, 'rejected');
  const known = reason === undefined ? undefined : meaningOf(reason);
  const rejected = seen.counts?.rejected ?? 0;
  const least = seen.rejectedAtLeast ? 'at least ' : '';
  return {
    category: known?.category ?? 'invalid-data',
    ...(reason?.code === undefined ? {} : { code: reason.code }),
    cause: known?.cause ?? 'Anaplan rejected rows and gave no reason that could be read.',
    message:
      `${capitalised(subject)} ran, and ${least}${countOf(rejected, 'row was', 'rows were')} rejected.` +
      `${reasonsInShort(seen.reasons)}${missing(seen)}`,
    whatToCheck: [
      ...adviceOf(known),
      OPEN_DUMP,
      'Drop a file with the mended rows again: the rows that were loaded need not be in it.',
    ],
  };
}

function failed(task: Task, context: TaskContext, seen: Omit<TaskOutcome, 'diagnosis'>, own: Judgement): Words {
  const subject = subjectOf(context);
  if (task.taskState !== 'COMPLETE') {
    return {
      category: 'internal',
      cause: 'The task was judged before it had ended.',
      message: `${capitalised(subject)} is still ${excerpt(task.taskState, 40)} in Anaplan.`,
      whatToCheck: ['Report this as a fault of Plandrop, and look in Anaplan how the task ended.'],
    };
  }
  if (seen.isCut) return cut(subject, seen);
  const culprit = seen.nested?.find(({ outcome }) => outcome === 'failed') ?? own;
  const where = culprit === own || seen.nested === undefined ? '' : ` in "${excerpt(culprit.name, 120)}"`;
  const problem = culprit.problem ?? own.problem;
  if (problem !== undefined) {
    return {
      category: problem.category,
      ...(problem.code === undefined ? {} : { code: problem.code }),
      cause: problem.cause,
      message: `${capitalised(subject)} failed${where}: ${said(problem.text, task)}${applied(seen)}`,
      whatToCheck:
        (context.action.kind === 'processes' ? problem.whatToCheckInProcess : undefined) ?? problem.whatToCheck,
    };
  }
  // What other actions of a process say does not tell why this one failed.
  const reasons = culprit === own ? seen.reasons : culprit.reasons;
  const reason = topReason(reasons, 'rejected');
  const known = reason === undefined ? undefined : meaningOf(reason);
  const rejected = culprit.counts?.rejected ?? 0;
  const nothing = isAppliedInPart(seen) ? '' : 'nothing was loaded, ';
  const leftOut = rejected === 0 && reason?.severity === 'ignored';
  const what = leftOut ? 'rows were left out' : `${countOf(rejected, 'row was', 'rows were')} rejected`;
  if (reason !== undefined || rejected > 0) {
    return {
      category: known?.category ?? 'invalid-data',
      ...(reason?.code === undefined ? {} : { code: reason.code }),
      cause: known?.cause ?? 'Anaplan rejected every row.',
      message: `${capitalised(subject)} failed${where}: ${nothing}${what}.${reasonsInShort(reasons)}${missing(seen)}${applied(seen)}`,
      whatToCheck: [
        ...adviceOf(known),
        'When every row is rejected, compare the header and the order of columns with the import first.',
        OPEN_DUMP,
      ],
    };
  }
  return {
    category: 'unrecognised',
    cause: causeWithoutReason(task, culprit),
    message: `${capitalised(subject)} failed${where}: ${said('', task)}${applied(seen)}`,
    whatToCheck: [...(culprit.counts === undefined ? [] : [COMPARE_TOTALS]), RUN_BY_HAND, SUPPORT],
  };
}

function cut(subject: string, seen: Omit<TaskOutcome, 'diagnosis'>): Words {
  const rejected = seen.counts?.rejected ?? 0;
  const rejects =
    rejected === 0
      ? ''
      : ` At least ${countOf(rejected, 'row was', 'rows were')} rejected.${reasonsInShort(seen.reasons)}`;
  return {
    category: 'unrecognised',
    cause: 'Anaplan tells more of this task than Plandrop reads, and what was left out may have failed.',
    message: `${capitalised(subject)} ran, and it is not known whether all of it went well.${rejects}${applied(seen)}`,
    whatToCheck: [
      'Look in the action history of the model how each of its actions ended, and how many rows were rejected.',
      'Make several processes of it, and a step of each: no more than 2,000 actions, 200 failure dumps and 10,000 lines of results are read.',
    ],
  };
}

function causeWithoutReason(task: Task, { counts }: Judgement): string {
  if (task.result === undefined) return 'Anaplan says the task is complete and gives no result.';
  return counts === undefined
    ? 'Anaplan says the task was not successful and gives no reason.'
    : 'Anaplan says the task was not successful, and counts nothing that was rejected, warned about or ignored.';
}

function said(text: string, task: Task): string {
  if (text !== '') return `Anaplan says "${excerpt(text, 500)}".`;
  const step = excerpt(task.currentStep ?? '', 120);
  return step === '' || /^complete/i.test(step)
    ? 'Anaplan gave no reason.'
    : `Anaplan gave no reason; its last step was "${step}".`;
}

/** The dump is opened for every reason, and that is said last. */
function adviceOf(known: Message | undefined): readonly string[] {
  return known?.whatToCheck.filter((check) => check !== OPEN_DUMP) ?? [];
}

/** The most frequent of the reasons for rejected rows, or the first of them where each came once. */
function reasonsInShort(reasons: readonly Reason[]): string {
  const reason = topReason(reasons, 'rejected');
  if (reason === undefined) return '';
  if (reason.count > 1) return ` Most frequent: "${excerpt(reason.text, 200)}" (${countOf(reason.count, 'time')}).`;
  const like = reasons.filter(({ severity }) => severity === reason.severity);
  const shown = like.slice(0, 3).map(({ text }) => `"${excerpt(text, 200)}"`);
  const rest = like.length - shown.length;
  return ` ${like.length === 1 ? 'Reason' : 'Reasons'}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

function missing(seen: Pick<TaskOutcome, 'missingMembers'>): string {
  const [first] = seen.missingMembers;
  if (first === undefined || first.members.length === 0) return '';
  const shown = first.members.slice(0, 5).map((member) => excerpt(member, 60));
  const rest = first.count - shown.length;
  return ` Missing${first.list === undefined ? '' : ` from ${excerpt(first.list, 80)}`}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

/** A process is not atomic: what its other actions did stays, and so does what the one loaded that failed (anaplan-notes: Processes). */
function applied(seen: Omit<TaskOutcome, 'diagnosis'>): string {
  const done = doneActions(seen.nested ?? []);
  const others = seen.nested?.filter((action) => !done.includes(action)) ?? [seen];
  const rows = others.reduce((sum, action) => sum + loadedRows(action), 0);
  const cells = others.reduce((sum, action) => sum + (action.cells ?? 0), 0);
  const names = done.slice(0, 5).map(({ name }) => `"${excerpt(name, 80)}"`);
  const rest = done.length - names.length;
  return [
    done.length === 0 ? '' : ` Already applied: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`,
    rows === 0 ? '' : ` ${countOf(rows, 'row')} had been loaded before.`,
    cells === 0 ? '' : ` ${countOf(cells, 'cell')} had been written.`,
  ].join('');
}

/** A module import counts the cells that it wrote, and no rows. */
function isAppliedInPart(seen: Omit<TaskOutcome, 'diagnosis'>): boolean {
  return loadedRows(seen) > 0 || (seen.cells ?? 0) > 0 || doneActions(seen.nested ?? []).length > 0;
}

function loadedRows({ counts }: Pick<TaskOutcome, 'counts'>): number {
  return (counts?.created ?? 0) + (counts?.updated ?? 0);
}

function doneActions(nested: readonly Judgement[]): readonly Judgement[] {
  return nested.filter(({ outcome }) => outcome === 'succeeded' || outcome === 'succeeded-with-rejects');
}

function topReason(reasons: readonly Reason[], severity: Reason['severity']): Reason | undefined {
  return reasons.find((reason) => reason.severity === severity) ?? reasons[0];
}

function meaningOf(reason: Reason): Message {
  return lookUpMessage({ ...(reason.code === undefined ? {} : { type: reason.code }), localMessageText: reason.text });
}

function referencesOf(task: Task, context: TaskContext, seen: Omit<TaskOutcome, 'diagnosis'>): Record<string, string> {
  const culprit = seen.nested?.find(({ outcome }) => outcome !== 'succeeded');
  return {
    action: excerpt(context.action.name, 120),
    objectId: excerpt(context.action.id, 80),
    taskId: excerpt(task.taskId, 80),
    ...(culprit === undefined
      ? {}
      : { failedObjectId: excerpt(culprit.objectId, 80), failedObject: excerpt(culprit.name, 120) }),
    ...(context.model === undefined ? {} : { model: excerpt(context.model, 120) }),
    ...(context.user === undefined ? {} : { user: excerpt(context.user, 120) }),
  };
}
