import { finishEnding } from './ending.ts';
import { modelIdOfTicket, readHolder, runIdOfTicket, sendNext } from './lane.ts';
import { commitRun, type Held, readRun } from './ledger.ts';
import { VISIBILITY_SECONDS } from './limits.ts';
import { decideOverdue } from './overdue.ts';
import { isDone } from './run.ts';
import type { RunServices } from './services.ts';
import { closeBursts } from './tell-failure.ts';

/** What the watch found and did. */
export interface Watched {
  /** tickets, which are the runs not yet done; those that could not be looked after too */
  runs: number;
  resent: number;
  /** ended runs whose to-do list was done by the watch */
  finished: number;
  deadTickets: number;
  /** bursts of like failures of which the rest was told */
  bursts: number;
  /** runs, and bursts, that could not be looked after this time */
  failed: number;
}

/**
 * Sends the messages of overdue runs again, wakes whoever may have a free lane, finishes the to-do lists of ended runs, deletes
 * dead tickets, and sends the alerts that are owed. What it does is harmless to repeat, and what it leaves half done the next watch does.
 */
export async function watchRuns(services: RunServices): Promise<Watched> {
  const watched: Watched = { runs: 0, resent: 0, finished: 0, deadTickets: 0, bursts: 0, failed: 0 };
  /** lanes of which a run that may be next was seen already */
  const headed = new Set<string>();
  for await (const { key } of services.state.list('lanes/')) {
    const modelId = modelIdOfTicket(key);
    if (modelId === undefined) continue;
    try {
      await watchTicket(services, { key, modelId, headed }, watched);
    } catch (error) {
      // One run that cannot be looked after must not keep the others from it.
      watched.runs++;
      watched.failed++;
      services.log.error('The watch failed at a run, and goes on with the others.', { ticket: key, error });
    }
  }
  const bursts = await closeBursts(services);
  watched.bursts = bursts.sent;
  watched.runs += bursts.failed;
  watched.failed += bursts.failed;
  return watched;
}

async function watchTicket(
  services: RunServices,
  { key, modelId, headed }: { key: string; modelId: string; headed: Set<string> },
  watched: Watched,
): Promise<void> {
  const held = await readRun(services, runIdOfTicket(modelId, key));
  if (held === undefined || isDone(held.run)) {
    await services.state.delete(key);
    watched.deadTickets++;
    return;
  }
  watched.runs++;
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
    const isHead = !headed.has(modelId);
    headed.add(modelId);
    // Somebody has asked something of it: whoever asked may have died before the run was woken.
    if (run.requests.length === 0 && !(await mayGoOn(services, held, isHead))) return;
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
async function mayGoOn(services: RunServices, { run }: Held, isHead: boolean): Promise<boolean> {
  if (run.pipeline === null) return false;
  const { runId, hold } = await readHolder(services, run.pipeline.modelId);
  if (hold !== null) return false;
  if (runId === run.runId) return true;
  if (!isHead) return false;
  const holding = runId === null ? undefined : await readRun(services, runId);
  return holding === undefined || isDone(holding.run);
}
