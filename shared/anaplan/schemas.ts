import * as z from 'zod';
import { hideSecrets } from '../observe/index.ts';
import type { AnaplanFile, AnaplanImport, ImportSource, Task, TaskDetail, TaskResult } from './types.ts';

/**
 * What is kept of Anaplan's answers. Fields we do not know are dropped, and a field we could do without is left out when it
 * is not what it should be; only what the code depends on makes an answer unreadable.
 */
const text = z.string().nullish().catch(undefined);
const number = z.number().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** Leaves out what Anaplan left out or set to null. */
function present<T extends object>(fields: T): Present<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}

/**
 * No id of Anaplan's is nearly as long, and what is longer fits in no address. Ids are kept and shown wherever something is referred to,
 * so what holds a secret of ours is none.
 */
const id = z
  .string()
  .min(1)
  .max(300)
  .refine((text) => hideSecrets(text) === text, 'it repeats a secret');

const MAX_WORDS = 8000;
/** What Anaplan says in words for people, as a ledger may keep it: whoever answers may repeat what we sent, a token included. */
const bounded = (said: string) => hideSecrets(said).slice(0, MAX_WORDS);
const said = z.string().transform(bounded).nullish().catch(undefined);
const spoken = z.string().transform(bounded).catch('');
const named = { id, name: z.string().catch('') };

export const workspace = z
  .object({ ...named, active: flag, sizeAllowance: number, currentSize: number })
  .transform(({ id, name, ...rest }) => ({ id, name, ...present(rest) }));
export type Workspace = z.output<typeof workspace>;

export const model = z
  .object({
    ...named,
    /** UNLOCKED, LOCKED, ARCHIVED, … (anaplan-notes: Model states) */
    activeState: text,
    currentWorkspaceId: text,
    currentWorkspaceName: text,
    modelUrl: text,
    memoryUsage: number,
    isoCreationDate: text,
    lastModified: text,
    lastModifiedByUserGuid: text,
    lastSavedSerialNumber: number,
    modelTransactionRunning: flag,
  })
  .transform(({ id, name, ...rest }) => ({ id, name, ...present(rest) }));
export type Model = z.output<typeof model>;

const requestStatus = z
  .object({
    currentStep: z.string().transform(bounded),
    progress: number,
    tooltip: said,
    taskId: text,
    exportTaskType: text,
    creationTime: number,
  })
  .transform(({ currentStep, ...rest }) => ({ currentStep, ...present(rest) }));
export const modelStatus = z.object({ requestStatus }).transform((body) => body.requestStatus);
export type ModelStatus = z.output<typeof modelStatus>;

export const user = z
  .object({ id, active: flag, email: text, firstName: text, lastName: text, customerId: text, lastLoginDate: text })
  .transform(({ id, ...rest }) => ({ id, ...present(rest) }));
export type User = z.output<typeof user>;

export const file = z
  .object({
    ...named,
    chunkCount: z.number().catch(0),
    encoding: text,
    separator: text,
    delimiter: text,
    headerRow: number,
    firstDataRow: number,
    format: text,
  })
  .transform(({ id, name, chunkCount, ...rest }): AnaplanFile => ({ id, name, chunkCount, ...present(rest) }));

/** The id of an import's source is a file's only if no other model is named as its source (anaplan-notes: Ids). */
export const importEntry = z
  .object({
    ...named,
    importType: text,
    importDataSourceId: text,
    importDataSource: z.object({ sourceModelId: text, type: text }).nullish().catch(undefined),
  })
  .transform(({ id, name, importType, importDataSourceId, importDataSource }): AnaplanImport => {
    const readsModel = Boolean(importDataSource?.sourceModelId) || /model/i.test(importDataSource?.type ?? '');
    const fileId = readsModel || importDataSourceId === '' ? undefined : importDataSourceId;
    return { id, name, ...present({ importType, importDataSourceId: fileId }) };
  });

const importSource = z
  .object({
    headerNames: z.array(z.string().nullable()).catch([]),
    columnCount: number,
    textEncoding: text,
    columnSeparator: text,
    textDelimiter: text,
    headerRow: number,
    firstDataRow: number,
    decimalSeparator: text,
  })
  .transform(
    ({ headerNames, ...rest }): ImportSource => ({
      headerNames: headerNames.map((name) => name ?? ''),
      ...present(rest),
    }),
  );
export const importMetadata = z
  .object({ name: z.string().catch(''), type: text, source: importSource.nullish() })
  .transform(({ name, ...rest }) => ({ name, ...present(rest) }));
