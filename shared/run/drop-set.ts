import * as z from 'zod';
import { type Drop, dropSchema, memberSchema, type Trigger } from './trigger.ts';

const startedSchema = z.object({
  generation: z.int().positive(),
  runId: z.string(),
  /** in the order of the pipeline's `files:` */
  members: z.array(memberSchema),
  marker: dropSchema.exactOptional(),
  /** The run is known to have its ledger. Until then whoever comes by opens it. */
  opened: z.boolean(),
});
/** A set that was complete: its drops are consumed, and its run is named. */
export type StartedSet = z.infer<typeof startedSchema>;

/**
 * The drops that belong together, as far as they have come: one object per set, changed by compare-and-swap. The swap that
 * completes a generation names its run and begins the next one, empty.
 */
export const dropSetSchema = z.object({
  v: z.literal(1),
  pipeline: z.string(),
  setId: z.string(),
  /** of the drops that wait now; grows by one with each start */
  generation: z.int().positive(),
  /** the names in `files:` that had to be filled when it was last changed, in their order */
  needs: z.array(z.string()),
  needsMarker: z.boolean(),
  members: z.array(memberSchema),
  marker: dropSchema.nullable(),
  /** Drops that another took the place of before the start. They are never loaded. */
  superseded: z.array(memberSchema.extend({ generation: z.int(), by: z.string() })),
  started: z.array(startedSchema),
});
export type DropSet = z.infer<typeof dropSetSchema>;

/** A drop and its places in a set, as the configuration says it today. */
export interface Arrival {
  drop: Drop;
  /** the names in `files:` whose pattern matches it */
  files: readonly string[];
  isMarker: boolean;
  needs: readonly string[];
  needsMarker: boolean;
  /** The bucket says that no newer version of this key is there; asked only where times do not tell. */
  isLatest?: boolean;
}

/**
 * - `known`: the set has seen this version; `started` is the generation that consumed it.
 * - `changed`: to be written; `started` is the generation that is complete with it.
 */
export type Addition =
  | { kind: 'known'; started?: StartedSet }
  | { kind: 'changed'; set: DropSet; started?: StartedSet };

/**
 * How long each start is remembered. The last one is remembered for ever: it tells of whatever is older, and told of again, that it comes
 * late.
 */
const REMEMBERED_MS = 30 * 86_400_000;
/** The place of a marker among the superseded. */
const MARKER = '(marker)';

export function emptySet(pipeline: string, setId: string): DropSet {
  return {
    v: 1,
    pipeline,
    setId,
    generation: 1,
    needs: [],
    needsMarker: false,
    members: [],
    marker: null,
    superseded: [],
    started: [],
  };
}

/**
 * The set after a drop has come. Pure, and the same for the same drops in whatever order and however often they are told of, as
 * long as none of them completes it: a version counts once, and of two versions for one place the newer stays.
 * @param runIdOf names the run of a complete generation
 */
export function addToSet(set: DropSet, arrival: Arrival, runIdOf: (trigger: Trigger) => string): Addition {
  const { drop } = arrival;
  const consumer = consumerOf(set, drop);
  if (consumer !== undefined) return { kind: 'known', started: consumer };
  if (hasCome(set, drop)) return { kind: 'known' };

  const known: DropSet = { ...set, needs: [...arrival.needs], needsMarker: arrival.needsMarker };
  const late = set.started.findLast((started) => replacerOf(arrival, started) !== undefined);
  const added = late === undefined ? placed(known, arrival) : replacedBefore(known, arrival, late);
  const complete = late === undefined ? startedBy(added, runIdOf) : undefined;
  if (complete === undefined) return { kind: 'changed', set: remembering(added, drop) };
  return { kind: 'changed', set: remembering(complete.set, drop), started: complete.started };
}

/** Whether the set has seen this version of a drop: it waits, was consumed, or another took its place. */
export function knowsDrop(set: DropSet, drop: Drop): boolean {
  return consumerOf(set, drop) !== undefined || hasCome(set, drop);
}

function consumerOf({ started }: DropSet, drop: Drop): StartedSet | undefined {
  return started.find((each) => consumedBy(each).some((consumed) => isSameVersion(consumed, drop)));
}

function hasCome({ members, marker, superseded }: DropSet, drop: Drop): boolean {
  return [...members, ...(marker === null ? [] : [marker]), ...superseded].some((each) => isSameVersion(each, drop));
}

/** Whether only the bucket can say which of two versions is newer: S3's times are whole seconds. */
export function needsLatest(set: DropSet, { key, lastModified, versionId }: Drop): boolean {
  const known = [...set.members, ...(set.marker === null ? [] : [set.marker]), ...set.started.flatMap(consumedBy)];
  return known.some((each) => each.key === key && each.lastModified === lastModified && each.versionId !== versionId);
}

/** What a set still waits for; nothing when no drop of its generation has come. */
export function missingOf({ members, marker, needs, needsMarker }: DropSet): string[] {
  if (members.length === 0 && marker === null) return [];
  const there = new Set(members.map(({ file }) => file));
  const missing = needs.filter((file) => !there.has(file));
  return needsMarker && marker === null ? [...missing, 'the marker'] : missing;
}

