import * as z from 'zod';
import { discard, readJson } from './answer.ts';
import type { Caller } from './caller.ts';
import { byId, collection, listAll } from './paging.ts';
import { apiPath } from './paths.ts';
import * as schemas from './schemas.ts';
import type { ModelRef } from './types.ts';

const workspaces = collection('workspaces', schemas.workspace, byId);
const models = collection('models', schemas.model, byId);

export function listWorkspaces(caller: Caller, tenantDetails: boolean): Promise<schemas.Workspace[]> {
  const path = apiPath`/workspaces`;
  const ask = { name: 'listWorkspaces', method: 'GET', path, query: tenantDetails ? { tenantDetails } : {} } as const;
  return listAll(caller, ask, workspaces);
}

export function listModels(caller: Caller, workspaceId: string | undefined): Promise<schemas.Model[]> {
  const path = workspaceId === undefined ? apiPath`/models` : apiPath`/workspaces/${workspaceId}/models`;
  const ask = { name: 'listModels', method: 'GET', path, query: { modelDetails: true } } as const;
  return listAll(caller, ask, models);
}

export function getModel(caller: Caller, modelId: string): Promise<schemas.Model> {
  const path = apiPath`/models/${modelId}`;
  const schema = z.object({ model: schemas.model });
  return caller.call({ name: 'getModel', method: 'GET', path, query: { modelDetails: true } }, async (answer) => {
    return (await readJson(answer, schema)).model;
  });
}

export function getModelStatus(caller: Caller, { modelId }: Pick<ModelRef, 'modelId'>): Promise<schemas.ModelStatus> {
  const path = apiPath`/models/${modelId}/status`;
  return caller.call({ name: 'getModelStatus', method: 'GET', path }, (answer) =>
    readJson(answer, schemas.modelStatus),
  );
}

export function wakeModel(caller: Caller, { modelId }: Pick<ModelRef, 'modelId'>): Promise<'open' | 'opening'> {
  const path = apiPath`/models/${modelId}/open`;
  return caller.call({ name: 'wakeModel', method: 'POST', path }, async (answer) => {
    await discard(answer);
    return answer.status === 202 ? 'opening' : 'open';
  });
}

export function getCurrentUser(caller: Caller): Promise<schemas.User> {
  const schema = z.object({ user: schemas.user });
  return caller.call({ name: 'getCurrentUser', method: 'GET', path: apiPath`/users/me` }, async (answer) => {
    return (await readJson(answer, schema)).user;
  });
}

/** Whether a model's status names this task as the one that runs now; an export's id has an ending there (anaplan-notes: Model status). */
export function statusNamesTask(status: { taskId?: string }, taskId: string): boolean {
  return status.taskId === taskId || (status.taskId?.startsWith(`${taskId}-`) ?? false);
}
