import { parseRunMessage } from '../../shared/run/message.ts';
import { hasLeftLane, isDone, type Run } from '../../shared/run/run.ts';
import { WORK_QUEUES } from './installation.ts';
import type { World } from './world.ts';

/**
 * Runs that nobody would go on with but the watch, in a world in which nobody does anything just now: unfinished, without a message that
 * names them, and not behind anybody in their lane. The watch is there for what nobody has thought of, so none of them may need it.
 */
export function forsaken(world: World): string[] {
  const runs = world.runs();
  const left = runs.filter((run) => !isDone(run));
  if (left.length === 0) return [];
  const done = new Set(runs.filter(isDone).map(({ runId }) => runId));
  const named = new Set<string | undefined>();
  for (const { body, queue, receiveCount } of WORK_QUEUES.flatMap((each) => world.queues.peek(each))) {
    const runId = parseRunMessage(body)?.runId;
    // Delivered for the first time, the message of a run that is done does nothing.
    const isIdle = runId !== undefined && done.has(runId) && receiveCount === 0 && queue !== 'poison';
    if (!isIdle) named.add(runId);
  }
  // Whoever opens runs, or ends one that others follow, is told again, and then does what is left.
  const mayOpen = named.has(undefined);
  return left
    .filter((run) => !named.has(run.runId) && !(mayOpen && run.turn === 1) && !waits(world, run, runs, named))
    .map(({ runId, ended, position }) => `${runId}, at ${ended === null ? position.stage : ended.outcome}`);
}

/** Whether a run waits for its lane behind somebody who will wake it, or behind a hold. */
function waits(world: World, { runId, next, ended, ticket, pipeline }: Run, runs: readonly Run[], named: Set<unknown>) {
  if (ended !== null || next?.due !== 'lane' || pipeline === null) return false;
  const text = world.state.text(`lanes/${pipeline.modelId}/holder`);
  const holder: { runId: string | null; hold: unknown } = JSON.parse(text ?? '{"runId":null,"hold":null}');
  if (holder.hold !== null) return true;
  const inLane = runs.filter((other) => other.runId !== runId && other.pipeline?.modelId === pipeline.modelId);
  const holding = inLane.find((other) => other.runId === holder.runId);
  if (holding !== undefined && !hasLeftLane(holding)) return true;
  // Whoever leaves the lane wakes the first; and the first, when it leaves, the next.
  return inLane.some(
    (other) => named.has(other.runId) && (other.ended !== null || (other.ticket ?? '') < (ticket ?? '')),
  );
}
