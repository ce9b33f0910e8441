import {
  changeHolder,
  firstInLane,
  type Hold,
  type Holder,
  holderName,
  type LaneServices,
  readHolder,
  sendNext,
} from './lane.ts';
import { readRun } from './ledger.ts';
import { hasLeftLane, type Run } from './run.ts';

/** What a person may do with a lane. What they say is done at once; a run that is under way is never interrupted. */

/**
 * Nobody is granted the lane until it is released. A run that has it goes on to its end. It takes the place of the hold of the run that
 * has the lane, whose reason is in its ledger; else whatever frees the lane of that would lift the person's word with it.
 * @returns false when somebody else holds it already
 */
export async function holdLane(
  services: LaneServices,
  modelId: string,
  { by, reason }: { by: string; reason: string },
): Promise<boolean> {
  return changeHolder(services, modelId, (holder) =>
    holder.hold === null || isOfItsRun(holder) ? { ...holder, hold: { by, reason } } : undefined,
  );
}

function isOfItsRun({ runId, hold }: Holder): boolean {
  return runId !== null && hold?.by === holderName({ runId });
}

/**
 * Why the run that has the lane will hold it itself once the hold of a person is released; undefined when it will not. Pure.
 * @param run the one that the holder names
 */
export function keptBehind({ hold }: Pick<Holder, 'hold'>, run: Run): Hold | undefined {
  const by = holderName(run);
  const reason = run.ended?.holdLane;
  return hold === null || hold.by === by || reason === undefined ? undefined : { by, reason };
}

/**
 * Takes off a hold, and lets the lane's runs go on: the run that has it, else the first that waits.
 * Where the run that has it ended with a reason to keep it, its own hold takes the place of a person's: to be released knowingly.
 * Repeating it after a lost answer is harmless, and wakes again.
 * @param seen the hold that whoever releases has decided about; by default the one that is there when it is called
 * @returns false when the lane was not held, or no longer by that
 */
export async function releaseLane(services: LaneServices, modelId: string, seen?: Hold | null): Promise<boolean> {
  const asked = seen === undefined ? (await readHolder(services, modelId)).hold : seen;
  const released = await changeHolder(services, modelId, async (holder) => {
    // What has come into the place of that hold is for somebody to see first.
    if (holder.hold === null || holder.hold.by !== asked?.by) return undefined;
    const run = holder.runId === null ? undefined : (await readRun(services, holder.runId))?.run;
    const kept = run === undefined ? undefined : keptBehind(holder, run);
    if (kept !== undefined) return { ...holder, hold: kept };
    // A run that has signed the hold itself has left, though its ledger may not say so yet.
    const gone = run === undefined || hasLeftLane(run) || holder.hold.by === holderName(run);
    return { ...holder, hold: null, runId: gone ? null : holder.runId };
  });
  await wakeLane(services, modelId);
  return released;
}

/** Wakes whoever may go on in a lane that is not held: its holder while that still waits, else the run with the first ticket. */
export async function wakeLane(services: LaneServices, modelId: string): Promise<void> {
  const { runId, hold } = await readHolder(services, modelId);
  if (hold !== null) return;
  const holding = runId === null ? undefined : await readRun(services, runId);
  if (holding !== undefined && !hasLeftLane(holding.run)) {
    if (holding.run.next?.due === 'lane') await sendNext(services, holding.run);
    return;
  }
  const first = await firstInLane(services, modelId);
  if (first !== undefined) await sendNext(services, first);
}
