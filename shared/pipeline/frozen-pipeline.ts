import * as z from 'zod';
import type { ActionKind } from '../anaplan/types.ts';

export const STEP_KINDS = ['import', 'process', 'export', 'action'] as const;

export type StepKind = (typeof STEP_KINDS)[number];

/** The word of a step's kind in Anaplan's paths: an `import` step runs under `…/imports/{id}/tasks`. */
export function actionKindOf(kind: StepKind): ActionKind {
  switch (kind) {
    case 'import':
      return 'imports';
    case 'process':
      return 'processes';
    case 'export':
      return 'exports';
    case 'action':
      return 'actions';
    default:
      return kind satisfies never;
  }
}

/** `ImportSource` of shared/anaplan, as the lock file and the ledger keep it. Rows are 1-based. */
export const importSourceSchema = z.object({
  headerNames: z.array(z.string()),
  columnCount: z.number().exactOptional(),
  textEncoding: z.string().exactOptional(),
  columnSeparator: z.string().exactOptional(),
  textDelimiter: z.string().exactOptional(),
  headerRow: z.number().exactOptional(),
  firstDataRow: z.number().exactOptional(),
  decimalSeparator: z.string().exactOptional(),
});

/** One file of a process: `name` as the configuration says it, `glob` the keys that fill it, `source` how the import reads it. */
export const frozenFileSchema = z.object({
  name: z.string(),
  fileId: z.string(),
  glob: z.string(),
  source: importSourceSchema.exactOptional(),
});

/**
 * A step with every name resolved.
 * - `fileId`: the file that an import reads and that is uploaded to; absent when it reads another model, and on other kinds.
 * - `source`: the import's own definition of that file.
 * - `mapping`: what to answer where the import asks each time, entity type to entity name.
 * - `repeatable`: running it twice with the same file does no harm.
 * - `to`: where an export is written in the state store, with `{date}`, `{run}`, `{pipeline}` to be filled in.
 * - `gzip`: an export is packed on its way to the store.
 * - `files`: the files that a process reads and which drops fill them; in the order of the configuration.
 */
export const frozenStepSchema = z.object({
  kind: z.enum(STEP_KINDS),
  name: z.string(),
  objectId: z.string(),
  fileId: z.string().exactOptional(),
  source: importSourceSchema.exactOptional(),
  mapping: z.record(z.string(), z.string()).exactOptional(),
  repeatable: z.boolean(),
  to: z.string().exactOptional(),
  gzip: z.literal(true).exactOptional(),
  files: z.array(frozenFileSchema).exactOptional(),
});

/** Rows that may be rejected. Beyond any bound that is set, the run is beyond its allowance. Percent is of the rows processed. */
export const rejectsSchema = z.object({
  maxRows: z.number().exactOptional(),
  maxPercent: z.number().exactOptional(),
  countIgnored: z.boolean(),
});

export const policiesSchema = z.object({
  retry: z.object({
    /** attempts of a request that may be repeated */
    attempts: z.number(),
    /** attempts after a 409, each after a look at the model's status */
    conflicts: z.number(),
    /** polls of a task that fail in a row */
    failedPolls: z.number(),
  }),
  /** how long a locked, offline, busy or opening model is waited for */
  modelWaitSeconds: z.number(),
  /** how long an ambiguous start is left open before anything is decided (invariant 2) */
  startGraceSeconds: z.number(),
  /** never two polls of a task within this time */
  pollMinSeconds: z.number(),
  /** counted from the grant of the lane; passing it is a request to cancel */
  deadlineSeconds: z.number(),
  chunkBytes: z.number(),
  chunksInFlight: z.number(),
  /** what a file that differs from the import's definition means: an error, a warning, or no look at all */
  source: z.enum(['strict', 'warn', 'off']),
});

/** What becomes of the drops of a run that succeeded; `prefix` ends in "/" and is put in front of the whole key. */
export const keepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('leave') }),
  z.object({ kind: z.literal('delete') }),
  z.object({ kind: z.literal('archive'), prefix: z.string() }),
]);

/** A pipeline as a run keeps it: frozen when its ledger is created, untouched by later changes of `plandrop.yaml`. */
export const frozenPipelineSchema = z.object({
  name: z.string(),
  workspaceId: z.string(),
  workspaceName: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  steps: z.array(frozenStepSchema).min(1),
  rejects: rejectsSchema,
  onFailure: z.enum(['hold', 'continue']),
  policies: policiesSchema,
  /** whose clocks tell the day of a run, in `{date}` of an export's key; UTC when absent */
  timezone: z.string().exactOptional(),
  keep: keepSchema.default({ kind: 'leave' }),
  /** the pipelines that are to start when a run of this one has succeeded (`on: { after: … }`), ascending */
  followers: z.array(z.string()).default([]),
});

export type FrozenFile = z.infer<typeof frozenFileSchema>;
export type FrozenStep = z.infer<typeof frozenStepSchema>;
export type Rejects = z.infer<typeof rejectsSchema>;
export type Policies = z.infer<typeof policiesSchema>;
export type Keep = z.infer<typeof keepSchema>;
export type FrozenPipeline = z.infer<typeof frozenPipelineSchema>;
