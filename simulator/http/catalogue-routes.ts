import type { Hono } from 'hono';
import { exportHeaders } from '../actions/export.ts';
import type { ExportAction, ImportAction, Step } from '../engine/actions.ts';
import { ApiError, notFound } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import { type LineItem, Module } from '../engine/module.ts';
import type { RequestEnv, Simulation } from './context.ts';
import { one, page } from './envelope.ts';
import { inModel } from './in-model.ts';

/** What a model holds: imports, exports, actions, processes with their metadata; lists and modules. */
export function addCatalogueRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { quirks } = simulation.tenant;
  const actionKinds = [
    ['imports', 'import', (model: Model) => [...model.imports.values()].map(importJson)],
    ['exports', 'export', (model: Model) => [...model.exports.values()].map(exportJson)],
    ['actions', 'action', (model: Model) => [...model.actions.values()].map(actionJson)],
    ['processes', 'process', (model: Model) => [...model.processes.values()].map(({ id, name }) => ({ id, name }))],
  ] as const;
  for (const [key, kind, rowsOf] of actionKinds) {
    routes.get(`/${key}`, (c) =>
      inModel(simulation, c, {}, (model) => page(c, key, kind, model.id, rowsOf(model), quirks)),
    );
  }

  routes.get('/imports/:id', (c) =>
    inModel(simulation, c, {}, (model) => {
      const action = model.imports.get(c.req.param('id'));
      if (!action) throw quirks.unknownImportIs500 ? new ApiError(500, 'Internal Server Error') : notFound();
      return one(c, 'importMetadata', 'importMetadata', model.id, importMetadata(action), quirks);
    }),
  );
  routes.get('/exports/:id', (c) =>
    inModel(simulation, c, {}, (model) => {
      const action = model.exports.get(c.req.param('id'));
      if (!action) throw notFound();
      return one(c, 'exportMetadata', 'exportMetadata', model.id, exportMetadata(action), quirks);
    }),
  );
  routes.get('/actions/:id', (c) =>
    inModel(simulation, c, {}, (model) => {
      const action = model.actions.get(c.req.param('id'));
      if (!action) throw notFound();
      return one(c, 'action', 'action', model.id, actionJson(action), quirks);
    }),
  );
  routes.get('/processes/:id', (c) =>
    inModel(simulation, c, {}, (model) => {
      const process = model.processes.get(c.req.param('id'));
      if (!process) throw notFound();
      const withFiles = c.req.query('showImportDataSource') === 'true';
      const actions = process.steps.map((step) => stepJson(step, withFiles));
      return one(c, 'processMetadata', 'processMetadata', model.id, { name: process.name, actions }, quirks);
    }),
  );

  routes.get('/lists', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const lists = [...model.lists.values()].map(({ id, name }) => ({ id, name }));
      return page(c, 'lists', 'list', model.id, lists, quirks);
    }),
  );
  routes.get('/lists/:id', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const list = listOf(model, c.req.param('id'));
      const metadata = {
        id: list.id,
        name: list.name,
        properties: [...list.properties].map(([name, format]) => ({ name, format: format.toUpperCase() })),
        hasSelectiveAccess: false,
        ...(list.parent ? { parent: { id: list.parent.id, name: list.parent.name } } : {}),
        numberedList: list.numbered,
        itemCount: list.size,
        productionData: false,
      };
      return one(c, 'metadata', 'list', model.id, metadata, quirks);
    }),
  );
  routes.get('/lists/:id/items', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const list = listOf(model, c.req.param('id'));
      const all = c.req.query('includeAll') === 'true';
      const items = list.items.map((item) => ({
        id: item.id,
        name: item.name,
        ...(item.code ? { code: item.code } : {}),
        ...(item.parent ? { parent: item.parent.name, parentId: item.parent.id } : {}),
        ...(all ? { subsets: {}, properties: Object.fromEntries(item.properties) } : {}),
      }));
      return one(c, 'listItems', 'list', undefined, items, quirks);
    }),
  );
  routes.get('/modules', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const modules = [...model.modules.values()].map(({ id, name }) => ({ id, name }));
      return page(c, 'modules', 'module', model.id, modules, quirks);
    }),
  );
  routes.get('/lineItems', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const items = [...model.modules.values()].flatMap((module) =>
        module.lineItems.map((item) => lineItemJson(module, item)),
      );
      return one(c, 'items', 'lineItem', undefined, items, quirks);
    }),
  );
  routes.get('/modules/:id/lineItems', (c) =>
    inModel(simulation, c, { waits: true }, (model) => {
      const module = [...model.modules.values()].find((each) => each.id === c.req.param('id'));
      if (!module) throw notFound();
      const items = module.lineItems.map((item) => lineItemJson(module, item));
      return one(c, 'items', 'lineItem', undefined, items, quirks);
    }),
  );
}

