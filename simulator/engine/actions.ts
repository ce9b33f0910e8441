import type { ExportFormat } from '../actions/export.ts';
import type { ListMapping } from '../actions/import-list.ts';
import type { ModuleMapping } from '../actions/import-module.ts';
import type { List } from './list.ts';
import type { CellFormats, Module } from './module.ts';
import type { TextFormat } from './read-rows.ts';

interface ActionHead {
  id: string;
  name: string;
  /** how long it runs; undefined: as the tenant's settings say */
  seconds: number | undefined;
}

export interface ImportAction extends ActionHead {
  /** the data source it reads; undefined when it reads another object of the model */
  fileId: string | undefined;
  from: List | Module | undefined;
  format: TextFormat;
  formats: CellFormats;
  /** all columns of the definition, in order; `mapped` are those it uses */
  headers: readonly string[];
  mapped: readonly string[];
  target:
    | { kind: 'list'; list: List; mapping: ListMapping }
    | { kind: 'module'; module: Module; mapping: ModuleMapping };
  /** dimensions that the caller names with mapping parameters */
  ask: readonly string[];
}

export interface ExportAction extends ActionHead {
  from: List | Module;
  format: ExportFormat;
  exportType: string;
}

export interface DeleteAction extends ActionHead {
  list: List;
  where: Readonly<Record<string, string>>;
  filter: string;
}

/** An action that a task runs, alone or as a step of a process. */
export type Step =
  | { kind: 'imports'; action: ImportAction }
  | { kind: 'exports'; action: ExportAction }
  | { kind: 'actions'; action: DeleteAction };

export interface Process {
  id: string;
  name: string;
  steps: readonly Step[];
}
