import * as z from 'zod';
import {
  type BrokenRule,
  checked,
  choice,
  duration,
  must,
  nameOrId,
  number,
  ruled,
  settings,
  yesOrNo,
} from './fields.ts';
import type { Policies, Rejects } from './frozen-pipeline.ts';
import { globMistake, globsOverlap } from './glob.ts';
import { oauthUrlBeside, originMistake } from './origin.ts';
import { scheduleMistake, timezoneMistake } from './schedule-expression.ts';
import { type Step, stepSchema } from './step-schema.ts';

const origin = checked('an address', originMistake).transform((text) => new URL(text).origin);

const anaplan = settings('anaplan', {
  apiUrl: origin.prefault('https://api.anaplan.com'),
  authUrl: origin.prefault('https://auth.anaplan.com'),
  oauthUrl: origin.exactOptional(),
  requestsPerMinute: number('a whole number from 1 to 6000', { from: 1, to: 6000 }).default(600),
}).transform(({ oauthUrl, ...value }) => ({ ...value, oauthUrl: oauthUrl ?? oauthUrlBeside(value.authUrl) }));

/** What starts a pipeline besides `plandrop run`. Globs are matched by {@link pipelinesFor}. */
export type Trigger = { kind: 'drop'; glob: string } | { kind: 'schedule'; expression: string; timezone: string };

const on = ruled(
  settings('on', {
    drop: checked('a pattern of keys, such as "sales/*.csv"', globMistake).exactOptional(),
    schedule: checked('a schedule, such as "cron(0 6 ? * MON-FRI *)"', scheduleMistake).exactOptional(),
    timezone: checked('a time zone, such as Europe/London', timezoneMistake).exactOptional(),
  }),
  triggerRule,
).transform((value): Trigger => {
  if (value.drop !== undefined) return { kind: 'drop', glob: value.drop };
  return { kind: 'schedule', expression: value.schedule ?? '', timezone: value.timezone ?? 'UTC' };
});

function triggerRule(trigger: object): BrokenRule[] {
  const [drop, schedule, timezone] = ['drop', 'schedule', 'timezone'].map((key) => key in trigger);
  if (drop && schedule) return [{ message: 'takes either drop or schedule, not both' }];
  if (timezone && !schedule) {
    return [
      { path: ['timezone'], message: 'belongs to a schedule, and there is none here', unlessMeant: ['schedule'] },
    ];
  }
  if (drop || schedule) return [];
  return [{ message: 'must say what starts the pipeline: drop or schedule', unlessMeant: ['drop', 'schedule'] }];
}

const rejects = settings('rejects', {
  maxRows: number('a whole number of rows, 0 or more', { from: 0, to: Number.MAX_SAFE_INTEGER }).exactOptional(),
  maxPercent: number('a percentage from 0 to 100', { from: 0, to: 100, whole: false }).exactOptional(),
  countIgnored: yesOrNo().default(false),
})
  // Saying nothing means that no row may be lost; saying only a percentage leaves the number of rows open.
  .transform(
    (value): Rejects =>
      value.maxRows === undefined && value.maxPercent === undefined ? { ...value, maxRows: 0 } : value,
  );

const retry = settings('retry', {
  attempts: number('a whole number from 1 to 50', { from: 1, to: 50 }).default(8),
  conflicts: number('a whole number from 0 to 50', { from: 0, to: 50 }).default(5),
  failedPolls: number('a whole number from 1 to 500', { from: 1, to: 500 }).default(30),
});

/** A pipeline as written, with defaults filled in. Names are not resolved yet: see {@link freeze}. */
export interface Pipeline {
  workspace: string;
  model: string;
  trigger?: Trigger;
  steps: readonly Step[];
  rejects: Rejects;
  onFailure: 'hold' | 'continue';
  policies: Policies;
}

