import { todoOfSuccess } from './followers.ts';
import { changeHolder, holderName, readHolder, writeTicket } from './lane.ts';
import { releaseLane, wakeLane } from './lane-by-hand.ts';
import { commitRun, type Held } from './ledger.ts';
import { runMessage } from './message.ts';
import { isDone, isReleasable, type Run, type Settled, type Todo } from './run.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

/** What is said about a run, or why it cannot be said of this one. */
export type SettleDecision = { ok: true; run: Run; freesLane: boolean } | { ok: false; because: string };

/** What came of it: `lane` tells whether the lane of the run was freed, or who holds it still; null where it had none. */
export type SettleAnswer =
  | { ok: true; run: Run; lane: { freed: true } | { freed: false; because: string } | null }
  | { ok: false; because: string };

/**
 * The ledger entry of a run after somebody has found out what became of it. Pure.
 *
 * Only a run of which nobody could tell is settled: one that ended `unknown`, or one that ended with a call of it still
 * unanswered, of which it is known that it did not succeed; and one that waits for a word about its rejected rows, which may be left out.
 * `succeeded` frees the lane, `failed` does what `onFailure` says. Once such a run is redriven, the redrive alone says what becomes of it;
 * an unknown one is redriven only after the word about it.
 */
export function settleOf(run: Run, word: Settled): SettleDecision {
  const { ended, runId } = run;
  if (ended === null) return { ok: false, because: `Run ${runId} has not ended yet.` };
  if (run.settled !== undefined) {
    const { as, by, at } = run.settled;
    return { ok: false, because: `Run ${runId} was settled as ${as} by ${by} at ${at}.` };
  }
  const isUnknown = ended.outcome === 'unknown' || (word.as === 'succeeded' && hasRejectsBeyond(run));
  if (!isUnknown && isReleasable(run))
    return { ok: false, because: `Run ${runId} ended ${ended.outcome}, so there is nothing to settle.` };
  if (!isUnknown && word.as === 'succeeded')
    return { ok: false, because: `Run ${runId} ended ${ended.outcome}, so it can only be settled as failed.` };
  // What follows a success would be done for both, and the redrive would no longer find its drop.
  if (run.redrivenAs !== undefined) {
    const look = `See what becomes of that: plandrop runs show ${run.redrivenAs}`;
    return { ok: false, because: `Run ${runId} was redriven as ${run.redrivenAs}. ${look}` };
  }
  // A cancelled run holds its lane only while something of it may act.
  const freesLane = word.as === 'succeeded' || run.pipeline?.onFailure !== 'hold' || ended.outcome === 'cancelled';
  const { holdLane, ...rest } = ended;
  // Whoever does the to-do list later frees the lane too.
  const left = freesLane || holdLane === undefined ? rest : { ...rest, holdLane: HELD_BY_POLICY };
  const todo = [...rest.todo, ...todoOf(run, word)];
  return { ok: true, run: { ...run, ended: { ...left, todo }, settled: word }, freesLane };
}

/** What a run still has to do because it is said to have done all its pipeline says: the redrive of any other does it. */
function todoOf(run: Run, { as }: Pick<Settled, 'as'>): Todo[] {
  return as === 'succeeded' && run.position.step === run.steps.length - 1 ? todoOfSuccess(run) : [];
}

/** It ended because more rows were rejected than its pipeline allows. */
export function hasRejectsBeyond({ ended, steps, position }: Run): boolean {
  return ended?.outcome === 'succeeded-with-rejects' && steps[position.step]?.result?.beyondAllowance === true;
}

const HELD_BY_POLICY = 'the run was settled as failed and the pipeline says onFailure: hold';

/**
 * Writes a word into the ledger, and frees the lane if that follows from it. A second word is refused, and does once more what
 * follows the first: whoever wrote that may have died before. Else it is left to the watch.
 * @param learned what else is to be stored with it: all that is known now of the task
 */
export async function settleRun(
  services: RunServices,
  held: Held,
  word: Omit<Settled, 'at'>,
  learned: (run: Run) => Run = (run) => run,
): Promise<SettleAnswer> {
  for (let current = held; ; ) {
    const decision = settleOf(current.run, { ...word, at: isoTime(services.clock.now()) });
    if (!decision.ok) {
      await repair(services, current.run);
      return decision;
    }
    const isLeft = todoOf(current.run, word).length > 0;
    // By its ticket the watch finds what is left to do; before and after, because a ticket of a run that is done is rubbish.
    if (isLeft) await writeTicket(services, decision.run);
    const committed = await commitRun(services, current, learned(decision.run));
    if (committed.committed) {
      if (isLeft) await wake(services, committed.run);
      return { ok: true, run: committed.run, lane: await settleLane(services, decision) };
    }
    current = committed;
  }
}

/** Has whoever ends runs carry on with this one. */
async function wake(services: RunServices, run: Run): Promise<void> {
  await writeTicket(services, run);
  await services.queues.send('collect', JSON.stringify(runMessage(run.runId, run.turn)));
}

/** Whoever settled the run may have died before the rest was begun, before its lane was freed, or before the next was woken. */
async function repair(services: RunServices, run: Run): Promise<void> {
  if (run.settled === undefined) return;
  if (!isDone(run)) await wake(services, run);
  await freeSettled(services, run);
}

/**
 * Frees the lane of a run that was settled so, and wakes the next: whoever settled it may have died before. Repeating it is harmless,
 * and of any other run it does nothing.
 */
export async function freeSettled(services: RunServices, run: Run): Promise<void> {
  if (run.settled === undefined || run.ended?.holdLane !== undefined || run.pipeline === null) return;
  await settleLane(services, { run, freesLane: true });
}

/** Frees the lane that the run left held; what a person holds stays held. */
async function settleLane(
  services: RunServices,
  { run, freesLane }: { run: Run; freesLane: boolean },
): Promise<Extract<SettleAnswer, { ok: true }>['lane']> {
  if (run.pipeline === null) return null;
  const { modelId } = run.pipeline;
  const { runId, hold } = await readHolder(services, modelId);
  if (runId !== run.runId) {
    // Whoever has freed it just now may not come to wake the next.
    if (freesLane) await wakeLane(services, modelId);
    return null;
  }
  if (hold !== null && hold.by !== holderName(run)) return { freed: false, because: `${hold.by}: ${hold.reason}` };
  if (freesLane) {
    await releaseLane(services, modelId, hold);
    // A person may have come in between.
    const { runId: holding, hold: left } = await readHolder(services, modelId);
    if (holding !== runId || left === null) return { freed: true };
    return { freed: false, because: `${left.by}: ${left.reason}` };
  }
  if (hold === null) return null;
  await changeHolder(services, modelId, (holder) =>
    holder.hold?.by === hold.by && holder.hold.reason !== HELD_BY_POLICY
      ? { ...holder, hold: { ...holder.hold, reason: HELD_BY_POLICY } }
      : undefined,
  );
  return { freed: false, because: `${hold.by}: ${HELD_BY_POLICY}` };
}
