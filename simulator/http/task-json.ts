import type { Quirks } from '../definition/quirks.ts';
import { type Detail, messageText } from '../engine/messages.ts';
import { isForbidden, progressOf, stateOf, type Task, type TaskPart, type TaskState } from '../engine/task.ts';
import type { Tenant } from '../engine/tenant.ts';

export interface TaskJson {
  taskId: string;
  type?: string;
  currentStep?: string;
  progress: number;
  /** `FAILED` only when the switch `failedIsComplete` is off */
  taskState: TaskState | 'FAILED';
  creationTime: number;
  cancelledBy?: string;
  result?: ResultJson;
}

interface ResultJson {
  objectId: string;
  objectName?: string;
  successful: boolean;
  failureDumpAvailable: boolean;
  details?: object[];
  nestedResults?: ResultJson[];
  startTime?: string | number;
  duration?: string | number;
}

/** A task as a poll shows it. @param withTimes as asked for by `includeProcessDetails` */
export function taskJson(task: Task, at: number, tenant: Tenant, withTimes: boolean): TaskJson {
  const state = stateOf(task, at);
  const step = stepOf(task, state);
  const result = task.final ? resultOf(task, tenant.quirks, withTimes) : undefined;
  const canceller = task.cancel && task.cancel.by !== task.starter.email ? tenant.user(task.cancel.by) : undefined;
  return {
    ...(task.kind === 'processes' ? { type: 'taskInformation' } : {}),
    taskId: task.taskId,
    ...(step === undefined ? {} : { currentStep: step }),
    progress: progressOf(task, at),
    ...(canceller ? { cancelledBy: `${canceller.plan.firstName} ${canceller.plan.lastName}` } : {}),
    ...(result ? { result } : {}),
    taskState: !tenant.quirks.failedIsComplete && state === 'COMPLETE' && !result?.successful ? 'FAILED' : state,
    creationTime: task.createdAt,
  };
}

function stepOf(task: Task, state: TaskState): string | undefined {
  if (state === 'COMPLETE') return task.parts.some((part) => part.outcome?.ran) ? 'Complete.' : 'Failed.';
  if (state === 'IN_PROGRESS') return `${VERB[task.kind]} ${task.name}`;
  if (state === 'CANCELLING') return 'Cancelling.';
  return state === 'CANCELLED' ? 'Cancelled.' : undefined;
}

const VERB = { imports: 'Importing', exports: 'Exporting', actions: 'Running', processes: 'Running' } as const;

function resultOf(task: Task, quirks: Quirks, withTimes: boolean): ResultJson {
  const name = quirks.objectNamesLeftOut ? {} : { objectName: task.name };
  const times = withTimes ? timesOf(task.startsAt, task.cancel?.doneAt ?? task.endsAt, quirks) : {};
  const [only] = task.parts;
  // a process that may not be run fails as a whole, before its first action
  if (task.kind !== 'processes' || isForbidden(task)) {
    return { objectId: task.objectId, ...name, ...(only ? partResult(task, only, quirks) : FAILED), ...times };
  }
  let startsAt = task.startsAt;
  const nested: ResultJson[] = [];
  for (const part of task.parts) {
    const endsAt = startsAt + part.durationMs;
    // after a cancel, what never began is not told of
    if (part.outcome || (task.cancel && startsAt <= task.cancel.stopsAt)) {
      const { details, ...result } = partResult(task, part, quirks);
      const bare = quirks.bareNestedResults && part.kind === 'actions' && part.outcome?.successful;
      const shown = bare ? {} : { details: details ?? [] };
      const partTimes = withTimes ? timesOf(startsAt, endsAt, quirks) : {};
      nested.push({
        objectId: part.objectId,
        ...(quirks.objectNamesLeftOut ? {} : { objectName: part.name }),
        ...result,
        ...shown,
        ...partTimes,
      });
    }
    startsAt = endsAt;
  }
  const looksFailed = quirks.processFalseNegatives && task.parts.some((part) => part.outcome?.ignored);
  return {
    objectId: task.objectId,
    ...name,
    successful: !looksFailed && !task.cancel && nested.every((each) => each.successful),
    failureDumpAvailable: nested.some((each) => each.failureDumpAvailable),
    nestedResults: nested,
    ...times,
  };
}

const FAILED = { successful: false, failureDumpAvailable: false, details: [] };

function partResult(task: Task, part: TaskPart, quirks: Quirks): Omit<ResultJson, 'objectId'> {
  const { outcome } = part;
  if (!outcome) {
    const type = part.kind === 'exports' ? 'msgExportCancelled' : 'msgImportCancelled';
    return { ...FAILED, details: task.cancel ? [detailJson({ type, occurrences: 0, values: {} }, quirks)] : [] };
  }
  return {
    successful: outcome.successful || (outcome.ran && !quirks.rejectsAreUnsuccessful),
    failureDumpAvailable: outcome.dump !== undefined,
    details: outcome.details.map((detail) => detailJson(detail, quirks)),
  };
}

function detailJson({ type, occurrences, values }: Detail, quirks: Quirks): object {
  const flat = Object.entries(values).flatMap(([name, value]) => [
    name,
    value === null && !quirks.nullValues ? '' : value === null ? null : String(value),
  ]);
  return { localMessageText: messageText(type, values), occurrences, type, values: flat };
}

function timesOf(
  startsAt: number,
  endsAt: number,
  quirks: Quirks,
): { startTime: string | number; duration: string | number } {
  const [startTime, duration] = [Math.round(startsAt), Math.round(endsAt - startsAt)];
  return quirks.durationIsString
    ? { startTime: String(startTime), duration: String(duration) }
    : { startTime, duration };
}
