import { redactText } from '../observe/redact.ts';
import { admit, type Delivery } from './admit.ts';
import { decide, type RunEvent, stoppedBy } from './decide.ts';
import { finishEnding } from './ending.ts';
import { sendNext, takeLane } from './lane.ts';
import { mergeLearned } from './learned.ts';
import { commitRun, type Held, readRun } from './ledger.ts';
import { parseRunMessage, type RunMessage } from './message.ts';
import { nonce } from './nonce.ts';
import { type BegunRun, hasBegun, type Run, type Stage } from './run.ts';
import type { RunServices } from './services.ts';
import { nothingBegun } from './transitions.ts';

/** How long one message is worked on: what is in flight is finished, then the run goes on in a new message. */
export const SLICE_SECONDS = 120;
/** The functions' timeout on AWS: a slice, and time to finish. */
export const FUNCTION_TIMEOUT_SECONDS = 150;
/** SQS: how long a message stays away that was received and not acknowledged; six times the functions' timeout. */
export const VISIBILITY_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
/** No request of a turn lasts longer: the function must be alive to hear its end, and the claim must still live. */
const REQUESTS_SECONDS = 140;
/** A claim outlives the function by this much, so that no request of a dead one is still on its way. */
const CLAIM_MARGIN_SECONDS = 30;

const STORE_AGAIN_MS = 2000;

const MAX_ROUNDS = 10;

/** A turn in the hands of its handler. */
export interface Turn {
  /** the ledger as last committed */
  readonly run: BegunRun;
  /** epoch ms after which nothing new is begun in this message */
  readonly sliceEndsAt: number;
  /** epoch ms that no request of this turn may outlive */
  readonly requestsEndAt: number;
  /** Keeps an event for the next commit, which applies it first. */
  remember(event: RunEvent): void;
  /** Commits what happened without ending the turn. @throws TurnLostError */
  commit(event: RunEvent): Promise<BegunRun>;
}

/** Does the stage's work and tells with which event the turn ends. */
export type Work = (turn: Turn) => Promise<RunEvent>;

/** The message has to reappear later: it must not be acknowledged. */
export class MessageLeftError extends Error {
  override readonly name = 'MessageLeftError';
}

/** Another writer moved the run on while we worked; what we did is discarded. */
export class TurnLostError extends Error {
  override readonly name = 'TurnLostError';
}

/**
 * One delivered message: act, commit the ledger, send `next`, and only then return, so that the message is acknowledged.
 * Dying between any two of these lines is repaired by the redelivered message (see `admit`).
 *
 * @throws whatever kept the message from being finished; it is then delivered again
 */
export async function takeTurn(
  services: RunServices,
  delivery: { queue: Stage; body: string; receiveCount: number },
  work: Work,
): Promise<void> {
  const message = parseRunMessage(delivery.body);
  if (message === undefined) {
    services.log.error('This is not a run message, so it is acknowledged and left alone.', { body: delivery.body });
    return;
  }
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
  const admitted = await admitMessage(services, message, delivery);
  if (admitted === undefined) return;
  const turn = new HeldTurn(services, admitted);
  try {
    const stopped = nothingBegun(turn.run) ? stoppedBy(turn.run, services.clock.now()) : undefined;
    const event = stopped === undefined ? await work(turn) : ({ kind: 'stopped', by: stopped } as const);
    await turn.conclude(event);
  } catch (error) {
    if (!(error instanceof TurnLostError)) await turn.returnClaim(error);
    throw error;
  }
}

/** @returns the run with its lane and claim committed, ready to be worked on; undefined when nothing is left for the message */
async function admitMessage(
  services: RunServices,
  message: RunMessage,
  { queue, receiveCount }: { queue: Stage; receiveCount: number },
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
      case 'finish-ending':
        await finishEnding(services, held);
        return undefined;
      case 'stop': {
        if (!hasBegun(run)) return undefined;
        const stopped = await commitRun(
          services,
          held,
          applyAll(services, run, [{ kind: 'stopped', by: admission.by }]),
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
          const answer = await takeLane(services, run);
          if (answer.kind === 'waiting') {
            services.log.info(`Waiting for the lane: ${answer.because}.`, about);
            return undefined;
          }
          const { fence, overtakenBy } = answer;
          events.push({ kind: 'lane-taken', fence, ...(overtakenBy === undefined ? {} : { overtakenBy }) });
        }
        if (queue === 'upload' || queue === 'start') events.push(newClaim(services));
        if (events.length === 0) return held;
        const claimed = await commitRun(services, held, applyAll(services, run, events));
        if (claimed.committed) return claimed;
        held = claimed;
        break;
      }
      default:
        return admission satisfies never;
    }
  }
  throw new MessageLeftError(`left to reappear: the ledger of run ${message.runId} changed ${MAX_ROUNDS} times`);
}

