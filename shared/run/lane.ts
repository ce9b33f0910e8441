import * as z from 'zod';
import { MAX_DELAY_SECONDS } from '../ports/queue.ts';
import { readRun } from './ledger.ts';
import { runMessage } from './message.ts';
import { type BegunRun, hasLeftLane, isDone, type Run } from './run.ts';
import type { RunServices } from './services.ts';
import { triggerTime } from './trigger.ts';

const holdSchema = z.object({ by: z.string(), reason: z.string() });
export type Hold = z.infer<typeof holdSchema>;

const holderSchema = z.object({
  /** The run that has the lane, or had it when the lane was held. */
  runId: z.string().nullable(),
  /** Grows with each grant; written into every upload epoch. */
  fence: z.int(),
  /** Held by a person or by a failed run: nobody is granted the lane until it is released. */
  hold: holdSchema.nullable(),
  /** Who left the lane last: an older drop that comes after it can say that it was overtaken. */
  last: z.object({ runId: z.string(), ticket: z.string() }).nullable(),
});
export type Holder = z.infer<typeof holderSchema>;

/** What came of asking for the lane. */
export type LaneAnswer = { kind: 'taken'; fence: number; overtakenBy?: string } | { kind: 'waiting'; because: string };

export type LaneServices = Pick<RunServices, 'state' | 'queues' | 'clock' | 'log'>;

const LANE_FREE: Holder = { runId: null, fence: 0, hold: null, last: null };
const MAX_ROUNDS = 20;

function holderKey(modelId: string): string {
  return `lanes/${modelId}/holder`;
}

function ticketPrefix(modelId: string): string {
  return `lanes/${modelId}/tickets/`;
}

/** `lanes/<modelId>/tickets/<drop time>-<runId>`: the list of a lane's tickets is in the order of the drops. */
export function ticketKey(modelId: string, run: Pick<Run, 'trigger' | 'runId'>): string {
  return `${ticketPrefix(modelId)}${new Date(triggerTime(run.trigger)).toISOString()}-${run.runId}`;
}

/** The model of a ticket's key; undefined for the key of a holder. */
export function modelIdOfTicket(key: string): string | undefined {
  return /^lanes\/([^/]+)\/tickets\//.exec(key)?.[1];
}

export function runIdOfTicket(modelId: string, key: string): string {
  return key.slice(ticketPrefix(modelId).length + '2026-01-31T00:00:00.000Z-'.length);
}

/** How a run signs the lane that it leaves held. */
export function holderName({ runId }: Pick<Run, 'runId'>): string {
  return `run ${runId}`;
}

/** Writes the run's ticket. Repeating it is harmless. */
export async function writeTicket({ state }: Pick<LaneServices, 'state'>, run: Run): Promise<void> {
  if (run.ticket !== null) await state.create(run.ticket, JSON.stringify({ runId: run.runId }));
}

export async function readHolder({ state }: Pick<LaneServices, 'state'>, modelId: string): Promise<Holder> {
  return (await heldBy(state, modelId)).holder;
}

/**
 * Asks for the lane of `run`. Only the run itself takes a free lane, and only if no unfinished run has a smaller ticket; that
 * run is woken instead. Rubbish on the way (tickets of runs that are done, holders that have left) is removed by whoever sees it.
 * After a crash a run finds itself the holder and goes on.
 */
export async function takeLane(services: LaneServices, run: BegunRun): Promise<LaneAnswer> {
  const { modelId } = run.pipeline;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { holder, etag } = await heldBy(services.state, modelId);
    if (holder.runId === run.runId && holder.hold === null) return { kind: 'taken', fence: holder.fence };
    if (holder.hold !== null)
      return { kind: 'waiting', because: `the lane is held by ${holder.hold.by}: ${holder.hold.reason}` };
    if (holder.runId !== null) {
      const holding = await readRun(services, holder.runId);
      if (holding !== undefined && !hasLeftLane(holding.run))
        return { kind: 'waiting', because: `run ${holder.runId} has the lane` };
      await writeHolder(services.state, modelId, { ...holder, runId: null }, etag);
      continue;
    }
    const first = await firstInLane(services, modelId);
    if (first !== undefined && first.runId !== run.runId && (first.ticket ?? '') < (run.ticket ?? '')) {
      await sendNext(services, first);
      return { kind: 'waiting', because: `run ${first.runId} has an earlier ticket` };
    }
    const fence = holder.fence + 1;
    if (await writeHolder(services.state, modelId, { ...holder, runId: run.runId, fence }, etag)) {
      const overtakenBy =
        holder.last !== null && (run.ticket ?? '') < holder.last.ticket ? holder.last.runId : undefined;
      return { kind: 'taken', fence, ...(overtakenBy === undefined ? {} : { overtakenBy }) };
    }
  }
  throw new Error(`the lane of model ${modelId} changed hands ${MAX_ROUNDS} times while run ${run.runId} asked for it`);
}

