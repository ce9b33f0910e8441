import * as z from 'zod';
import { type ExpectBy, expectByOf, expectBySchema } from './expect-by-schema.ts';
import { checked, choice, duration, must, nameOrId, number, ruled, settings, yesOrNo } from './fields.ts';
import type { Keep, Policies, Rejects } from './frozen-pipeline.ts';
import { keepWrittenSchema } from './keep-schema.ts';
import { type Notify, notifySchema } from './notify-schema.ts';
import { oauthUrlBeside, originMistake } from './origin.ts';
import { pipelineRule } from './pipeline-rule.ts';
import { pipelinesRule } from './pipelines-rule.ts';
import { type Step, stepSchema } from './step-schema.ts';
import { type Trigger, triggerSchema } from './trigger-schema.ts';

const origin = checked('an address', originMistake).transform((text) => new URL(text).origin);

const anaplan = settings('anaplan', {
  apiUrl: origin.prefault('https://api.anaplan.com'),
  authUrl: origin.prefault('https://auth.anaplan.com'),
  oauthUrl: origin.exactOptional(),
  requestsPerMinute: number('a whole number from 1 to 6000', { from: 1, to: 6000 }).default(600),
}).transform(({ oauthUrl, ...value }) => ({ ...value, oauthUrl: oauthUrl ?? oauthUrlBeside(value.authUrl) }));

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
  /** whose clocks tell the day of a run, in `{date}`; UTC when absent */
  timezone?: string;
  /** only with a trigger that files start */
  expectBy?: ExpectBy;
  /** instead of the configuration's own */
  notify?: Notify;
  keep: Keep;
  steps: readonly Step[];
  rejects: Rejects;
  onFailure: 'hold' | 'continue';
  policies: Policies;
}

const written = settings('a pipeline', {
  workspace: nameOrId('the workspace'),
  model: nameOrId('the model'),
  on: triggerSchema.exactOptional(),
  steps: z
    .array(stepSchema, { error: must('a list of steps, each beginning with "- "') })
    .min(1, { error: must('at least one step') }),
  rejects: rejects.prefault({}),
  onFailure: choice(['hold', 'continue']).default('hold'),
  expectBy: expectBySchema.exactOptional(),
  keep: keepWrittenSchema.exactOptional(),
  notify: notifySchema.exactOptional(),
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
    ...(value.on === undefined ? {} : { trigger: value.on.trigger }),
    ...(value.on?.timezone === undefined ? {} : { timezone: value.on.timezone }),
    ...(value.expectBy === undefined ? {} : { expectBy: expectByOf(value.expectBy, value.on?.timezone) }),
    ...(value.notify === undefined ? {} : { notify: value.notify }),
    keep: value.keep ?? { kind: 'leave' },
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

const NO_PIPELINE = must('names with a pipeline under each, at least one');

export const configurationSchema = settings('the file', {
  anaplan: anaplan.prefault({}),
  keepDays: number('a whole number of days from 7 to 3650', { from: 7, to: 3650 }).default(400),
  notify: notifySchema.exactOptional(),
  pipelines: ruled(
    z
      .record(z.string(), pipeline, { error: NO_PIPELINE })
      .refine((value) => Object.keys(value).length > 0, { error: NO_PIPELINE }),
    pipelinesRule,
  ),
});

/** A whole `plandrop.yaml`, with defaults filled in. */
export type Configuration = z.output<typeof configurationSchema>;
