import * as z from 'zod';
import { readJson } from './answer.ts';
import type { Caller } from './caller.ts';
import type { CallName } from './calls.ts';
import { byId, type Collection, collection, listAll } from './paging.ts';
import { modelPath, segment } from './paths.ts';
import * as schemas from './schemas.ts';
import type { AnaplanImport, ImportSource, ModelRef } from './types.ts';

const imports = collection('imports', schemas.importEntry, byId);
const exports = collection('exports', schemas.exportEntry, byId);
const actions = collection('actions', schemas.action, byId);
const processes = collection('processes', schemas.processEntry, byId);

function list<T>(caller: Caller, name: CallName, model: ModelRef, of: Collection<T>): Promise<T[]> {
  return listAll(caller, { name, method: 'GET', path: `${modelPath(model)}/${of.names[0]}` }, of);
}

export const listImports = (caller: Caller, model: ModelRef): Promise<AnaplanImport[]> =>
  list(caller, 'listImports', model, imports);

export const listExports = (caller: Caller, model: ModelRef): Promise<schemas.AnaplanExport[]> =>
  list(caller, 'listExports', model, exports);

export const listActions = (caller: Caller, model: ModelRef): Promise<schemas.AnaplanAction[]> =>
  list(caller, 'listActions', model, actions);

export const listProcesses = (caller: Caller, model: ModelRef): Promise<schemas.AnaplanProcess[]> =>
  list(caller, 'listProcesses', model, processes);

export async function getImport(caller: Caller, model: ModelRef, importId: string, name: CallName = 'getImport') {
  const schema = z.object({ importMetadata: schemas.importMetadata });
  const path = `${modelPath(model)}/imports/${segment(importId)}`;
  return (await caller.call({ name, method: 'GET', path }, (answer) => readJson(answer, schema))).importMetadata;
}

export async function getImportSource(
  caller: Caller,
  model: ModelRef,
  importId: string,
): Promise<ImportSource | undefined> {
  return (await getImport(caller, model, importId, 'getImportSource')).source;
}

export async function getExport(caller: Caller, model: ModelRef, exportId: string): Promise<schemas.ExportMetadata> {
  const schema = z.object({ exportMetadata: schemas.exportMetadata });
  const path = `${modelPath(model)}/exports/${segment(exportId)}`;
  return (await caller.call({ name: 'getExport', method: 'GET', path }, (answer) => readJson(answer, schema)))
    .exportMetadata;
}

export async function getAction(caller: Caller, model: ModelRef, actionId: string): Promise<schemas.AnaplanAction> {
  const schema = z.object({ action: schemas.action });
  const path = `${modelPath(model)}/actions/${segment(actionId)}`;
  return (await caller.call({ name: 'getAction', method: 'GET', path }, (answer) => readJson(answer, schema))).action;
}

export async function getProcess(caller: Caller, model: ModelRef, processId: string): Promise<schemas.ProcessMetadata> {
  const schema = z.object({ processMetadata: schemas.processMetadata });
  const path = `${modelPath(model)}/processes/${segment(processId)}`;
  const ask = { name: 'getProcess', method: 'GET', path, query: { showImportDataSource: true } } as const;
  return (await caller.call(ask, (answer) => readJson(answer, schema))).processMetadata;
}