export function triggerOfSet({ setId }: DropSet, { generation, members, marker }: StartedSet): Trigger {
  return { kind: 'set', setId, generation, members, ...(marker === undefined ? {} : { marker }) };
}

/** The set with a start noted as opened; undefined when that is noted already, or is forgotten. */
export function withOpened(set: DropSet, generation: number): DropSet | undefined {
  if (!set.started.some((each) => each.generation === generation && !each.opened)) return undefined;
  const started = set.started.map((each) => (each.generation === generation ? { ...each, opened: true } : each));
  return { ...set, started };
}

function consumedBy({ members, marker }: StartedSet): Drop[] {
  return marker === undefined ? members : [...members, marker];
}

function isSameVersion(a: Drop, b: Drop): boolean {
  return a.bucket === b.bucket && a.key === b.key && a.versionId === b.versionId;
}

/**
 * What was consumed in the place of a drop: a newer version of its key, or newer drops in all its places. Told of in time the drop would
 * have been superseded; told of late, it would begin a set of files that do not belong together.
 */
function replacerOf(arrival: Arrival, started: StartedSet): Drop | undefined {
  const { drop, isLatest = false } = arrival;
  const isOlder = (than: Drop) => !isNewer(drop, than, isLatest);
  const versions = consumedBy(started).filter(({ bucket, key }) => bucket === drop.bucket && key === drop.key);
  const inItsPlaces = placesOf(arrival).map((place) =>
    place === MARKER ? started.marker : started.members.find(({ file }) => file === place),
  );
  const isReplaced = inItsPlaces.every((each) => each !== undefined && isOlder(each));
  return versions.find(isOlder) ?? (isReplaced ? inItsPlaces[0] : undefined);
}

function placesOf({ files, isMarker }: Arrival): readonly string[] {
  return isMarker ? [...files, MARKER] : files;
}

function replacedBefore(set: DropSet, arrival: Arrival, late: StartedSet): DropSet {
  const { drop } = arrival;
  const { versionId: by = '' } = replacerOf(arrival, late) ?? {};
  const noted = placesOf(arrival).map((file) => ({ ...drop, file, generation: late.generation, by }));
  return { ...set, superseded: [...set.superseded, ...noted] };
}

/** The drop in each of its places; of two for one place the older is noted as superseded. */
function placed(set: DropSet, arrival: Arrival): DropSet {
  const { drop, files, isMarker, isLatest = false } = arrival;
  let { members, marker } = set;
  const superseded = [...set.superseded];
  const supersede = (file: string, loser: Drop, by: Drop) => {
    const { bucket, key, versionId, lastModified, bytes } = loser;
    const { generation } = set;
    superseded.push({ file, bucket, key, versionId, lastModified, bytes, generation, by: by.versionId });
  };
  for (const file of files) {
    const there = members.find((member) => member.file === file);
    if (there !== undefined && !isNewer(drop, there, isLatest)) {
      supersede(file, drop, there);
      continue;
    }
    if (there !== undefined) supersede(file, there, drop);
    members = [...members.filter((member) => member !== there), { ...drop, file }];
  }
  if (isMarker) {
    if (marker !== null && !isNewer(drop, marker, isLatest)) supersede(MARKER, drop, marker);
    else {
      if (marker !== null) supersede(MARKER, marker, drop);
      marker = drop;
    }
  }
  return { ...set, members, marker, superseded };
}

function isNewer(drop: Drop, there: Drop, isLatest: boolean): boolean {
  if (drop.lastModified !== there.lastModified) return drop.lastModified > there.lastModified;
  if (drop.key === there.key) return isLatest;
  return drop.key > there.key;
}

function startedBy(
  set: DropSet,
  runIdOf: (trigger: Trigger) => string,
): { set: DropSet; started: StartedSet } | undefined {
  const members = set.needs.flatMap((file) => set.members.filter((member) => member.file === file));
  if (members.length < set.needs.length || (set.needsMarker && set.marker === null)) return undefined;
  const { generation, marker } = set;
  const unnamed = { generation, runId: '', members, ...(marker === null ? {} : { marker }), opened: false };
  const started: StartedSet = { ...unnamed, runId: runIdOf(triggerOfSet(set, unnamed)) };
  // A place that the pipeline no longer has: what lay there is loaded by nobody.
  const left = set.members.filter((member) => !members.includes(member));
  const superseded = left.map((member) => ({ ...member, generation, by: '' }));
  return {
    started,
    set: {
      ...set,
      generation: generation + 1,
      members: [],
      marker: null,
      superseded: [...set.superseded, ...superseded],
      started: [...set.started, started],
    },
  };
}

function remembering(set: DropSet, { lastModified }: Drop): DropSet {
  const since = Date.parse(lastModified) - REMEMBERED_MS;
  const isRecent = (drop: Drop) => Date.parse(drop.lastModified) >= since;
  return {
    ...set,
    superseded: set.superseded.filter(isRecent),
    started: set.started.filter(
      (each) => !each.opened || each === set.started.at(-1) || consumedBy(each).some(isRecent),
    ),
  };
}
