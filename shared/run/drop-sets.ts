import { createHash } from 'node:crypto';
import * as z from 'zod';
import {
  type Addition,
  type Arrival,
  addToSet,
  type DropSet,
  dropSetSchema,
  emptySet,
  knowsDrop,
  needsLatest,
  type StartedSet,
  withOpened,
} from './drop-set.ts';
import type { RunServices } from './services.ts';
import { type Drop, runIdOf, type Trigger } from './trigger.ts';

type SetServices = Pick<RunServices, 'state' | 'clock' | 'random'>;

interface HeldSet {
  set: DropSet;
  etag: string;
}

const FOLDER = 'sets/';
/** The ids of sets are folders of the sender's; what is longer than this is told apart by its hash. */
const LONGEST_NAME = 200;
/** Many drops of one set come at once, and each waits a little for the others. */
const MAX_ROUNDS = 50;

/** Where a set lives in the state store. */
export function setKey(pipeline: string, setId: string): string {
  const name = encodeURIComponent(setId);
  const short = name.length <= LONGEST_NAME ? name : createHash('sha256').update(setId).digest('hex');
  return `${FOLDER}${pipeline}/${short}.json`;
}

/**
 * Adds a drop to its set, once however often it is told of. The write that completes the set names its run; whoever dies after it
 * finds it again by the drop.
 * @param latest the newest version of a drop's key in its bucket; undefined when none is there. Asked where times do not tell which of
 *   two is newer, and before a set is complete: S3 may tell of a marker before it tells of the file that was put there before it.
 */
export async function addDrop(
  services: SetServices,
  { pipeline, setId }: { pipeline: string; setId: string },
  arrival: Arrival,
  latest: (drop: Drop) => Promise<Drop | undefined>,
): Promise<{ set: DropSet; addition: Addition }> {
  const named = (trigger: Trigger) => runIdOf(pipeline, trigger);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const held = await readSet(services, setKey(pipeline, setId));
    const set = held?.set ?? emptySet(pipeline, setId);
    const isLatest = needsLatest(set, arrival.drop) && isNewest(arrival.drop, await latest(arrival.drop));
    const added = addToSet(set, { ...arrival, isLatest }, named);
    if (added.kind === 'known') return { set, addition: added };
    const addition = added.started === undefined ? added : await withNewest(set, { arrival, added, named, latest });
    if (await writeSet(services, addition.set, held?.etag)) return { set: addition.set, addition };
    await pause(services, round);
  }
  throw new Error(`set ${setId} of pipeline ${pipeline} changed ${MAX_ROUNDS} times while a drop was added to it`);
}

function isNewest({ versionId, lastModified }: Drop, newest: Drop | undefined): boolean {
  return newest === undefined || newest.versionId === versionId || newest.lastModified < lastModified;
}

/** The completion of a set once more, with those files first of which the bucket has a newer version than was told of. */
async function withNewest(
  set: DropSet,
  {
    arrival,
    added,
    named,
    latest,
  }: {
    arrival: Arrival;
    added: Extract<Addition, { kind: 'changed' }>;
    named: (trigger: Trigger) => string;
    latest: (drop: Drop) => Promise<Drop | undefined>;
  },
): Promise<Extract<Addition, { kind: 'changed' }>> {
  let next = set;
  let started: StartedSet | undefined;
  const members = added.started?.members ?? [];
  const drops = new Map(members.map(({ file: _, ...drop }) => [drop.key, drop]));
  // What has just come is last: it may complete the set, and then the others have to be in it.
  drops.delete(arrival.drop.key);
  for (const drop of [...drops.values(), arrival.drop]) {
    const newest = await latest(drop);
    if (newest === undefined || isNewest(drop, newest)) continue;
    const files = members.filter(({ key }) => key === drop.key).map(({ file }) => file);
    const answer = addToSet(next, { ...arrival, drop: newest, files, isMarker: false, isLatest: true }, named);
    if (answer.kind === 'known') continue;
    next = answer.set;
    started ??= answer.started;
  }
  if (next === set) return added;
  const answer = addToSet(next, arrival, named);
  const complete = started ?? answer.started;
  const kept = answer.kind === 'changed' ? answer.set : next;
  return { kind: 'changed', set: kept, ...(complete === undefined ? {} : { started: complete }) };
}

/** Whether a drop has come to its set before, and perhaps been loaded and removed since. */
export async function hasComeBefore(
  services: SetServices,
  { pipeline, setId }: { pipeline: string; setId: string },
  drop: Drop,
): Promise<boolean> {
  const held = await readSet(services, setKey(pipeline, setId));
  return held !== undefined && knowsDrop(held.set, drop);
}

/** Notes that the run of a started set has its ledger. */
export async function noteOpened(services: SetServices, of: DropSet, generation: number): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const held = await readSet(services, setKey(of.pipeline, of.setId));
    const next = held && withOpened(held.set, generation);
    if (next === undefined || (await writeSet(services, next, held?.etag))) return;
    await pause(services, round);
  }
  throw new Error(`set ${of.setId} of pipeline ${of.pipeline} changed ${MAX_ROUNDS} times while its start was noted`);
}

interface SetList {
  pipeline?: string;
  /** epoch ms: only those that were written from then on, */
  from?: number;
  /** and until then */
  to?: number;
  /** told of an object that is no set that this version can read; it is left out */
  onUnreadable(key: string, error: Error): void;
}

/** The sets of a pipeline, or of all. */
export async function* listSets(
  { state }: Pick<SetServices, 'state'>,
  { pipeline, from = 0, to = Number.POSITIVE_INFINITY, onUnreadable }: SetList,
): AsyncGenerator<DropSet> {
  for await (const { key, lastModified } of state.list(pipeline === undefined ? FOLDER : `${FOLDER}${pipeline}/`)) {
    const at = Date.parse(lastModified);
    if (at < from || at > to) continue;
    try {
      const held = await readSet({ state }, key);
      if (held !== undefined) yield held.set;
    } catch (error) {
      if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
      onUnreadable(key, error);
    }
  }
}

async function readSet({ state }: Pick<SetServices, 'state'>, key: string): Promise<HeldSet | undefined> {
  const object = await state.get(key);
  if (object === undefined) return undefined;
  return { set: dropSetSchema.parse(JSON.parse(new TextDecoder().decode(object.body))), etag: object.etag };
}

/** @returns whether the write stands. A refused one may be our own lost success; who reads again finds the drop in its place. */
async function writeSet({ state }: SetServices, set: DropSet, etag: string | undefined): Promise<boolean> {
  const key = setKey(set.pipeline, set.setId);
  const body = `${JSON.stringify(set, null, 1)}\n`;
  const waits = set.members.length > 0 || set.marker !== null || set.started.some(({ opened }) => !opened);
  const options = { contentType: 'application/json', ...(waits ? {} : { tags: { ended: 'true' } }) };
  const answer =
    etag === undefined ? await state.create(key, body, options) : await state.replace(key, body, etag, options);
  return answer.written;
}

async function pause({ clock, random }: SetServices, round: number): Promise<void> {
  await clock.sleep(random() * Math.min(1000, 25 * 2 ** round));
}
