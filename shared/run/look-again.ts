import { type Holder, holderName } from './lane.ts';
import { type BegunRun, hasBegun, isDone, isReleasable, type Run } from './run.ts';
import { currentStep, isoTime } from './transitions.ts';

/** The first look comes this long after the end, and each after twice the wait before, up to an hour. */
const FIRST_SECONDS = 300;
const AT_MOST_SECONDS = 3600;
/** After two days a dump is gone (anaplan-notes: Dumps) and the model has long forgotten the task: then a person has to say. */
const LOOKS_FOR_SECONDS = 48 * 3600;

/**
 * Whether Anaplan may still tell what became of a run: it ended with its task, or its start, open or unread; or with a file call that
 * may still act. Nobody has said so yet.
 */
export function mayBeSeen(run: Run): run is BegunRun {
  if (!isDone(run) || run.settled !== undefined || !hasBegun(run)) return false;
  if (run.ended?.outcome !== 'unknown') return !isReleasable(run);
  const { task, start } = currentStep(run);
  return task !== null || start?.open === true;
}

/** What the watch does about the run that ended in a lane which is held. */
export type HeldLane = { kind: 'leave' } | { kind: 'release' } | { kind: 'look'; run: Run };

/**
 * Pure. `look` carries the ledger entry with the look counted: it is committed before the message is sent, so that the looks stay few
 * also when messages are lost or come twice. A person's hold does not keep it away: behind that the run keeps the lane too.
 * `release`: somebody settled the run so that its lane is free, and died before freeing it; only the run's own hold is taken off.
 * @param run the one that has the lane
 */
export function decideHeldLane(run: Run, { hold }: Pick<Holder, 'hold'>, now: number): HeldLane {
  if (run.ended === null) return { kind: 'leave' };
  if (run.settled !== undefined) {
    const isOver = hold?.by === holderName(run) && run.ended.holdLane === undefined;
    return { kind: isOver ? 'release' : 'leave' };
  }
  if (!mayBeSeen(run)) return { kind: 'leave' };
  const ended = Date.parse(run.ended.at);
  const { times, at } = run.looked ?? { times: 0, at: run.ended.at };
  const wait = Math.min(AT_MOST_SECONDS, FIRST_SECONDS * 2 ** times) * 1000;
  if (now < Date.parse(at) + wait || now > ended + LOOKS_FOR_SECONDS * 1000) return { kind: 'leave' };
  return { kind: 'look', run: { ...run, looked: { times: times + 1, at: isoTime(now) } } };
}
