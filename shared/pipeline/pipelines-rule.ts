import * as z from 'zod';
import type { BrokenRule } from './fields.ts';
import { globsOverlap, globTakesFrom } from './glob.ts';
import { nearMatches } from './near.ts';

const PIPELINE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;
const NAME_MISTAKE =
  'must be letters, digits, "-" and "_", at most 48 of them (it becomes part of keys and of schedule names)';

/** What must fit together between pipelines. */
export function pipelinesRule(pipelines: object): BrokenRule[] {
  return [...namesRule(pipelines), ...overlapRule(pipelines), ...afterRule(pipelines)];
}

function namesRule(pipelines: object): BrokenRule[] {
  return Object.keys(pipelines)
    .filter((name) => !PIPELINE_NAME.test(name))
    .map((name) => ({ path: [name], message: NAME_MISTAKE, at: 'key' }));
}

/** A pattern of keys that a pipeline takes: what for, and where it is written. */
interface Taken {
  pipeline: string;
  role: string;
  glob: string;
  path: string[];
}

/** A key must have one pipeline. Where two patterns cannot be compared, the key itself shows it: see `pipelinesFor`. */
function overlapRule(pipelines: object): BrokenRule[] {
  const taken = Object.entries(pipelines).flatMap(([name, pipeline]) => takenBy(name, pipeline));
  const rivals = taken.flatMap(({ pipeline, glob, path }, index): BrokenRule[] => {
    const rival = taken
      .slice(0, index)
      .find((earlier) => earlier.pipeline !== pipeline && globsOverlap(earlier.glob, glob) === true);
    if (rival === undefined) return [];
    const message = `can match the same key as the ${rival.role} of pipeline "${rival.pipeline}" (${rival.glob}); a key must have one pipeline`;
    return [{ path, message }];
  });
  const archives = Object.entries(pipelines).flatMap(([name, pipeline]): BrokenRule[] => {
    const prefix = archivePrefixOf(pipeline);
    if (prefix === undefined) return [];
    const takers = taken.map((each) => ({ ...each, meets: globTakesFrom(prefix.slice(0, -1), each.glob) }));
    const taker = takers.find(({ meets }) => meets === true) ?? takers.find(({ meets }) => meets === undefined);
    if (taker === undefined) return [];
    const where = `a folder that pipeline "${taker.pipeline}" takes drops from (${taker.glob})`;
    const message =
      taker.meets === true
        ? `is ${where}, so archived files would run again`
        : `may be ${where}, and archived files would run again; let the pattern begin with the name of a folder`;
    return [{ path: [name, 'keep', 'archive'], message }];
  });
  return [...rivals, ...archives];
}

const trigger = z.object({
  kind: z.string(),
  glob: z.string().optional(),
  marker: z.string().optional(),
  pipeline: z.string().optional(),
});
const withTrigger = z.union([z.object({ trigger }), z.object({ on: z.object({ trigger }) }).transform(({ on }) => on)]);
const steps = z.object({ steps: z.array(z.unknown()) });
const stepWithFiles = z.object({ files: z.array(z.object({ name: z.string(), glob: z.string() })) });

/** Of a pipeline that has no mistake, and of one that has mistakes elsewhere and so is not transformed yet. */
function triggerOf(pipeline: unknown): Partial<z.infer<typeof trigger>> {
  return withTrigger.safeParse(pipeline).data?.trigger ?? {};
}

function takenBy(pipeline: string, value: unknown): Taken[] {
  const { glob: dropped, marker } = triggerOf(value);
  const files = (steps.safeParse(value).data?.steps ?? []).flatMap((step, index) => {
    return (stepWithFiles.safeParse(step).data?.files ?? []).map(({ name, glob }) => ({
      pipeline,
      role: `file "${name}"`,
      glob,
      path: [pipeline, 'steps', String(index), 'files', name],
    }));
  });
  return [
    ...(dropped === undefined ? [] : [{ pipeline, role: 'drop', glob: dropped, path: [pipeline, 'on', 'drop'] }]),
    ...(marker === undefined
      ? []
      : [{ pipeline, role: 'marker', glob: marker, path: [pipeline, 'on', 'set', 'marker'] }]),
    ...files,
  ];
}

function archivePrefixOf(pipeline: unknown): string | undefined {
  const keep = z.object({ keep: z.object({ kind: z.literal('archive'), prefix: z.string() }) });
  return keep.safeParse(pipeline).data?.keep.prefix;
}

/** `after` names another pipeline that there is, and no chain of them comes back to where it began. */
function afterRule(pipelines: object): BrokenRule[] {
  const names = Object.keys(pipelines);
  const before = new Map(
    Object.entries(pipelines).flatMap(([name, pipeline]) => {
      const { pipeline: earlier } = triggerOf(pipeline);
      return earlier === undefined ? [] : [[name, earlier] as const];
    }),
  );
  return [...before].flatMap(([name, earlier]): BrokenRule[] => {
    const path = [name, 'on', 'after'];
    if (earlier === name) return [{ path, message: 'names this pipeline itself' }];
    if (!names.includes(earlier)) return [{ path, message: unknownPipeline(earlier, names) }];
    const circle = circleFrom(name, before);
    // One circle is one mistake: told at the pipeline of it that comes first in the file.
    if (circle === undefined || names.find((each) => circle.includes(each)) !== name) return [];
    return [{ path, message: `goes round in a circle: ${[...circle, name].join(' after ')}` }];
  });
}

function unknownPipeline(name: string, names: readonly string[]): string {
  const [near] = nearMatches(name, names, 1);
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean "${near}"?`;
  return `names "${name}", and there is no such pipeline; ${hint}`;
}

/** The pipelines from `name` back to itself; undefined when the chain ends elsewhere. */
function circleFrom(name: string, before: ReadonlyMap<string, string>): string[] | undefined {
  const chain = [name];
  for (let next = before.get(name); next !== undefined && !chain.includes(next); next = before.get(next)) {
    chain.push(next);
    if (before.get(next) === name) return chain;
  }
  return undefined;
}
