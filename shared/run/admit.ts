import { mayBeSeen } from './look-again.ts';
import type { RunMessage } from './message.ts';
import { isDone, type Run, type Stage } from './run.ts';
import { nothingBegun } from './transitions.ts';

/**
 * What a message may do to the run it names.
 *
 * - `work`: it is the current turn and it is due.
 * - `take-lane`: it is the current turn, and the run waits for its lane.
 * - `stop`: somebody asked that nothing new be started, and nothing is under way that would have to be waited for.
 * - `too-early`: it is the current turn but not due for `seconds` more (waits beyond 900 s chain).
 * - `resend-next`: it is the redelivered message of the turn before, or of another queue, whose handler may have died between commit and
 *   send.
 * - `leave`: somebody holds a live claim, so it has to reappear later and is never acknowledged.
 * - `look-again`: the run ended without anybody knowing how, and Anaplan may tell by now.
 * - `finish-ending`: the run has its outcome, but its to-do list may not be done.
 * - `drop`: nothing is left for it to do.
 */
export type Admission =
  | { kind: 'work' }
  | { kind: 'take-lane' }
  | { kind: 'stop'; by: string }
  | { kind: 'too-early'; seconds: number }
  | { kind: 'resend-next' }
  | { kind: 'leave'; because: string }
  | { kind: 'look-again' }
  | { kind: 'finish-ending' }
  | { kind: 'drop'; because: string };

export interface Delivery {
  queue: Stage;
  /** 1 on first delivery */
  receiveCount: number;
  /** epoch milliseconds */
  now: number;
  /** this start of the local engine; absent on AWS */
  engine?: string;
}

/** Decides what a delivered message may do. Pure; the rules of a turn are in docs/how-a-run-advances.md. */
export function admit(run: Run, message: RunMessage, delivery: Delivery): Admission {
  if (run.ended !== null) {
    // No turn sends a message of the turn at which its run ended: this one is the watch's.
    if (delivery.queue === 'collect' && message.turn === run.turn && mayBeSeen(run)) return { kind: 'look-again' };
    // Who delivered it before may have died with the list ticked off and the ticket still there.
    const nothingLeft = isDone(run) && delivery.receiveCount === 1;
    return nothingLeft ? { kind: 'drop', because: 'the run has ended' } : { kind: 'finish-ending' };
  }
  if (message.turn > run.turn) {
    return { kind: 'leave', because: `it names turn ${message.turn}, the ledger is at turn ${run.turn}` };
  }
  if (message.turn < run.turn) {
    const died = message.turn === run.turn - 1 && delivery.receiveCount > 1;
    return died ? { kind: 'resend-next' } : { kind: 'drop', because: `the run has moved on to turn ${run.turn}` };
  }
  if (run.next === null || run.next.queue !== delivery.queue) {
    // A redrive that waits may have been moved to a later step, of another queue, by who then died.
    if (run.next?.due === 'lane' && delivery.receiveCount > 1) return { kind: 'resend-next' };
    return { kind: 'drop', because: `turn ${run.turn} belongs to the ${run.next?.queue ?? 'no'} queue` };
  }
  if (isClaimLive(run, delivery.now, delivery.engine)) {
    return { kind: 'leave', because: `turn ${run.turn} is being worked on until ${run.claim?.until}` };
  }
  const [request] = run.requests;
  if (request !== undefined && nothingBegun(run)) return { kind: 'stop', by: request.by };
  if (run.next.due === 'lane') return { kind: 'take-lane' };
  const seconds = (Date.parse(run.next.due) - delivery.now) / 1000;
  return seconds > 0 ? { kind: 'too-early', seconds } : { kind: 'work' };
}

/** A claim is dead when its time has passed, or when an earlier start of the local engine wrote it (that process is gone). */
export function isClaimLive(run: Run, now: number, engine: string | undefined): boolean {
  if (run.claim === null) return false;
  if (engine !== undefined && run.claim.engine !== undefined && run.claim.engine !== engine) return false;
  return now < Date.parse(run.claim.until);
}
