import { changeHolder, firstInLane, holderName, type LaneServices, readHolder, sendNext } from './lane.ts';
import { readRun } from './ledger.ts';
import { hasLeftLane } from './run.ts';

/** What a person may do with a lane. What they say is done at once; a run that is under way is never interrupted. */

/** Nobody is granted the lane until it is released. A run that has it goes on to its end. @returns false when it was held already */
export async function holdLane(
  services: LaneServices,
  modelId: string,
  { by, reason }: { by: string; reason: string },
): Promise<boolean> {
  return changeHolder(services, modelId, (holder) =>
    holder.hold === null ? { ...holder, hold: { by, reason } } : undefined,
  );
}

/**
 * Lets the lane's runs go on: the run that has it, else the first that waits. Repeating it is harmless, and wakes again.
 * @returns false when the lane was not held
 */
export async function releaseLane(services: LaneServices, modelId: string): Promise<boolean> {
  const { runId } = await readHolder(services, modelId);
  const holding = runId === null ? undefined : await readRun(services, runId);
  const left = holding === undefined || hasLeftLane(holding.run);
  const released = await changeHolder(services, modelId, (holder) => {
    if (holder.hold === null) return undefined;
    // A run that has signed the hold itself has left, though its ledger may not say so yet.
    const gone = holder.runId === runId && (left || (runId !== null && holder.hold.by === holderName({ runId })));
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