/**
 * Leaves the lane at the end of a run: frees it, or keeps it held with the reason, and wakes the run that is next. A lane that a person
 * holds stays as it is; the reason is in the ledger, where their release finds it (`releaseLane`).
 * The holder is written before the tickets are listed, so that a newcomer, who does it the other way round, is never missed.
 */
export async function leaveLane(services: LaneServices, run: BegunRun, holdLane: string | undefined): Promise<void> {
  const { modelId } = run.pipeline;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { holder, etag } = await heldBy(services.state, modelId);
    const left = leftBy(run, holder, holdLane);
    if (left === undefined) return wakeNext(services, run);
    if (await writeHolder(services.state, modelId, left, etag)) return wakeNext(services, run);
  }
  throw new Error(`the lane of model ${modelId} changed ${MAX_ROUNDS} times while run ${run.runId} left it`);
}

/** The holder after the run has left the lane; undefined when nothing is to be written. */
function leftBy(run: BegunRun, holder: Holder, holdLane: string | undefined): Holder | undefined {
  if (holder.runId !== run.runId) return undefined;
  const last = run.ticket === null ? holder.last : { runId: run.runId, ticket: run.ticket };
  if (holder.hold !== null) {
    // Whoever releases that hold just now may have read the ledger before the run had ended: this has them read it again.
    const isNoted = holder.hold.by === holderName(run) || holder.last?.runId === run.runId;
    return holdLane === undefined || isNoted ? undefined : { ...holder, last };
  }
  return holdLane === undefined
    ? { ...holder, runId: null, last }
    : { ...holder, hold: { by: holderName(run), reason: holdLane } };
}

/** Wakes the run that is next, if the lane is free. */
async function wakeNext(services: LaneServices, run: BegunRun): Promise<void> {
  const { modelId } = run.pipeline;
  const { holder } = await heldBy(services.state, modelId);
  if (holder.runId !== null || holder.hold !== null) return;
  const first = await firstInLane(services, modelId, run.runId);
  if (first !== undefined) await sendNext(services, first);
}

/** The unfinished run with the smallest ticket; tickets of runs that are done are deleted on the way. */
export async function firstInLane(services: LaneServices, modelId: string, except?: string): Promise<Run | undefined> {
  for await (const { key } of services.state.list(ticketPrefix(modelId))) {
    const runId = runIdOfTicket(modelId, key);
    if (runId === except) continue;
    const found = await readRun(services, runId);
    if (found !== undefined && found.run.ended === null) return found.run;
    if (found === undefined || isDone(found.run)) await services.state.delete(key);
  }
  return undefined;
}

/** Sends the message of the run's turn after `delaySeconds`, whenever that is due. */
export async function sendMessage(
  { queues }: Pick<LaneServices, 'queues'>,
  { runId, next }: Run,
  delaySeconds: number,
): Promise<void> {
  if (next !== null) await queues.send(next.queue, JSON.stringify(runMessage(runId, next.turn)), { delaySeconds });
}

/** Sends the `next` of a run: what wakes it, what a turn ends with, and what repairs a lost send. */
export async function sendNext(
  services: Pick<LaneServices, 'queues' | 'clock'>,
  run: Run,
  settleSeconds = 0,
): Promise<void> {
  if (run.next === null) return;
  const wait = run.next.due === 'lane' ? settleSeconds : (Date.parse(run.next.due) - services.clock.now()) / 1000;
  await sendMessage(services, run, Math.min(MAX_DELAY_SECONDS, Math.max(0, wait)));
}

/**
 * Changes the holder by compare-and-swap, over and over until it is done; `change` answers undefined when nothing is to do. What
 * it reads itself is read after the holder, each time anew.
 * @returns whether it was changed by this call
 */
export async function changeHolder(
  { state }: Pick<LaneServices, 'state'>,
  modelId: string,
  change: (holder: Holder) => Holder | undefined | Promise<Holder | undefined>,
): Promise<boolean> {
  let tried = false;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { holder, etag } = await heldBy(state, modelId);
    const changed = await change(holder);
    // After a refused write nothing to do means that it was our own success whose answer was lost, or somebody's like ours.
    if (changed === undefined) return tried;
    tried = true;
    if (await writeHolder(state, modelId, changed, etag)) return true;
  }
  throw new Error(`the lane of model ${modelId} changed ${MAX_ROUNDS} times while somebody tried to change it`);
}

async function heldBy(state: LaneServices['state'], modelId: string): Promise<{ holder: Holder; etag: string }> {
  for (;;) {
    const object = await state.get(holderKey(modelId));
    if (object !== undefined) {
      return { holder: holderSchema.parse(JSON.parse(new TextDecoder().decode(object.body))), etag: object.etag };
    }
    await state.create(holderKey(modelId), JSON.stringify(LANE_FREE));
  }
}

/**
 * @returns whether our write stands. A refused write may be our own lost success; the next round of the caller reads the holder
 * again and finds out, because a holder names its run and its fence.
 */
async function writeHolder(
  state: LaneServices['state'],
  modelId: string,
  holder: Holder,
  etag: string,
): Promise<boolean> {
  return (await state.replace(holderKey(modelId), JSON.stringify(holder), etag)).written;
}
