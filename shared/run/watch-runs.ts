import { finishEnding } from './ending.ts';
import { type Holder, modelIdOfTicket, readHolder, runIdOfTicket, sendNext, writeTicket } from './lane.ts';
import { releaseLane } from './lane-by-hand.ts';
import { commitRun, type Held, readRun } from './ledger.ts';
import { VISIBILITY_SECONDS } from './limits.ts';
import { decideHeldLane } from './look-again.ts';
import { runMessage } from './message.ts';
import { decideOverdue } from './overdue.ts';
import { handOverRedriven } from './redrive.ts';
import { hasLeftLane, isDone } from './run.ts';
import { sendUnsent } from './send-alert.ts';
import type { RunServices } from './services.ts';
import { closeBursts } from './tell-failure.ts';
import { isDueToRead } from './watch-pacing.ts';

/** What the watch found and did. */
export interface Watched {
  /** tickets, which are the runs not yet done */
  runs: number;
  resent: number;
  /** ended runs whose to-do list was done by the watch */
  finished: number;
  deadTickets: number;
  /** ended runs of which Anaplan is asked again what became of them */
  looks: number;
  /** alerts that could not be sent before, and summaries of like failures */
  alerts: number;
  /** runs, lanes and alerts that could not be looked after this time */
  failed: number;
}

/** Lanes looked after at the same time: reading a ledger is waiting for S3, mostly. */
const LANES_AT_ONCE = 16;

/**
 * Sends the messages of overdue runs again, wakes whoever may have a free lane, finishes the to-do lists of ended runs, deletes
 * dead tickets, has Anaplan asked about runs of which nobody knows what became of them, and sends the alerts that are owed. What it
 * does is harmless to repeat, and what it leaves half done the next watch does.
 */
export async function watchRuns(services: RunServices): Promise<Watched> {
  const watched: Watched = { runs: 0, resent: 0, finished: 0, deadTickets: 0, looks: 0, alerts: 0, failed: 0 };
  const lanes = await lanesOf(services);
  const left = [...lanes];
  const work = async () => {
    for (let lane = left.shift(); lane !== undefined; lane = left.shift()) await watchLane(services, lane, watched);
  };
  await Promise.all(Array.from({ length: Math.min(LANES_AT_ONCE, lanes.size) }, work));
  for (const alerts of [await sendUnsent(services), await closeBursts(services)]) {
    watched.alerts += alerts.sent;
    watched.runs += alerts.failed;
    watched.failed += alerts.failed;
  }
  return watched;
}

/** The tickets of each lane, in the order of the drops. */
async function lanesOf({ state }: RunServices): Promise<Map<string, string[]>> {
  const lanes = new Map<string, string[]>();
  for await (const { key } of state.list('lanes/')) {
    const modelId = key.split('/')[1] ?? '';
    const tickets = lanes.get(modelId) ?? [];
    if (modelIdOfTicket(key) !== undefined) tickets.push(key);
    lanes.set(modelId, tickets);
  }
  return lanes;
}

async function watchLane(
  services: RunServices,
  [modelId, tickets]: [modelId: string, tickets: string[]],
  watched: Watched,
): Promise<void> {
  watched.runs += tickets.length;
  // One run that cannot be looked after must not keep the others from it.
  const attempt = async (about: object, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      watched.failed++;
      services.log.error('The watch failed at a run, and goes on with the others.', { ...about, error });
    }
  };
  await attempt({ modelId }, async () => {
    const holder = await readHolder(services, modelId);
    await attempt({ modelId, runId: holder.runId }, () => watchHeldLane(services, { modelId, holder }, watched));
    const seen = { head: false };
    for (const [index, ticket] of tickets.entries()) {
      const runId = runIdOfTicket(modelId, ticket);
      // Behind the first that waits there is seldom anything to do.
      const isDue = !seen.head || runId === holder.runId || isDueToRead({ index, runId }, services.clock.now());
      if (isDue) await attempt({ ticket }, () => watchTicket(services, { ticket, runId, holder, seen }, watched));
    }
  });
}

/**
 * The run that ended in a lane which is held: asked after, or, when somebody has redriven or settled it and died, its lane handed over or
 * freed.
 */
async function watchHeldLane(
  services: RunServices,
  { modelId, holder }: { modelId: string; holder: Holder },
  watched: Watched,
): Promise<void> {
  if (holder.hold === null || holder.runId === null) return;
  const held = await readRun(services, holder.runId);
  if (held === undefined || (await handOverRedriven(services, held.run, modelId))) return;
  const decision = decideHeldLane(held.run, holder, services.clock.now());
  if (decision.kind === 'release') {
    // Whoever settled it may have died before its ticket was there again, by which what is left to do is found.
    if (!isDone(held.run)) await writeTicket(services, held.run);
    await releaseLane(services, modelId, holder.hold);
    if (!isDone(held.run)) await finishEnding(services, held);
  }
  if (decision.kind !== 'look') return;
  const { committed, run } = await commitRun(services, held, decision.run);
  if (!committed) return;
  await services.queues.send('collect', JSON.stringify(runMessage(run.runId, run.turn)));
  watched.looks++;
}

async function watchTicket(
  services: RunServices,
  of: { ticket: string; runId: string; holder: Holder; seen: { head: boolean } },
  watched: Watched,
): Promise<void> {
  const { ticket, runId, holder, seen } = of;
  const held = await readRun(services, runId);
  if (held === undefined || isDone(held.run)) {
    await services.state.delete(ticket);
    watched.deadTickets++;
    return;
  }
  const { run } = held;
  const now = services.clock.now();
  if (run.ended !== null) {
    // Whoever ended it may be at it just now.
    if (now < Date.parse(run.ended.at) + VISIBILITY_SECONDS * 1000) return;
    await finishEnding(services, held);
    watched.finished++;
    return;
  }
  if (run.next?.due === 'lane') {
    const isHead = !seen.head;
    seen.head = true;
    // Somebody has asked something of it: whoever asked may have died before the run was woken.
    if (run.requests.length === 0 && !(await mayGoOn(services, { held, holder, isHead }))) return;
  }
  const overdue = decideOverdue(run, now);
  if (overdue === undefined) return;
  const committed = await commitRun(services, held, overdue);
  // Refused: the run has just moved, so it was not left behind.
  if (!committed.committed) return;
  await sendNext(services, committed.run);
  watched.resent++;
}

/** Whether a run that waits could have its lane: it is the holder already, or the first, and nobody else holds. */
async function mayGoOn(
  services: RunServices,
  { held: { run }, holder: { runId, hold }, isHead }: { held: Held; holder: Holder; isHead: boolean },
): Promise<boolean> {
  if (run.pipeline === null || hold !== null) return false;
  if (runId === run.runId) return true;
  if (!isHead) return false;
  const holding = runId === null ? undefined : await readRun(services, runId);
  return holding === undefined || hasLeftLane(holding.run);
}
