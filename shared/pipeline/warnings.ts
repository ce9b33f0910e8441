import { type OddTime, oddTimes } from './clock-changes.ts';
import { globsOverlap } from './glob.ts';
import { globDoubt } from './glob-doubt.ts';
import { cronFields, instantOf, nextFiring } from './schedule-times.ts';
import type { Configuration, Pipeline } from './schema.ts';

/** Something that is allowed and probably not meant, and the setting that says it. */
export interface Warning {
  path: readonly string[];
  message: string;
}

/** Daylight saving is looked ahead for. */
const AHEAD_MS = 366 * 86_400_000;

/** What a person should look at in a configuration that has no mistake, by the clock of `now` (epoch ms), without asking Anaplan. */
export function warningsOf(configuration: Configuration, now: number): Warning[] {
  const { anaplan, pipelines } = configuration;
  const inPipelines = Object.entries(pipelines).flatMap(([name, pipeline]) =>
    [
      ...nameWarnings(pipeline),
      ...triggerWarnings(pipeline, configuration),
      ...timeWarnings(pipeline, now),
      ...patternWarnings(pipeline),
      ...policyWarnings(pipeline),
    ].map(({ path, message }) => ({ path: ['pipelines', name, ...path], message })),
  );
  return [
    ...(anaplan.requestsPerMinute > 600
      ? [
          {
            path: ['anaplan', 'requestsPerMinute'],
            message: 'is more than the 600 that Anaplan answers for a whole tenant',
          },
        ]
      : []),
    ...inPipelines,
    ...undecidedWarnings(pipelines),
    ...exportWarnings(pipelines),
  ];
}

/** A variable is filled in only where it stands in braces. */
function nameWarnings(pipeline: Pipeline): Warning[] {
  return (['workspace', 'model'] as const).flatMap((key) => {
    const [, name] = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(pipeline[key]) ?? [];
    if (name === undefined) return [];
    return [{ path: [key], message: `is the name $${name} as it stands; a variable is written \${${name}}` }];
  });
}

function triggerWarnings({ trigger, steps }: Pipeline, { pipelines }: Configuration): Warning[] {
  const index = steps.findIndex(({ files }) => files !== undefined);
  if (trigger === undefined && index >= 0) {
    const message =
      'has patterns that nothing looks at: only "plandrop run" starts this pipeline, and it takes files by name';
    return [{ path: ['steps', String(index), 'files'], message }];
  }
  if (trigger?.kind === 'after' && pipelines[trigger.pipeline]?.trigger === undefined) {
    return [{ path: ['on', 'after'], message: `follows "${trigger.pipeline}", which only "plandrop run" starts` }];
  }
  return [];
}

function timeWarnings({ trigger, expectBy }: Pipeline, now: number): Warning[] {
  const found: Warning[] = [];
  if (trigger?.kind === 'schedule') {
    const words = { missing: 'the pipeline does not run then', doubled: 'the pipeline runs once, at the first' };
    const path = ['on', 'schedule'];
    found.push(...overWarnings(trigger, now).map((message) => ({ path, message })));
    const fields = cronFields(trigger.expression);
    if (fields !== undefined) found.push(...oddTimeWarnings(fields, trigger.timezone, now, words, path));
  }
  if (expectBy !== undefined) {
    const { at, days, timezone } = expectBy;
    const [hour = '', minute = ''] = at.split(':').map((part) => String(Number(part)));
    const words = { missing: 'nothing is expected by then', doubled: 'it is expected by the first' };
    found.push(...oddTimeWarnings([minute, hour, '?', '*', days, '*'], timezone, now, words, ['expectBy']));
  }
  return found;
}

/** A schedule that has no time left. */
function overWarnings({ expression, timezone }: { expression: string; timezone: string }, now: number): string[] {
  if (nextFiring({ expression, timezone }, now, now) !== undefined) return [];
  const [, at] = /^at\((.*)\)$/.exec(expression.trim()) ?? [];
  return at !== undefined && instantOf(Date.parse(`${at}Z`), timezone) === undefined
    ? [`names a time that clocks in ${timezone} skip, so it never runs`]
    : ['is over: it never runs again'];
}

