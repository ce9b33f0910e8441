import * as z from 'zod';
import { about, type BrokenRule, checked, either, must, ruled, settings } from './fields.ts';
import { globMistake } from './glob.ts';
import { scheduleMistake, timezoneMistake } from './schedule-expression.ts';

/**
 * What starts a pipeline besides `plandrop run`. Globs are matched by `pipelinesFor`.
 * - `after`: a run of `pipeline` has succeeded.
 * - `set`: the drops that belong together by their folder, by the date in their keys, or by a marker file, whose keys `marker` matches.
 */
export type Trigger =
  | { kind: 'drop'; glob: string }
  | { kind: 'schedule'; expression: string; timezone: string }
  | { kind: 'after'; pipeline: string }
  | { kind: 'set'; by: 'folder' | 'date' | 'marker'; marker?: string };

/** As written; `timezone` is the schedule's, or where `expectBy` counts its time of day; and whose clocks tell the day in `{date}`. */
export interface WrittenTrigger {
  trigger: Trigger;
  timezone?: string;
}

const KINDS = ['drop', 'schedule', 'after', 'set'] as const;

const PATTERN = 'a pattern of keys, such as "sales/*.csv"';

export const timezoneSchema = () => checked('a time zone, such as Europe/London', timezoneMistake);

const MARKER = 'a pattern of keys, such as "batch/*/_READY"';

const set = either('folder, date or { marker: "batch/*/_READY" }', [
  z.literal('folder'),
  z.literal('date'),
  settings('set', {
    marker: about(
      'The file whose coming completes the set of its folder.',
      'batch/*/_READY',
      checked(MARKER, globMistake),
    ),
  }),
]);

export const triggerSchema = ruled(
  settings('on', {
    drop: about('Each file whose key matches.', 'sales/*.csv', checked(PATTERN, globMistake)).exactOptional(),
    schedule: about(
      'A time, as EventBridge Scheduler writes it: cron(minute hour day month weekday year), rate(…) or at(…).',
      'cron(0 6 ? * MON-FRI *)',
      checked('a schedule, such as "cron(0 6 ? * MON-FRI *)"', scheduleMistake),
    ).exactOptional(),
    after: about(
      'Each run of another pipeline that has succeeded, other than those of `plandrop run`.',
      'sales-actuals',
      z.string({ error: must('the name of another pipeline') }).meta({ accepts: 'the name of another pipeline' }),
    ).exactOptional(),
    set: about(
      'The files of a process that belong together: in one folder; of one date in their keys, such as 2026-01-31 or 20260131; or in the folder of a marker file. It starts when all are there.',
      'folder',
      set,
    ).exactOptional(),
    timezone: about(
      'Where the clocks are that the schedule, expectBy and the {date} of an export go by. UTC where nothing is said.',
      'Europe/London',
      timezoneSchema(),
    ).exactOptional(),
  }),
  triggerRule,
).transform(({ drop, schedule, after, set, timezone }): WrittenTrigger => {
  const place = timezone === undefined ? {} : { timezone };
  if (drop !== undefined) return { trigger: { kind: 'drop', glob: drop }, ...place };
  if (after !== undefined) return { trigger: { kind: 'after', pipeline: after }, ...place };
  if (set !== undefined) return { trigger: setTrigger(set), ...place };
  return { trigger: { kind: 'schedule', expression: schedule ?? '', timezone: timezone ?? 'UTC' }, ...place };
});

function setTrigger(set: 'folder' | 'date' | { marker: string }): Trigger {
  return typeof set === 'string' ? { kind: 'set', by: set } : { kind: 'set', by: 'marker', marker: set.marker };
}

function triggerRule(trigger: object): BrokenRule[] {
  const [kind, ...others] = KINDS.filter((key) => key in trigger);
  if (kind === undefined) {
    return [{ message: 'must say what starts the pipeline: drop, schedule, after or set', unlessMeant: KINDS }];
  }
  if (others.length > 0)
    return [{ message: `takes one of ${KINDS.join(', ')}, not ${[kind, ...others].join(' and ')}` }];
  return [];
}