const written = settings('a pipeline', {
  workspace: nameOrId('the workspace'),
  model: nameOrId('the model'),
  on: on.exactOptional(),
  steps: z
    .array(stepSchema, { error: must('a list of steps, each beginning with "- "') })
    .min(1, { error: must('at least one step') }),
  rejects: rejects.prefault({}),
  onFailure: choice(['hold', 'continue']).default('hold'),
  retry: retry.prefault({}),
  modelWait: duration('0s', '7d').prefault('2h'),
  startGrace: duration('1s', '1h').prefault('2min'),
  poll: settings('poll', {
    minSeconds: number('a number of seconds from 1 to 1200', { from: 1, to: 1200, whole: false }).default(5),
  }).prefault({}),
  deadline: duration('1min', '14d').prefault('12h'),
  chunkMegabytes: number('a whole number of megabytes from 1 to 50', { from: 1, to: 50 }).default(10),
  upload: settings('upload', {
    chunksInFlight: number('a whole number from 1 to 16', { from: 1, to: 16 }).default(4),
  }).prefault({}),
  source: choice(['strict', 'warn', 'off']).default('strict'),
});

const pipeline = ruled(written, pipelineRule).transform(
  (value): Pipeline => ({
    workspace: value.workspace,
    model: value.model,
    ...(value.on === undefined ? {} : { trigger: value.on }),
    steps: value.steps,
    rejects: value.rejects,
    onFailure: value.onFailure,
    policies: {
      retry: value.retry,
      modelWaitSeconds: value.modelWait,
      startGraceSeconds: value.startGrace,
      pollMinSeconds: value.poll.minSeconds,
      deadlineSeconds: value.deadline,
      // Anaplan Connect counts a megabyte as 1,000,000 bytes, and so does the limit of 50 (anaplan-notes: Uploading).
      chunkBytes: value.chunkMegabytes * 1_000_000,
      chunksInFlight: value.upload.chunksInFlight,
      source: value.source,
    },
  }),
);

function pipelineRule(value: object): BrokenRule[] {
  const startedByDrop = z.object({
    on: z.object({ kind: z.literal('drop') }),
    steps: z.array(z.object({ kind: z.string() })).min(1),
  });
  const read = startedByDrop.safeParse(value);
  if (!read.success || read.data.steps.some(({ kind }) => kind === 'import')) return [];
  return [{ path: ['on'], message: 'is a drop, but no step is an import, so the file would never be uploaded' }];
}

const PIPELINE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;
const NAME_MISTAKE =
  'must be letters, digits, "-" and "_", at most 48 of them (it becomes part of keys and of schedule names)';

function namesRule(pipelines: object): BrokenRule[] {
  return Object.keys(pipelines)
    .filter((name) => !PIPELINE_NAME.test(name))
    .map((name) => ({ path: [name], message: NAME_MISTAKE, at: 'key' }));
}

/** A key must have one pipeline. Where two patterns cannot be compared, the key itself shows it: see `pipelinesFor`. */
function overlapRule(pipelines: object): BrokenRule[] {
  const globs = Object.entries(pipelines).flatMap(([name, pipeline]) => {
    const glob = dropGlobOf(pipeline);
    return glob === undefined ? [] : [{ name, glob }];
  });
  return globs.flatMap(({ name, glob }, index) => {
    const rival = globs.slice(0, index).find((earlier) => globsOverlap(earlier.glob, glob) === true);
    if (rival === undefined) return [];
    const message = `can match the same key as the drop of pipeline "${rival.name}" (${rival.glob}); a key must have one pipeline`;
    return [{ path: [name, 'on', 'drop'], message }];
  });
}

/** The pattern of a pipeline, also of one that has mistakes elsewhere and so is not transformed yet. */
function dropGlobOf(pipeline: unknown): string | undefined {
  const glob = z.object({ glob: z.string() });
  const read = z.union([z.object({ trigger: glob }), z.object({ on: glob })]).safeParse(pipeline);
  if (!read.success) return undefined;
  return 'trigger' in read.data ? read.data.trigger.glob : read.data.on.glob;
}

const NO_PIPELINE = must('names with a pipeline under each, at least one');

export const configurationSchema = settings('the file', {
  anaplan: anaplan.prefault({}),
  pipelines: ruled(
    z
      .record(z.string(), pipeline, { error: NO_PIPELINE })
      .refine((value) => Object.keys(value).length > 0, { error: NO_PIPELINE }),
    (value) => [...namesRule(value), ...overlapRule(value)],
  ),
});

/** A whole `plandrop.yaml`, with defaults filled in. */
export type Configuration = z.output<typeof configurationSchema>;
