import type { Detail } from './messages.ts';
import type { Outcome } from './outcome.ts';

/** The path segment under which a task is started and polled. */
export type ActionKind = 'imports' | 'exports' | 'actions' | 'processes';

export type TaskState = 'NOT_STARTED' | 'IN_PROGRESS' | 'COMPLETE' | 'CANCELLING' | 'CANCELLED';

export interface MappingParameter {
  entityType: string;
  entityName: string;
  importId?: string | undefined;
}

/** Who started a task. */
export interface Starter {
  userId: string;
  email: string;
  /** what the request said of its sender, for tests that tell senders apart */
  userAgent?: string | undefined;
  admin: boolean;
  mayRun: boolean;
  /** names of actions, and of lists and modules, that are denied */
  mayNotRun: ReadonlySet<string>;
  mayNotWrite: ReadonlySet<string>;
}

/** One action that a task runs: the only one, or one of a process. */
export interface TaskPart {
  objectId: string;
  name: string;
  kind: Exclude<ActionKind, 'processes'>;
  durationMs: number;
  /** set once its time has come and it has done its work */
  outcome?: Outcome;
  endedAt?: number;
}

/** A task. What state it is in follows from its times; nothing ticks. Times are epoch milliseconds. */
export interface Task {
  taskId: string;
  kind: ActionKind;
  objectId: string;
  name: string;
  starter: Starter;
  mapping: readonly MappingParameter[];
  createdAt: number;
  startsAt: number;
  endsAt: number;
  /** what it has to end with, by the will of a scenario */
  fails: Omit<Detail, 'occurrences'> | undefined;
  parts: TaskPart[];
  cancel?: { stopsAt: number; doneAt: number; by: string };
  /** set when it is over */
  final?: 'COMPLETE' | 'CANCELLED' | undefined;
}

/** True when its starter may not run it at all: then it fails as a whole, before its first action. */
export function isForbidden({ starter, name }: Task): boolean {
  return !starter.mayRun || starter.mayNotRun.has(name);
}

/** The state at a time, for a task that has been settled until then. */
export function stateOf(task: Task, at: number): TaskState {
  if (task.final) return task.final;
  if (task.cancel) return 'CANCELLING';
  return at < task.startsAt ? 'NOT_STARTED' : 'IN_PROGRESS';
}

/** 0 to 1. */
export function progressOf(task: Task, at: number): number {
  if (task.final) return 1;
  const length = task.endsAt - task.startsAt;
  if (at <= task.startsAt || length <= 0) return 0;
  return Math.min(0.99, Math.round(((at - task.startsAt) / length) * 100) / 100);
}
