import type { Hono } from 'hono';
import { exportHeaders } from '../actions/export.ts';
import type { ExportAction, ImportAction, Step } from '../engine/actions.ts';
import { ApiError, notFound } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import { Module } from '../engine/module.ts';
import { flag, type RequestEnv, type Simulation } from './context.ts';
import { one, page } from './envelope.ts';
import { inModel } from './in-model.ts';
import { typeName } from './structure-routes.ts';

/** What a model holds: imports, exports, actions, processes with their metadata. */
export function addCatalogueRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { quirks } = simulation.tenant;
  const actionKinds = [
    ['imports', 'import', (model: Model) => [...model.imports.values()].map((action) => importJson(action, model))],
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
      const withFiles = flag(c, 'showImportDataSource');
      const actions = process.steps.map((step) => stepJson(step, withFiles));
      return one(c, 'processMetadata', 'processMetadata', model.id, { name: process.name, actions }, quirks);
    }),
  );
}

function importJson(action: ImportAction, model: Model): object {
  const importType = action.target.kind === 'list' ? 'HIERARCHY_DATA' : 'MODULE_DATA';
  const head = { id: action.id, name: action.name, importDataSourceId: action.fileId ?? '', importType };
  if (!action.from) return head;
  const source = { importDataSourceId: action.from.id, type: 'MODEL', sourceModelId: model.id };
  return { ...head, importDataSource: { ...source, sourceWorkspaceId: model.workspaceId } };
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
