/** Where an object lives. Ids are opaque strings: workspace ids are lower-case hex, model ids upper-case (anaplan-notes: Ids). */
export interface ModelRef {
  workspaceId: string;
  modelId: string;
}

/** The four kinds of thing that run as a task; the word is the path segment. */
export type ActionKind = 'imports' | 'exports' | 'actions' | 'processes';

export interface ActionRef {
  kind: ActionKind;
  id: string;
}

export type TaskState = 'NOT_STARTED' | 'IN_PROGRESS' | 'COMPLETE' | 'CANCELLING' | 'CANCELLED';

/** One line of a task's result. `values` is Anaplan's flat name/value list read into a map, nulls kept (anaplan-notes: Task details). */
export interface TaskDetail {
  type: string;
  localMessageText: string;
  occurrences: number;
  values: Readonly<Record<string, string | null>>;
  /** the list as it came, when it could not be read as pairs; `values` is empty then */
  unpaired?: readonly (string | null)[];
}

export interface TaskResult {
  objectId?: string;
  objectName?: string;
  successful?: boolean;
  failureDumpAvailable: boolean;
  details: readonly TaskDetail[];
  nestedResults: readonly TaskResult[];
}

export interface Task {
  taskId: string;
  taskState: TaskState;
  /** epoch milliseconds, by Anaplan's clock */
  creationTime?: number;
  currentStep?: string;
  progress?: number;
  cancelledBy?: string;
  /** only when the state is final */
  result?: TaskResult;
}

/** A file (import data source or export output) as the list gives it: the only place its format is told. */
export interface AnaplanFile {
  id: string;
  name: string;
  chunkCount: number;
  encoding?: string;
  separator?: string;
  delimiter?: string;
  headerRow?: number;
  firstDataRow?: number;
  format?: string;
}

/** `importDataSourceId` is the file to upload to; absent when the import reads another model. */
export interface AnaplanImport {
  id: string;
  name: string;
  importType?: string;
  importDataSourceId?: string;
}

/** The import's own definition of the file it reads (`importMetadata.source`). Rows are 1-based. */
export interface ImportSource {
  headerNames: readonly string[];
  columnCount?: number;
  textEncoding?: string;
  columnSeparator?: string;
  textDelimiter?: string;
  headerRow?: number;
  firstDataRow?: number;
  decimalSeparator?: string;
}