function listOf(model: Model, id: string) {
  const list = [...model.lists.values()].find((each) => each.id === id);
  if (!list) throw notFound();
  return list;
}

function importJson(action: ImportAction): object {
  const importType = action.target.kind === 'list' ? 'HIERARCHY_DATA' : 'MODULE_DATA';
  return { id: action.id, name: action.name, importDataSourceId: action.fileId ?? '', importType };
}

function importMetadata(action: ImportAction): object {
  if (action.fileId === undefined) return { name: action.name, type: 'MODEL' };
  const source = {
    textEncoding: action.format.encoding,
    columnSeparator: action.format.separator,
    textDelimiter: action.format.delimiter,
    headerRow: action.format.headerRow,
    firstDataRow: action.format.firstDataRow,
    decimalSeparator: action.formats.decimalSeparator,
    headerNames: action.headers,
    columnCount: action.headers.length,
  };
  return { name: action.name, type: 'FILE', source };
}

function exportJson(action: ExportAction): object {
  return {
    id: action.id,
    name: action.name,
    exportType: action.exportType,
    exportFormat: 'text/csv',
    encoding: action.format.encoding,
    layout: action.exportType,
  };
}

function exportMetadata({ from, format, exportType }: ExportAction): object {
  const headerNames = exportHeaders(from);
  const dataTypes =
    from instanceof Module
      ? [...from.dimensions.map(() => 'ENTITY'), ...from.lineItems.map((item) => typeName(item))]
      : headerNames.map((_, i) => (i === 0 ? 'ENTITY' : 'TEXT'));
  return {
    columnCount: headerNames.length,
    dataTypes,
    delimiter: '"',
    encoding: format.encoding,
    exportFormat: 'text/csv',
    headerNames,
    listNames: headerNames.map((_, i) => (from instanceof Module ? (from.dimensions[i]?.name ?? '') : '')),
    rowCount: from instanceof Module ? from.cellCount : from.size,
    separator: format.separator,
    layout: exportType,
  };
}

const typeName = (item: LineItem) => (typeof item.format === 'string' ? item.format.toUpperCase() : 'ENTITY');

function actionJson({ id, name }: { id: string; name: string }): object {
  return { id, name, actionType: 'DELETE_BY_SELECTION' };
}

function stepJson(step: Step, withFiles: boolean): object {
  const { id, name } = step.action;
  if (step.kind === 'exports') return { id, name, actionType: 'EXPORT', exportType: step.action.exportType };
  if (step.kind === 'actions') return { id, name, actionType: 'DELETE_BY_SELECTION' };
  const file = step.action.fileId;
  const importType = step.action.target.kind === 'list' ? 'HIERARCHY_DATA' : 'MODULE_DATA';
  const source =
    withFiles && file !== undefined
      ? { importDataSourceId: file, importDataSource: { importDataSourceId: file, type: 'FILE' } }
      : {};
  return { id, name, actionType: 'IMPORT', importType, ...source };
}

function lineItemJson(module: Module, item: LineItem): object {
  return { moduleId: module.id, moduleName: module.name, id: item.id, name: item.name, format: typeName(item) };
}
