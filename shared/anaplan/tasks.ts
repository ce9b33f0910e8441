import * as z from 'zod';
import { readJson } from './answer.ts';
import type { Caller } from './caller.ts';
import { collection, listAll } from './paging.ts';
import { segment, tasksPath } from './paths.ts';
import * as schemas from './schemas.ts';
import type { ActionRef, ModelRef, Task } from './types.ts';

/** An answer to a dimension the import asks for each time; `importId` names the import inside a process. */
export interface MappingParameter {
  entityType: string;
  entityName: string;
  importId?: string;
}

export interface StartOptions {
  mappingParameters?: readonly MappingParameter[];
  signal?: AbortSignal;
}

/** The only locale Anaplan supports; without it, and ahead of all else, a start is refused (anaplan-notes: Starting a task). */
const LOCALE = { localeName: 'en_US' };

export function startTask(
  caller: Caller,
  model: ModelRef,
  action: ActionRef,
  options: StartOptions,
): Promise<schemas.StartedTask> {
  const { mappingParameters = [], signal } = options;
  const json = mappingParameters.length === 0 ? LOCALE : { ...LOCALE, mappingParameters };
  const ask = { name: 'startTask', method: 'POST', path: tasksPath(model, action), json, signal } as const;
  return caller.call(ask, (answer) => readJson(answer, schemas.startAnswer));
}

const tasks = collection(['tasks', 'task'], schemas.task, (task) => task.taskId);

/** `result` is left out of a list's entries by Anaplan; ids, states and times are what it is for. */
export async function listTasks(caller: Caller, model: ModelRef, action: ActionRef): Promise<Task[]> {
  const ask = { name: 'listTasks', method: 'GET', path: tasksPath(model, action) } as const;
  return listAll(caller, ask, tasks);
}

const taskAnswer = z.object({ task: schemas.task });

export async function getTask(caller: Caller, model: ModelRef, action: ActionRef, taskId: string): Promise<Task> {
  const path = `${tasksPath(model, action)}/${segment(taskId)}`;
  return (await caller.call({ name: 'getTask', method: 'GET', path }, (answer) => readJson(answer, taskAnswer))).task;
}

export async function cancelTask(
  caller: Caller,
  model: ModelRef,
  action: ActionRef,
  taskId: string,
): Promise<Task | undefined> {
  const path = `${tasksPath(model, action)}/${segment(taskId)}`;
  // Nobody has captured this answer; one without the task still says that the request was taken, and the poll tells the rest.
  const taken = z.union([taskAnswer.transform((body) => body.task), z.unknown().transform(() => undefined)]);
  return caller.call({ name: 'cancelTask', method: 'DELETE', path }, (answer) =>
    readJson(answer, taken).catch(() => undefined),
  );
}