function deliveryOf(services: RunServices, queue: Stage, receiveCount: number): Delivery {
  const { clock, engine } = services;
  return { queue, receiveCount, now: clock.now(), ...(engine === undefined ? {} : { engine }) };
}

function newClaim({ clock, random, engine }: RunServices): RunEvent {
  const untilMs = clock.now() + (FUNCTION_TIMEOUT_SECONDS + CLAIM_MARGIN_SECONDS) * 1000;
  return { kind: 'claimed', nonce: nonce(random), untilMs, ...(engine === undefined ? {} : { engine }) };
}

function applyAll(services: RunServices, run: BegunRun, events: readonly RunEvent[]): Run {
  const context = { now: services.clock.now(), random: services.random };
  let applied: Run = run;
  for (const event of events) if (hasBegun(applied)) applied = decide(applied, event, context);
  return applied;
}

class HeldTurn implements Turn {
  readonly sliceEndsAt: number;
  readonly requestsEndAt: number;
  readonly #services: RunServices;
  readonly #turn: number;
  #held: Held;
  #remembered: RunEvent[] = [];

  constructor(services: RunServices, held: Held) {
    const now = services.clock.now();
    this.#services = services;
    this.#held = held;
    this.#turn = held.run.turn;
    this.sliceEndsAt = now + SLICE_SECONDS * 1000;
    this.requestsEndAt = now + REQUESTS_SECONDS * 1000;
  }

  get run(): BegunRun {
    const { run } = this.#held;
    if (!hasBegun(run)) throw new Error(`run ${run.runId} has no pipeline to follow`);
    return run;
  }

  remember(event: RunEvent): void {
    this.#remembered.push(event);
  }

  async commit(event: RunEvent): Promise<BegunRun> {
    const { turn, claim } = this.run;
    const remembered = [...this.#remembered];
    const events = [...remembered, event];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next = applyAll(this.#services, this.run, events);
      const answer = await commitRun(this.#services, this.#held, next);
      const mine =
        answer.committed ||
        (answer.run.ended === null && answer.run.turn === turn && answer.run.claim?.nonce === claim?.nonce);
      if (!mine) {
        await mergeLearned(this.#services, answer, event);
        throw new TurnLostError(
          `Another writer moved run ${answer.run.runId} on from turn ${turn}; what this one did is discarded.`,
        );
      }
      // Somebody only added a request: it stays, and our event is applied to the new entry.
      this.#held = answer;
      if (answer.committed) {
        // What was remembered meanwhile waits for the next commit.
        this.#remembered = this.#remembered.filter((each) => !remembered.includes(each));
        return this.run;
      }
    }
    throw new Error(`the ledger of run ${this.run.runId} changed ${MAX_ROUNDS} times while turn ${turn} was committed`);
  }

  /** Ends the turn: commits `event`, then carries out what the ledger now names. */
  async conclude(event: RunEvent): Promise<void> {
    const { turn } = this.run;
    const run = event.kind === 'start-accepted' ? await this.#commitUntilStored(event) : await this.commit(event);
    if (run.ended !== null) await finishEnding(this.#services, this.#held);
    else if (run.turn > turn) await sendNext(this.#services, run);
    else throw new Error(`turn ${turn} of run ${run.runId} ended with "${event.kind}", which names nothing to do next`);
  }

  /** Only we know the id of the task that we started, so it is stored whatever it takes, as long as we may live. */
  async #commitUntilStored(event: RunEvent): Promise<BegunRun> {
    for (;;) {
      try {
        return await this.commit(event);
      } catch (error) {
        const { clock } = this.#services;
        if (error instanceof TurnLostError || clock.now() >= this.requestsEndAt) throw error;
        await clock.sleep(STORE_AGAIN_MS);
      }
    }
  }

  /**
   * Best effort after an unexpected error: it is kept for whoever has to say what went wrong, and the redelivered message need
   * not wait for the claim to die.
   */
  async returnClaim(cause: unknown): Promise<void> {
    if (this.#held.run.turn !== this.#turn || this.#held.run.ended !== null) return;
    try {
      await this.commit({ kind: 'crashed', error: redactText(cause instanceof Error ? cause.message : String(cause)) });
    } catch (error) {
      this.#services.log.warn('The claim could not be given back; it dies by its time.', {
        runId: this.run.runId,
        error,
      });
    }
  }
}