function oddTimeWarnings(
  fields: readonly string[],
  timezone: string,
  now: number,
  words: Readonly<Record<OddTime['kind'], string>>,
  path: readonly string[],
): Warning[] {
  const days = new Map<string, { kind: OddTime['kind']; times: string[] }>();
  for (const { kind, wall } of oddTimes(fields, { timezone, from: now, until: now + AHEAD_MS })) {
    const [day = '', time = ''] = new Date(wall).toISOString().split('T');
    const known = days.get(day) ?? { kind, times: [] };
    days.set(day, known);
    known.times.push(time.slice(0, 5));
  }
  return [...days].map(([day, { kind, times }]) => {
    const [first, ...others] = times;
    const named = others.length === 0 ? first : `${first} and ${others.length} more`;
    const clocks = kind === 'missing' ? 'skip' : 'show twice';
    return { path, message: `names ${named} on ${day}, which clocks in ${timezone} ${clocks}: ${words[kind]}` };
  });
}

/** Every pattern of keys of a pipeline, and where it is written. */
function patternsOf({ trigger, steps }: Pipeline): { path: string[]; glob: string }[] {
  const files = steps.flatMap((step, index) =>
    (step.files ?? []).map(({ name, glob }) => ({ path: ['steps', String(index), 'files', name], glob })),
  );
  if (trigger?.kind === 'drop') return [{ path: ['on', 'drop'], glob: trigger.glob }, ...files];
  if (trigger?.kind === 'set' && trigger.marker !== undefined)
    return [{ path: ['on', 'set', 'marker'], glob: trigger.marker }, ...files];
  return files;
}

function patternWarnings(pipeline: Pipeline): Warning[] {
  return patternsOf(pipeline).flatMap(({ path, glob }) => {
    const message = globDoubt(glob);
    return message === undefined ? [] : [{ path, message }];
  });
}

function undecidedWarnings(pipelines: Configuration['pipelines']): Warning[] {
  const patterns = Object.entries(pipelines).flatMap(([name, pipeline]) =>
    patternsOf(pipeline).map(({ path, glob }) => ({ name, path: ['pipelines', name, ...path], glob })),
  );
  return patterns.flatMap(({ name, path, glob }, index) => {
    const rival = patterns
      .slice(0, index)
      .find((other) => other.name !== name && globsOverlap(other.glob, glob) === undefined);
    if (rival === undefined) return [];
    const message = `may match the same key as a pattern of pipeline "${rival.name}" (${rival.glob}); only a key shows it, and such a drop gets a run of each`;
    return [{ path, message }];
  });
}

/** Exports of two pipelines that go to one key. Where the key names the run, they never do. */
function exportWarnings(pipelines: Configuration['pipelines']): Warning[] {
  const targets = Object.entries(pipelines).flatMap(([name, { steps }]) =>
    steps.flatMap(({ to }, index) =>
      to === undefined || to.includes('{run}')
        ? []
        : [{ name, path: ['pipelines', name, 'steps', String(index), 'to'], key: to.replaceAll('{pipeline}', name) }],
    ),
  );
  return targets.flatMap(({ name, path, key }, index) => {
    const rival = targets.slice(0, index).find((other) => other.key === key);
    if (rival === undefined) return [];
    const writer = rival.name === name ? 'another step' : `pipeline "${rival.name}"`;
    return [{ path, message: `is where ${writer} writes an export too, so each writes over the other's` }];
  });
}

function policyWarnings({ rejects, policies }: Pipeline): Warning[] {
  const found: Warning[] = [];
  if (rejects.maxPercent === 100 && rejects.maxRows === undefined) {
    found.push({ path: ['rejects', 'maxPercent'], message: 'lets every row be rejected without a word' });
  }
  if (policies.modelWaitSeconds > policies.deadlineSeconds) {
    found.push({ path: ['modelWait'], message: 'is longer than deadline, which ends the run first' });
  }
  return found;
}
