import { admit, type Delivery } from './admit.ts';
import { noteCrash } from './crash-note.ts';
import type { RunEvent } from './decide.ts';
import { stoppedBy } from './decide-stopped.ts';
import { finishEnding } from './ending.ts';
import { applyAll, HeldTurn, type Turn, TurnLostError } from './held-turn.ts';
import { leaveLane, sendNext, takeLane } from './lane.ts';
import { commitRun, type Held, readRun } from './ledger.ts';
import { CLAIM_MARGIN_SECONDS, FUNCTION_TIMEOUT_SECONDS } from './limits.ts';
import type { RunMessage } from './message.ts';
import { nonce } from './nonce.ts';
import { nameOwnRedrive } from './redrive.ts';
import { type BegunRun, hasBegun, type Stage } from './run.ts';
import type { RunServices } from './services.ts';
import { nothingBegun, takenOver } from './transitions.ts';

const MAX_ROUNDS = 10;

/** What a stage does with what its messages name. */
export interface Work {
  /** does the stage's work and tells with which event the turn ends */
  turn(turn: Turn): Promise<RunEvent>;
  /** asks Anaplan what became of a run that ended without anybody knowing; only where results are collected */
  lookAgain?(held: Held): Promise<void>;
}

/** The message has to reappear later: it must not be acknowledged. */
export class MessageLeftError extends Error {
  override readonly name = 'MessageLeftError';
}

/**
 * One delivered message: act, commit the ledger, send `next`, and only then return, so that the message is acknowledged.
 * Dying between any two of these lines is repaired by the redelivered message (see `admit`).
 *
 * @throws whatever kept the message from being finished; it is then delivered again
 */
export async function takeTurn(
  services: RunServices,
  message: RunMessage,
  delivery: { queue: Stage; receiveCount: number },
  work: Work,
): Promise<void> {
  try {
    await takeOnce(services, message, delivery, work);
  } catch (error) {
    if (!(error instanceof TurnLostError)) throw error;
    services.log.warn(error.message, { runId: message.runId, turn: message.turn });
    // Whoever took the turn may have died since, so this message does what a redelivered one would.
    const { receiveCount } = delivery;
    await takeOnce(services, message, { ...delivery, receiveCount: receiveCount + 1 }, work).catch((again: unknown) => {
      throw again instanceof TurnLostError ? new MessageLeftError(`left to reappear: ${again.message}`) : again;
    });
  }
}

async function takeOnce(
  services: RunServices,
  message: RunMessage,
  delivery: { queue: Stage; receiveCount: number },
  work: Work,
): Promise<void> {
  const begunAt = services.clock.now();
  const admitted = await admitMessage(services, message, delivery, work).catch(async (error: unknown) => {
    if (!(error instanceof MessageLeftError)) await noteCrash(services, message, error);
    throw error;
  });
  if (admitted === undefined) return;
  const turn = new HeldTurn(services, admitted, { delivery: delivery.receiveCount, begunAt });
  try {
    const stopped = nothingBegun(turn.run) ? stoppedBy(turn.run, services.clock.now()) : undefined;
    const event = stopped === undefined ? await work.turn(turn) : ({ kind: 'stopped', by: stopped } as const);
    await turn.conclude(event);
  } catch (error) {
    if (!(error instanceof TurnLostError)) await turn.returnClaim(error);
    throw error;
  } finally {
    await turn.close();
  }
}

/** @returns the run with its lane and claim committed, ready to be worked on; undefined when nothing is left for the message */
async function admitMessage(
  services: RunServices,
  message: RunMessage,
  { queue, receiveCount }: { queue: Stage; receiveCount: number },
  work: Work,
): Promise<Held | undefined> {
  const about = { runId: message.runId, turn: message.turn, queue };
  let held = await readRun(services, message.runId);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (held === undefined) {
      services.log.error('No ledger has this run, so its message is acknowledged.', about);
      return undefined;
    }
    const { run } = held;
    const admission = admit(run, message, deliveryOf(services, queue, receiveCount));
    switch (admission.kind) {
      case 'drop':
        services.log.debug(`Dropped a message: ${admission.because}.`, about);
        return undefined;
      case 'leave':
        throw new MessageLeftError(`left to reappear: ${admission.because}`);
      case 'resend-next':
      case 'too-early':
        await sendNext(services, run);
        return undefined;
      case 'look-again':
        await work.lookAgain?.(held);
        return undefined;
      case 'finish-ending':
        await finishEnding(services, held);
        return undefined;
      case 'stop': {
        if (!hasBegun(run)) return undefined;
        const stopped = await commitRun(
          services,
          held,
          applyAll(services, takenOver(run), [{ kind: 'stopped', by: admission.by }]),
        );
        if (stopped.committed) await finishEnding(services, stopped);
        if (stopped.committed) return undefined;
        held = stopped;
        break;
      }
      case 'take-lane':
      case 'work': {
        if (!hasBegun(run)) return undefined;
        const events: RunEvent[] = [];
        if (admission.kind === 'take-lane') {
          if (!(await nameOwnRedrive(services, run))) {
            held = await readRun(services, run.runId);
            break;
          }
          const answer = await takeLane(services, run);
          if (answer.kind === 'waiting') {
            services.log.info(`Waiting for the lane: ${answer.because}.`, about);
            return undefined;
          }
          const { fence, overtakenBy } = answer;
          events.push({ kind: 'lane-taken', fence, ...(overtakenBy === undefined ? {} : { overtakenBy }) });
        }
        if (queue === 'upload' || queue === 'start' || keepsExport(run)) events.push(newClaim(services));
        if (events.length === 0) return held;
        const claimed = await commitRun(services, held, applyAll(services, run, events));
        if (claimed.committed) return claimed;
        held = claimed;
        // Another delivery saw the run through while this one was slow: it must not keep the lane that it has just taken for it.
        const { run: now } = held;
        if (admission.kind === 'take-lane' && now.ended !== null && hasBegun(now))
          await leaveLane(services, now, now.ended.holdLane);
        break;
      }
      default:
        return admission satisfies never;
    }
  }
  throw new MessageLeftError(`left to reappear: the ledger of run ${message.runId} changed ${MAX_ROUNDS} times`);
}

/**
 * Whether the turn may bring an export to the store. The file of an export in Anaplan belongs to no task: who reads it late would store
 * what a later run has written there.
 */
function keepsExport({ pipeline, position }: BegunRun): boolean {
  return position.stage === 'collect' && pipeline.steps[position.step]?.kind === 'export';
}

function deliveryOf(services: RunServices, queue: Stage, receiveCount: number): Delivery {
  const { clock, engine } = services;
  return { queue, receiveCount, now: clock.now(), ...(engine === undefined ? {} : { engine }) };
}

function newClaim({ clock, random, engine }: RunServices): RunEvent {
  const untilMs = clock.now() + (FUNCTION_TIMEOUT_SECONDS + CLAIM_MARGIN_SECONDS) * 1000;
  return { kind: 'claimed', nonce: nonce(random), untilMs, ...(engine === undefined ? {} : { engine }) };
}
