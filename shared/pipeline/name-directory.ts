import type { AnaplanImport, ImportSource, ModelRef } from '../anaplan/types.ts';

/** Anything of Anaplan that has an id and a name. */
export interface Named {
  id: string;
  name: string;
}

/** The part of the Anaplan client that names are looked up with. Its errors pass through untouched. */
export interface NameDirectory {
  listWorkspaces(): Promise<readonly Named[]>;
  listModels(workspaceId: string): Promise<readonly Named[]>;
  listImports(model: ModelRef): Promise<readonly AnaplanImport[]>;
  listExports(model: ModelRef): Promise<readonly Named[]>;
  listActions(model: ModelRef): Promise<readonly Named[]>;
  listProcesses(model: ModelRef): Promise<readonly Named[]>;
  listFiles(model: ModelRef): Promise<readonly Named[]>;
  /** what a process runs, in order; the files that its imports read among it */
  getProcess(model: ModelRef, processId: string): Promise<{ actions: readonly AnaplanImport[] }>;
  getImportSource(model: ModelRef, importId: string): Promise<ImportSource | undefined>;
}

/** Each list is asked for once, however many pipelines share a model. */
export function remembered(client: NameDirectory): NameDirectory {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = answers.get(key) as Promise<T> | undefined;
    const answer = known ?? ask();
    answers.set(key, answer);
    return answer;
  };
  return {
    listWorkspaces: () => once('workspaces', () => client.listWorkspaces()),
    listModels: (workspaceId) => once(`models ${workspaceId}`, () => client.listModels(workspaceId)),
    listImports: (model) => once(`imports ${model.modelId}`, () => client.listImports(model)),
    listExports: (model) => once(`exports ${model.modelId}`, () => client.listExports(model)),
    listActions: (model) => once(`actions ${model.modelId}`, () => client.listActions(model)),
    listProcesses: (model) => once(`processes ${model.modelId}`, () => client.listProcesses(model)),
    listFiles: (model) => once(`files ${model.modelId}`, () => client.listFiles(model)),
    getProcess: (model, id) => once(`process ${model.modelId} ${id}`, () => client.getProcess(model, id)),
    getImportSource: (model, id) => once(`source ${model.modelId} ${id}`, () => client.getImportSource(model, id)),
  };
}
