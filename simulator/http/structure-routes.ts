import type { Hono } from 'hono';
import { notFound } from '../engine/api-error.ts';
import { OBJECT_PREFIX } from '../engine/ids.ts';
import type { List } from '../engine/list.ts';
import type { Model } from '../engine/model.ts';
import type { LineItem, Module } from '../engine/module.ts';
import { flag, type RequestEnv, type Simulation } from './context.ts';
import { one, page } from './envelope.ts';
import { type CallKind, inModel } from './in-model.ts';

const waits: CallKind = { waits: true };

/** What a model is made of: lists and their items, modules and their line items, versions. All of it waits for a busy model. */
export function addStructureRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { quirks } = simulation.tenant;

  routes.get('/lists', (c) =>
    inModel(simulation, c, waits, (model) => {
      const lists = [...model.lists.values()].map(({ id, name }) => ({ id, name }));
      return page(c, 'lists', 'list', model.id, lists, quirks);
    }),
  );
  routes.get('/lists/:id', (c) =>
    inModel(simulation, c, waits, (model) => {
      const list = listOf(model, c.req.param('id'));
      return one(c, 'metadata', 'list', model.id, listMetadata(list), quirks);
    }),
  );
  routes.get('/lists/:id/items', (c) =>
    inModel(simulation, c, waits, (model) => {
      const list = listOf(model, c.req.param('id'));
      const items = listItems(list, flag(c, 'includeAll'));
      return one(c, 'listItems', 'list', undefined, items, quirks);
    }),
  );
  routes.get('/modules', (c) =>
    inModel(simulation, c, waits, (model) => {
      const modules = [...model.modules.values()].map(({ id, name }) => ({ id, name }));
      return page(c, 'modules', 'module', model.id, modules, quirks);
    }),
  );
  routes.get('/lineItems', (c) =>
    inModel(simulation, c, waits, (model) => {
      const all = flag(c, 'includeAll');
      const items = [...model.modules.values()].flatMap((module) =>
        module.lineItems.map((item) => lineItemJson(module, item, all)),
      );
      return one(c, 'items', 'lineItem', undefined, items, quirks);
    }),
  );
  routes.get('/modules/:id/lineItems', (c) =>
    inModel(simulation, c, waits, (model) => {
      const module = moduleOf(model, c.req.param('id'));
      const all = flag(c, 'includeAll');
      const items = module.lineItems.map((item) => lineItemJson(module, item, all));
      return one(c, 'items', 'lineItem', undefined, items, quirks);
    }),
  );
  routes.get('/versions', (c) =>
    inModel(simulation, c, waits, (model) => {
      const versions = model.versions.map((name, i) => ({
        id: versionId(i),
        name,
        isCurrent: i === 1,
        isActual: i === 0,
      }));
      return one(c, 'versionMetadata', 'version', undefined, versions, quirks);
    }),
  );
}

/** @throws ApiError 404 */
export function listOf(model: Model, id: string): List {
  const list = [...model.lists.values()].find((each) => each.id === id);
  if (!list) throw notFound();
  return list;
}

/** @throws ApiError 404 */
export function moduleOf(model: Model, id: string): Module {
  const module = [...model.modules.values()].find((each) => each.id === id);
  if (!module) throw notFound();
  return module;
}

export const versionId = (index: number) => OBJECT_PREFIX.version + String(index).padStart(9, '0');

function listMetadata(list: List): object {
  return {
    id: list.id,
    name: list.name,
    properties: [...list.properties].map(([name, format]) => ({ name, format: format.toUpperCase() })),
    hasSelectiveAccess: false,
    ...(list.parent ? { parent: { id: list.parent.id, name: list.parent.name } } : {}),
    managedBy: '',
    numberedList: list.numbered,
    useTopLevelAsPageDefault: false,
    itemCount: list.size,
    workflowEnabled: false,
    productionData: false,
  };
}

function listItems(list: List, all: boolean): object[] {
  return list.items.map((item) => ({
    id: item.id,
    name: item.name,
    ...(item.code ? { code: item.code } : {}),
    ...(item.parent ? { parent: item.parent.name, parentId: item.parent.id } : {}),
    ...(all ? { subsets: {}, properties: Object.fromEntries(item.properties) } : {}),
  }));
}

function lineItemJson(module: Module, item: LineItem, all: boolean): object {
  const head = { moduleId: module.id, moduleName: module.name, id: item.id, name: item.name };
  if (!all) return head;
  const dataType = typeName(item);
  const lists = module.dimensions.flatMap((each) => (each.kind === 'list' ? [each.list] : []));
  return {
    ...head,
    isSummary: false,
    startOfSection: false,
    broughtForward: false,
    useSwitchover: false,
    breakback: false,
    version: { name: 'All', id: '20000000020' },
    appliesTo: lists.map(({ id, name }) => ({ id, name })),
    dataTags: [],
    referencedBy: [],
    formula: item.calculated ? '(calculated)' : '',
    format: dataType,
    formatMetadata: { dataType },
    summary: 'Sum',
    timeScale: module.dimensions.some((each) => each.kind === 'time') ? 'Month' : 'Not Applicable',
    timeRange: 'Model Calendar',
    formulaScope: 'All Versions',
    style: 'Normal',
    notes: '',
  };
}

/** As metadata names a line item's format. */
export const typeName = (item: LineItem) => (typeof item.format === 'string' ? item.format.toUpperCase() : 'ENTITY');