export type ImportMetadata = z.output<typeof importMetadata>;

export const exportEntry = z
  .object({ ...named, exportType: text, exportFormat: text, encoding: text, layout: text })
  .transform(({ id, name, ...rest }) => ({ id, name, ...present(rest) }));
export type AnaplanExport = z.output<typeof exportEntry>;

export const exportMetadata = z
  .object({
    columnCount: number,
    /** an estimate */
    rowCount: number,
    exportFormat: text,
    encoding: text,
    separator: text,
    delimiter: text,
    headerNames: z.array(z.string()).nullish().catch(undefined),
    listNames: z.array(z.string()).nullish().catch(undefined),
    dataTypes: z.array(z.string()).nullish().catch(undefined),
  })
  .transform((fields) => present(fields));
export type ExportMetadata = z.output<typeof exportMetadata>;

export const action = z
  .object({ ...named, actionType: text })
  .transform(({ id, name, ...rest }) => ({ id, name, ...present(rest) }));
export type AnaplanAction = z.output<typeof action>;

export const processEntry = z.object(named);
export type AnaplanProcess = z.output<typeof processEntry>;

export const processMetadata = z.object({
  name: z.string().catch(''),
  /** in the order they run; `importDataSourceId` is the file an import among them reads */
  actions: z
    .array(importEntry)
    .nullish()
    .transform((actions) => actions ?? []),
});
export type ProcessMetadata = z.output<typeof processMetadata>;

export const chunk = z.object({ id });

const taskState = z.enum(['NOT_STARTED', 'IN_PROGRESS', 'COMPLETE', 'CANCELLING', 'CANCELLED']);
const flatValues = z
  .array(z.union([z.string(), z.number(), z.boolean()]).nullable().catch(null))
  .nullish()
  .catch(undefined);

const detail = z
  .object({
    type: spoken,
    localMessageText: spoken,
    occurrences: z.coerce.number().catch(0),
    values: flatValues,
  })
  .transform(({ values, ...rest }): TaskDetail => ({ ...rest, ...readValues(values ?? []) }));

const MAX_VALUES = 200;

/**
 * Anaplan's flat list name, value, name, value read into a map; null values stay. A list that is not made of pairs is kept
 * as it came, in `unpaired` (anaplan-notes: Task details).
 */
function readValues(flat: readonly (string | number | boolean | null)[]): Pick<TaskDetail, 'values' | 'unpaired'> {
  const texts = flat.slice(0, MAX_VALUES).map((value) => (value === null ? null : bounded(String(value))));
  const names = texts.filter((_, index) => index % 2 === 0);
  const paired = texts.length % 2 === 0 && !names.includes(null) && new Set(names).size === names.length;
  if (!paired) return { values: {}, unpaired: texts };
  return { values: Object.fromEntries(names.map((name, index) => [name ?? '', texts[index * 2 + 1] ?? null])) };
}

/** More than any module has line items, and any process actions; and one more than is read of them, which tells that there were more. */
const MAX_LINES = 2001;

const taskResult: z.ZodType<TaskResult> = z.lazy(() =>
  z
    .object({
      objectId: said,
      objectName: said,
      successful: flag,
      failureDumpAvailable: flag,
      details: z.array(detail).nullish(),
      nestedResults: z.array(taskResult).nullish(),
    })
    .transform(
      ({ failureDumpAvailable, details, nestedResults, ...rest }): TaskResult => ({
        ...present(rest),
        failureDumpAvailable: failureDumpAvailable === true,
        details: (details ?? []).slice(0, MAX_LINES),
        nestedResults: (nestedResults ?? []).slice(0, MAX_LINES),
      }),
    ),
);

export const task = z
  .object({
    taskId: id,
    taskState,
    creationTime: number,
    currentStep: said,
    progress: number,
    cancelledBy: said,
    result: taskResult.nullish(),
  })
  .transform(({ taskId, taskState, ...rest }): Task => ({ taskId, taskState, ...present(rest) }));

/** A start's answer may hold nothing but the id (anaplan-notes: Starting a task). */
const started = z
  .object({ taskId: id, taskState: taskState.nullish().catch(undefined), creationTime: number })
  .transform(({ taskId, ...rest }) => ({ taskId, ...present(rest) }));
export const startAnswer = z.union([z.object({ task: started }).transform((body) => body.task), started]);
export type StartedTask = z.output<typeof started>;
