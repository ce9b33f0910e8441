import { deleteItems } from '../actions/delete-items.ts';
import { runExport } from '../actions/export.ts';
import { importIntoList } from '../actions/import-list.ts';
import { importIntoModule } from '../actions/import-module.ts';
import type { ImportAction, Step } from './actions.ts';
import { readAll } from './file-shelf.ts';
import type { Detail } from './messages.ts';
import type { Model } from './model.ts';
import { couldNotRun, type Outcome } from './outcome.ts';
import { openSource } from './source.ts';
import type { Spool } from './spool.ts';
import { isForbidden, type MappingParameter, type Task } from './task.ts';

/** Does the work of one step of a task on its model, as of a time. Missing permission is an outcome, not an error. */
export async function runStep(model: Model, task: Task, step: Step, spool: Spool, at: number): Promise<Outcome> {
  const { starter } = task;
  const refused = isForbidden(task)
    ? task.name
    : starter.mayNotRun.has(step.action.name)
      ? step.action.name
      : undefined;
  if (refused !== undefined) return couldNotRun({ type: 'notAuthorised', values: { actionName: refused } });
  switch (step.kind) {
    case 'imports': {
      const outcome = await runImport(model, step.action, task, spool, at);
      model.dumps.put(starter.userId, step.action.id, task.taskId, outcome.dump, at);
      return outcome;
    }
    case 'exports': {
      const { from, name, format, id } = step.action;
      const { outcome, file } = await runExport(from, name, format, spool);
      model.files.putOutput(starter.userId, id, file, at);
      return outcome;
    }
    case 'actions': {
      const { list, where, filter } = step.action;
      return deleteItems(list, where, filter, [...model.modules.values()]);
    }
  }
}

async function runImport(model: Model, action: ImportAction, task: Task, spool: Spool, at: number): Promise<Outcome> {
  const refusal = writeRefusal(action, task);
  if (refusal) return couldNotRun(refusal);
  const target = withParameters(action, task.mapping);
  if ('type' in target) return couldNotRun(target);
  const reader = { userId: task.starter.userId, admin: task.starter.admin };
  const plain = { separator: ',', encoding: 'UTF-8', omitEmpty: true } as const;
  const parts = action.from
    ? [(await runExport(action.from, action.name, plain, spool)).file]
    : model.files.content(reader, action.fileId ?? '', at);
  if (!parts) return couldNotRun({ type: 'uploadedFileNoLongerAvailable', values: {} });
  try {
    const source = await openSource(readAll(parts), action.format, action.headers, action.mapped);
    return target.kind === 'list'
      ? await importIntoList(target.list, target.mapping, source, action.formats, spool)
      : await importIntoModule(target.module, target.mapping, source, action.formats, spool);
  } finally {
    for (const part of parts) part.release();
  }
}

function writeRefusal({ target }: ImportAction, { starter }: Task): Omit<Detail, 'occurrences'> | undefined {
  if (target.kind === 'list') {
    if (!starter.mayNotWrite.has(target.list.name)) return undefined;
    return { type: 'hierarchyImportNoSelectiveEditing', values: { hierarchyName: target.list.name } };
  }
  if (!starter.mayNotWrite.has(target.module.name)) return undefined;
  return { type: 'moduleImportNoWriteAccess', values: { moduleName: target.module.name } };
}

/** The import's target with what the caller named for the dimensions it asks for. */
function withParameters(action: ImportAction, parameters: readonly MappingParameter[]) {
  const { target } = action;
  if (target.kind === 'list' || action.ask.length === 0) return target;
  const dimensions = [...target.mapping.dimensions];
  for (const name of action.ask) {
    const parameter = parameters.find(
      (each) => matches(each.entityType, name) && (each.importId === undefined || each.importId === action.id),
    );
    const dimension = target.module.dimension(name);
    if (!parameter || !dimension) {
      const message = `no mapping was given for ${name}`;
      return { type: 'moduleImportFailed' as const, values: { moduleName: target.module.name, message } };
    }
    dimensions.push({ dimension, fixed: parameter.entityName });
  }
  return { ...target, mapping: { ...target.mapping, dimensions } };
}

/** `Version` asks for the dimension `Versions`. */
const matches = (entityType: string, dimension: string) =>
  entityType.toLowerCase() === dimension.toLowerCase() || `${entityType.toLowerCase()}s` === dimension.toLowerCase();
