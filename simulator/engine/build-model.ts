import { defaultColumns } from '../definition/default-columns.ts';
import type { ModelPlan } from '../definition/tenant-definition.ts';
import type { ImportAction, Step } from './actions.ts';
import { Calendar } from './calendar.ts';
import { ObjectIds, stableHex } from './ids.ts';
import { List } from './list.ts';
import { mapColumns } from './map-columns.ts';
import { Model, type ModelSurroundings } from './model.ts';
import { cellKey, type Dimension, type LineItemFormat, locate, Module, readCell } from './module.ts';

export interface ModelPlace {
  workspaceId: string;
  workspaceName: string;
}

/** Makes a model out of its checked definition. Ids follow from names and order, so that each start has the same. */
export async function buildModel(
  name: string,
  plan: ModelPlan,
  place: ModelPlace,
  around: ModelSurroundings,
): Promise<Model> {
  const ids = new ObjectIds();
  for (const id of fixedIds(plan)) ids.reserve(id);
  const model = new Model(
    {
      id: plan.id ?? stableHex(place.workspaceName, name).toUpperCase(),
      name,
      ...place,
      state: plan.state,
      loaded: plan.loaded,
    },
    { calendar: new Calendar(plan.calendar.start, plan.calendar.months), versions: plan.versions },
    ids,
    around,
  );
  addLists(model, plan, ids);
  addModules(model, plan, ids);
  await addImports(model, plan, ids, around);
  addOtherActions(model, plan, ids);
  return model;
}

function fixedIds(plan: ModelPlan): string[] {
  const groups = [plan.lists, plan.modules, plan.imports, plan.exports, plan.actions, plan.processes];
  const own = groups.flatMap((group) => Object.values<{ id?: string | undefined }>(group).map((each) => each.id));
  const files = Object.values(plan.imports).map((each) => each.file?.id);
  return [...own, ...files].filter((id) => id !== undefined);
}

function addLists(model: Model, plan: ModelPlan, ids: ObjectIds): void {
  const add = (name: string): List | undefined => {
    const known = model.lists.get(name);
    const list = plan.lists[name];
    if (known || !list) return known;
    const parent = list.parent === undefined || list.parent === name ? undefined : add(list.parent);
    const head = { id: list.id ?? ids.next('list'), name, numbered: list.numbered, parent };
    const made = new List(head, new Map(Object.entries(list.properties)), () => ids.next('item'));
    model.lists.set(name, made);
    for (const entry of list.items) {
      const above = entry.parent === undefined ? undefined : (parent ?? made).find(entry.parent);
      const item = made.add({ name: entry.name ?? entry.code ?? '', code: entry.code ?? '', parent: above });
      for (const [property, value] of Object.entries(entry.properties)) item.properties.set(property, value);
    }
    return made;
  };
  for (const name of Object.keys(plan.lists)) add(name);
}

function addModules(model: Model, plan: ModelPlan, ids: ObjectIds): void {
  for (const [name, module] of Object.entries(plan.modules)) {
    const dimensions = module.by.map((each) => dimensionOf(model, each));
    const lineItems = Object.entries(module.items).map(([itemName, item]) => ({
      id: ids.next('lineItem'),
      name: itemName,
      format: formatOf(model, item.format),
      calculated: item.calculated,
    }));
    const made = new Module({ id: module.id ?? ids.next('module'), name }, dimensions, lineItems);
    model.modules.set(name, made);
    for (const cell of module.cells) {
      const at = dimensions.map((dimension) => locate(dimension, cell[dimension.name] ?? ''));
      const key = cellKey(at.flatMap((each) => (each.ok ? [each.at] : [])));
      for (const item of lineItems) {
        const text = cell[item.name];
        const value =
          text === undefined ? undefined : readCell(item, text, { dateFormat: 'YYYY-MM-DD', decimalSeparator: '.' });
        if (value?.ok) made.set(item, key, value.value);
      }
    }
  }
}

function dimensionOf(model: Model, name: string): Dimension {
  if (name === 'Time') return { kind: 'time', name, calendar: model.calendar };
  if (name === 'Versions') return { kind: 'versions', name, versions: model.versions };
  return { kind: 'list', name, list: known(model.lists.get(name), name) };
}

function formatOf(model: Model, format: string): LineItemFormat {
  if (format === 'number' || format === 'text' || format === 'boolean' || format === 'date') return format;
  return { list: known(model.lists.get(format), format) };
}

/** Definitions are checked before they are built; this only tells the compiler. */
function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TypeError(`the definition names ${name}, which it does not have`);
  return value;
}

async function addImports(model: Model, plan: ModelPlan, ids: ObjectIds, around: ModelSurroundings): Promise<void> {
  const fileIds = new Map<string, string>();
  for (const [name, action] of Object.entries(plan.imports)) {
    const file = action.file ?? {
      name: `${name}.csv`,
      encoding: 'UTF-8' as const,
      separator: ',',
      delimiter: '"',
      headerRow: 1,
      firstDataRow: 2,
    };
    const format = {
      encoding: file.encoding,
      separator: file.separator,
      delimiter: file.delimiter,
      headerRow: file.headerRow,
      firstDataRow: file.firstDataRow,
    };
    let fileId = action.from === undefined ? fileIds.get(file.name) : undefined;
    if (fileId === undefined && action.from === undefined) {
      fileId = file.id ?? ids.next('file');
      fileIds.set(file.name, fileId);
      const fallback = 'default' in file ? file.default : undefined;
      const content = fallback && (await around.spool.keep([Buffer.from(fallback.content)]));
      model.files.add({
        id: fileId,
        name: file.name,
        format,
        fallback: fallback && content ? { content, for: fallback.for } : undefined,
      });
    }
    const columns = action.columns ?? defaultColumns(plan, action);
    const from =
      action.from === undefined ? undefined : (model.modules.get(action.from) ?? model.lists.get(action.from));
    const made: ImportAction = {
      id: action.id ?? ids.next('import'),
      name,
      fileId,
      from,
      format,
      formats: { dateFormat: action.dateFormat, decimalSeparator: action.decimalSeparator },
      ...mapColumns(model, action.into, columns, action.mapped),
      ask: action.ask,
      seconds: action.seconds,
    };
    model.imports.set(made.id, made);
  }
}

function addOtherActions(model: Model, plan: ModelPlan, ids: ObjectIds): void {
  const byName = new Map<string, Step>();
  for (const action of model.imports.values()) byName.set(action.name, { kind: 'imports', action });
  for (const [name, each] of Object.entries(plan.exports)) {
    const id = each.id ?? ids.next('export');
    const from = known(model.modules.get(each.from) ?? model.lists.get(each.from), each.from);
    const format = { separator: each.separator, encoding: each.encoding, omitEmpty: each.omitEmpty, bytes: each.bytes };
    const action = { id, name, from, format, exportType: each.exportType, seconds: each.seconds };
    model.exports.set(id, action);
    model.files.add({ id, name: each.name ?? `${name}.csv`, format: undefined, fallback: undefined });
    byName.set(name, { kind: 'exports', action });
  }
  for (const [name, each] of Object.entries(plan.actions)) {
    const list = known(model.lists.get(each.delete), each.delete);
    const id = each.id ?? ids.next('action');
    const action = { id, name, list, where: each.where, filter: each.filter, seconds: each.seconds };
    model.actions.set(action.id, action);
    byName.set(name, { kind: 'actions', action });
  }
  for (const [name, each] of Object.entries(plan.processes)) {
    const id = each.id ?? ids.next('process');
    model.processes.set(id, { id, name, steps: each.steps.map((step) => known(byName.get(step), step)) });
  }
}
