import type { Task, TaskResult } from '../anaplan/types.ts';
import { resultParts } from './result-parts.ts';
import { excerpt } from './words.ts';

/** A line of a task's result as people read it; of an action inside a process it begins with the action's name. */
export interface TaskLine {
  type: string;
  text: string;
  occurrences: number;
}

const MAX_LINES = 50;

/**
 * What a task said: its own lines, then those of a process's actions, the failed ones first, because they say why. `names` has the
 * names of objects by id, which Anaplan often leaves out (anaplan-notes: Processes).
 */
export function taskLines({ result }: Task, names: Readonly<Record<string, string>> = {}): TaskLine[] {
  if (result === undefined) return [];
  const { actions } = resultParts(result);
  const failedFirst = [...actions.filter(isFailed), ...actions.filter((action) => !isFailed(action))];
  return [...linesOf(result), ...failedFirst.flatMap((action) => linesOf(action, nameOf(action, names)))].slice(
    0,
    MAX_LINES,
  );
}

function isFailed({ successful }: TaskResult): boolean {
  return successful === false;
}

function nameOf({ objectId, objectName }: TaskResult, names: Readonly<Record<string, string>>): string | undefined {
  const known = objectId !== undefined && Object.hasOwn(names, objectId) ? names[objectId] : undefined;
  return objectName || known || objectId;
}

function linesOf({ details }: TaskResult, name?: string): TaskLine[] {
  const prefix = name === undefined ? '' : `"${excerpt(name, 120)}": `;
  return details.slice(0, MAX_LINES).map(({ type, localMessageText, occurrences }) => ({
    type: excerpt(type, 120),
    text: `${prefix}${excerpt(localMessageText, 500)}`,
    occurrences,
  }));
}
