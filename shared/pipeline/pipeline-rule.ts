import * as z from 'zod';
import type { BrokenRule } from './fields.ts';
import { globMayHoldDate, globsOverlap } from './glob.ts';
import { alternatives } from './glob-alternatives.ts';

/** What the rules look at; each is missing where the file has a mistake there already. */
const seen = z.object({
  on: z
    .object({
      trigger: z.object({
        kind: z.enum(['drop', 'schedule', 'after', 'set']),
        by: z.string().optional(),
        marker: z.string().optional(),
      }),
      timezone: z.string().optional(),
    })
    .optional(),
  steps: z
    .array(
      z.object({
        kind: z.string(),
        to: z.string().optional(),
        files: z.array(z.object({ name: z.string(), glob: z.string() })).optional(),
      }),
    )
    .min(1),
  expectBy: z.unknown().optional(),
  keep: z.unknown().optional(),
});
type Seen = z.infer<typeof seen>;
type Files = NonNullable<Seen['steps'][number]['files']>;

/** What must fit together within one pipeline. Nothing is said where a part cannot be read: that is told already. */
export function pipelineRule(pipeline: object): BrokenRule[] {
  const { data } = seen.safeParse(pipeline);
  if (data === undefined) return [];
  return [...sourceRule(data), ...setRule(data), ...exportRule(data), ...timeRule(data)];
}

/** Files come by drops, one for the imports of a `drop`, several for the process of a `set`. */
function sourceRule({ on, steps, keep }: Seen): BrokenRule[] {
  const kind = on?.trigger.kind;
  const withFiles = steps.flatMap(({ files }, index) => (files === undefined ? [] : [index]));
  const broken: BrokenRule[] = [];
  if (kind === 'drop' && withFiles.length === 0 && !steps.some((step) => step.kind === 'import')) {
    broken.push({ path: ['on'], message: 'is a drop, but no step is an import, so the file would never be uploaded' });
  }
  if (kind === 'set' && withFiles.length === 0) {
    broken.push({ path: ['on'], message: 'is a set, but no process says with files: which files it takes' });
  }
  if (kind !== undefined && kind !== 'set' && withFiles[0] !== undefined) {
    const message = `belongs to a pipeline that a set starts, such as on: { set: folder }, not to one with ${kind}`;
    broken.push({ path: ['steps', String(withFiles[0]), 'files'], message });
  }
  if (withFiles[1] !== undefined) {
    const message = `is there twice (step ${Number(withFiles[0]) + 1} has it too); one set fills one process`;
    broken.push({ path: ['steps', String(withFiles[1]), 'files'], message });
  }
  if (keep !== undefined && (kind === 'schedule' || kind === 'after')) {
    broken.push({ path: ['keep'], message: `says what becomes of drops, and a pipeline with ${kind} takes none` });
  }
  return broken;
}

/** Whether the files can ever be together. */
function setRule({ on, steps }: Seen): BrokenRule[] {
  const index = steps.findIndex(({ files }) => files !== undefined);
  const files = steps[index]?.files;
  if (on?.trigger.kind !== 'set' || files === undefined) return [];
  const at = (name: string): string[] => ['steps', String(index), 'files', name];
  switch (on.trigger.by) {
    case 'date':
      return files
        .filter(({ glob }) => !globMayHoldDate(glob))
        .map(({ name }) => ({
          path: at(name),
          message: 'has no wildcard that a date such as 2026-01-31 or 20260131 fits in, and the set goes by date',
        }));
    case 'folder':
      return neverTogether(files).map(({ name, other }) => ({
        path: at(name),
        message: `can never be in the same folder as "${other.name}" (${other.glob}), and the set goes by folder`,
      }));
    default: {
      // A marker completes the set of its folder.
      const marker = { name: 'the marker', glob: on.trigger.marker ?? '' };
      const meeting = files
        .filter(({ glob }) => globsOverlap(glob, marker.glob) === true)
        .map(({ name }) => ({ path: at(name), message: `can match the marker too (${marker.glob})` }));
      const apart = neverTogether([marker, ...files]).map(({ name }) => ({
        path: at(name),
        message: `can never be in the same folder as the marker (${marker.glob}), and a marker completes the set of its folder`,
      }));
      return [...meeting, ...apart];
    }
  }
}

/** Files whose folder can never be that of the first. */
function neverTogether(files: Files): { name: string; other: Files[number] }[] {
  const [first, ...others] = files;
  if (first === undefined) return [];
  return others.filter(({ glob }) => !mayShareFolder(first.glob, glob)).map(({ name }) => ({ name, other: first }));
}

function mayShareFolder(a: string, b: string): boolean {
  const others = alternatives(b).map(neighbours);
  return alternatives(a).some((one) => others.some((other) => globsOverlap(neighbours(one), other) !== false));
}

/** The keys of one name in the folders of a pattern. */
function neighbours(glob: string): string {
  const folders = /(?:^|\/)\*\*$/.test(glob) ? `${glob}/` : glob.slice(0, glob.lastIndexOf('/') + 1);
  return `${folders}x`;
}

/** The later of two exports to one key would write over the earlier. */
function exportRule({ steps }: Seen): BrokenRule[] {
  return steps.flatMap(({ to }, index): BrokenRule[] => {
    const earlier = steps.findIndex((step) => step.to === to);
    if (to === undefined || earlier === index) return [];
    const message = `is where step ${earlier + 1} writes its export too; each needs a key of its own`;
    return [{ path: ['steps', String(index), 'to'], message }];
  });
}

/** `expectBy` waits for files, and a time zone needs something that goes by it: a time of day, or the day in an export's key. */
function timeRule({ on, steps, expectBy }: Seen): BrokenRule[] {
  const kind = on?.trigger.kind;
  const broken: BrokenRule[] = [];
  if (expectBy !== undefined && kind !== 'drop' && kind !== 'set') {
    broken.push({
      path: ['expectBy'],
      message: 'waits for files, so it belongs to a pipeline with on: drop or on: set',
    });
  }
  const expectsByIt = expectBy !== undefined && !z.object({ timezone: z.string() }).safeParse(expectBy).success;
  const goesByIt = kind === 'schedule' || expectsByIt || steps.some(({ to }) => to?.includes('{date}') === true);
  if (on?.timezone !== undefined && !goesByIt) {
    broken.push({
      path: ['on', 'timezone'],
      message: 'means nothing here: no schedule, expectBy or {date} goes by it',
    });
  }
  return broken;
}
