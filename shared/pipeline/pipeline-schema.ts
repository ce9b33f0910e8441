import * as z from 'zod';
import { type ExpectBy, expectByOf, expectBySchema } from './expect-by-schema.ts';
import { about, choice, duration, must, nameOrId, number, ruled, settings, yesOrNo } from './fields.ts';
import type { Keep, Policies, Rejects } from './frozen-pipeline.ts';
import { keepWrittenSchema } from './keep-schema.ts';
import { type Notify, notifySchema } from './notify-schema.ts';
import { pipelineRule } from './pipeline-rule.ts';
import { type Step, stepSchema } from './step-schema.ts';
import { type Trigger, triggerSchema } from './trigger-schema.ts';

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

const rejects = settings('rejects', {
  maxRows: about(
    'How many rows may be rejected. 0 where neither bound is said.',
    20,
    number('a whole number of rows, 0 or more', { from: 0, to: Number.MAX_SAFE_INTEGER }),
  ).exactOptional(),
  maxPercent: about(
    'How many of a hundred rows may be rejected. With maxRows, whichever is passed first.',
    0.5,
    number('a percentage from 0 to 100', { from: 0, to: 100, whole: false }),
  ).exactOptional(),
  countIgnored: about(
    'Whether rows that Anaplan ignores count as rejected. They are shown in any case.',
    true,
    yesOrNo(),
  ).default(false),
})
  // Saying nothing means that no row may be lost; saying only a percentage leaves the number of rows open.
  .transform(
    (value): Rejects =>
      value.maxRows === undefined && value.maxPercent === undefined ? { ...value, maxRows: 0 } : value,
  );

const retry = settings('retry', {
  attempts: about(
    'How often a request that may be repeated is sent while Anaplan or the network fails, with growing delays.',
    12,
    number('a whole number from 1 to 50', { from: 1, to: 50 }),
  ).default(8),
  conflicts: about(
    "How often a start is tried again after a 409, each time after a look at the model's status.",
    10,
    number('a whole number from 0 to 50', { from: 0, to: 50 }),
  ).default(5),
  failedPolls: about(
    'How many polls of a task may fail in a row before its outcome is unknown, and how many looks for one whose start was not answered.',
    60,
    number('a whole number from 1 to 500', { from: 1, to: 500 }),
  ).default(30),
});

const poll = settings('poll', {
  minSeconds: about(
    'The least time between two polls of a task. Polls grow rarer by themselves, up to 20 minutes.',
    15,
    number('a number of seconds from 1 to 1200', { from: 1, to: 1200, whole: false }),
  ).default(5),
});

const upload = settings('upload', {
  chunksInFlight: about(
    'How many chunks are sent at once. Memory is this times chunkMegabytes, whatever the size of the file.',
    8,
    number('a whole number from 1 to 16', { from: 1, to: 16 }),
  ).default(4),
});

const written = settings('a pipeline', {
  workspace: about('The workspace that the model is in.', 'Finance', nameOrId('the workspace')),
  model: about(
    'The model that the steps run in. Runs of one model wait for each other.',
    'FY26 Plan',
    nameOrId('the model'),
  ),
  on: about(
    'What starts the pipeline. Without it only `plandrop run` does.',
    { drop: 'sales/*.csv' },
    triggerSchema,
  ).exactOptional(),
  steps: about(
    'What is run, one after the other. A step that fails ends the run.',
    [{ import: 'Load Sales' }],
    z
      .array(stepSchema, { error: must('a list of steps, each beginning with "- "') })
      .min(1, { error: must('at least one step') }),
  ),
  rejects: about(
    'How many rejected rows are too many. Beyond it: exit code 2, a failure report, an alert, no further step, and onFailure. Rows whose failure dump is lost are always too many.',
    { maxPercent: 0.5 },
    rejects,
  ).prefault({}),
  onFailure: about(
    'What the lane of the model does after a failure: hold, so that nothing else runs before a person has looked, or continue with the next run.',
    'continue',
    choice(['hold', 'continue']),
  ).default('hold'),
  expectBy: about(
    'When the file or the whole set should have come: one alert if it has not.',
    { at: '06:30', timezone: 'Europe/London', days: 'MON-FRI' },
    expectBySchema,
  ).exactOptional(),
  keep: about(
    'What becomes of a drop once its run has succeeded: leave it in its place (with a tag), delete it, or archive it. It is left where nothing is said. On one machine this is the copy in the data folder: the file stays in taken/ until `keepDays` are over.',
    { archive: 'archive/' },
    keepWrittenSchema,
  ).exactOptional(),
  notify: about(
    'Where the alerts of this pipeline go, instead of where the file says for all.',
    { command: './tell.sh' },
    notifySchema,
  ).exactOptional(),
  retry: about('How often what failed for the moment is tried again.', { attempts: 12 }, retry).prefault({}),
  modelWait: about(
    'How long a locked, offline, busy or opening model is waited for.',
    '6h',
    duration('0s', '7d'),
  ).prefault('2h'),
  startGrace: about(
    'When the answer to a start is lost: how long Plandrop looks for the task before it decides anything.',
    '5min',
    duration('1s', '1h'),
  ).prefault('2min'),
  poll: about('How often a task is asked after.', { minSeconds: 15 }, poll).prefault({}),
  deadline: about(
    'How long a run may take once it has its model. After it nothing new is started, one alert is sent, and the task is watched to its end.',
    '4h',
    duration('1min', '14d'),
  ).prefault('12h'),
  chunkMegabytes: about(
    'The size of the pieces that a file is uploaded in. A megabyte is 1,000,000 bytes.',
    25,
    number('a whole number of megabytes from 1 to 50', { from: 1, to: 50 }),
  ).default(10),
  upload: about('How a file is uploaded.', { chunksInFlight: 8 }, upload).prefault({}),
  source: about(
    "What a file that differs from the import's definition means: strict refuses it, warn logs it, off does not look.",
    'warn',
    choice(['strict', 'warn', 'off']),
  ).default('strict'),
});

export const pipelineSchema = ruled(written, pipelineRule).transform(
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
