import type { ExchangeNote } from '../anaplan/exchange.ts';
import { errorText } from './crash-note.ts';
import { decide, type RunEvent } from './decide.ts';
import { finishEnding } from './ending.ts';
import { sendNext } from './lane.ts';
import { isOnlyOurs, mergeLearned } from './learned.ts';
import { commitRun, type Held } from './ledger.ts';
import { REQUESTS_SECONDS, SLICE_SECONDS } from './limits.ts';
import { RequestJournal } from './request-journal.ts';
import { type BegunRun, hasBegun, type Run } from './run.ts';
import type { RunServices } from './services.ts';

/** The store's own repetitions come on top; after that somebody has to look at the store first. */
const STORE_AT_MOST_MS = 15_000;
const STORE_AGAIN_MS = 2000;
const MAX_ROUNDS = 10;

/** A turn in the hands of its handler. */
export interface Turn {
  /** the ledger as last committed, with what is remembered since */
  readonly run: BegunRun;
  /** epoch ms after which nothing new is begun in this message */
  readonly sliceEndsAt: number;
  /** epoch ms that no request of this turn may outlive */
  readonly requestsEndAt: number;
  /** Keeps an event for the next commit, which applies it first. */
  remember(event: RunEvent): void;
  /** Keeps a request to Anaplan for `plandrop support`, with the next commit. */
  keepRequest(exchange: ExchangeNote): void;
  /** Commits what happened without ending the turn. @throws TurnLostError */
  commit(event: RunEvent): Promise<BegunRun>;
}

/** Another writer moved the run on while we worked; what we did is discarded. */
export class TurnLostError extends Error {
  override readonly name = 'TurnLostError';
}

/** The turn of a claimed run: what its handler commits, and how it ends. */
export class HeldTurn implements Turn {
  readonly sliceEndsAt: number;
  readonly requestsEndAt: number;
  readonly #services: RunServices;
  readonly #turn: number;
  readonly #requests: RequestJournal;
  /** of them, those that the ledger counts */
  #counted = 0;
  #held: Held;
  /** with the time at which each happened (epoch ms) */
  #remembered: { event: RunEvent; now: number }[] = [];

  /**
   * @param delivery of the message that brought the turn, from 1
   * @param begunAt when its function began, epoch ms: before the claim was written, whose time counts from then
   */
  constructor(services: RunServices, held: Held, { delivery, begunAt }: { delivery: number; begunAt: number }) {
    this.#services = services;
    this.#held = held;
    this.#turn = held.run.turn;
    this.sliceEndsAt = begunAt + SLICE_SECONDS * 1000;
    this.requestsEndAt = begunAt + REQUESTS_SECONDS * 1000;
    const { runId, turn, position } = held.run;
    this.#requests = new RequestJournal(services, {
      runId,
      turn,
      delivery,
      stage: position.stage,
      step: position.step + 1,
    });
  }

  get run(): BegunRun {
    const run = this.#after(this.#remembered);
    if (!hasBegun(run)) throw new Error(`run ${run.runId} has no pipeline to follow`);
    return run;
  }

  remember(event: RunEvent): void {
    this.#remembered.push({ event, now: this.#services.clock.now() });
  }

  keepRequest(exchange: ExchangeNote): void {
    this.#requests.add(exchange);
  }

  /** Keeps the requests that are not kept yet, however the turn ended. */
  async close(): Promise<void> {
    this.#requests.close();
    await this.#requests.flush();
  }

  #after(events: readonly { event: RunEvent; now: number }[]): Run {
    const { random } = this.#services;
    return events.reduce<Run>(
      (run, { event, now }) => (hasBegun(run) ? decide(run, event, { now, random }) : run),
      this.#held.run,
    );
  }

  async commit(event: RunEvent): Promise<BegunRun> {
    const [run] = await Promise.all([this.#commit(event), this.#requests.flush()]);
    return run;
  }

  async #commit(event: RunEvent): Promise<BegunRun> {
    const { turn, claim } = this.#held.run;
    const remembered = [...this.#remembered];
    const events = [...remembered, { event, now: this.#services.clock.now() }];
    const { count } = this.#requests;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const asked = (this.#held.run.asked ?? 0) + count - this.#counted;
      const next = { ...this.#after(events), ...(asked === 0 ? {} : { asked }) };
      const answer = await commitRun(this.#services, this.#held, next);
      const mine =
        answer.committed ||
        (answer.run.ended === null && answer.run.turn === turn && answer.run.claim?.nonce === claim?.nonce);
      if (!mine) {
        for (const { event: each } of events) await mergeLearned(this.#services, answer, each);
        throw new TurnLostError(
          `Another writer moved run ${answer.run.runId} on from turn ${turn}; what this one did is discarded.`,
        );
      }
      // Somebody only added a request: it stays, and our event is applied to the new entry.
      this.#held = answer;
      if (answer.committed) {
        this.#counted = count;
        // What was remembered meanwhile waits for the next commit.
        this.#remembered = this.#remembered.filter((each) => !remembered.includes(each));
        return this.run;
      }
    }
    throw new Error(
      `the ledger of run ${this.#held.run.runId} changed ${MAX_ROUNDS} times while turn ${turn} was committed`,
    );
  }

  /** Ends the turn: commits `event`, then carries out what the ledger now names. */
  async conclude(event: RunEvent): Promise<void> {
    const { turn } = this.run;
    // Whoever concludes has asked all there was to ask, so that the last commit also keeps the last requests.
    this.#requests.close();
    const run = isOnlyOurs(event) ? await this.#commitUntilStored(event) : await this.commit(event);
    if (run.ended !== null) await finishEnding(this.#services, this.#held);
    else if (run.turn > turn) await sendNext(this.#services, run);
    else throw new Error(`turn ${turn} of run ${run.runId} ended with "${event.kind}", which names nothing to do next`);
  }

  /** What only we know is lost with a commit that is not stored, so that one is repeated for a while when the store fails. */
  async #commitUntilStored(event: RunEvent): Promise<BegunRun> {
    const until = Math.min(this.requestsEndAt, this.#services.clock.now() + STORE_AT_MOST_MS);
    for (;;) {
      try {
        return await this.commit(event);
      } catch (error) {
        const { clock } = this.#services;
        if (error instanceof TurnLostError) throw error;
        if (clock.now() >= until) {
          // Whoever still can write something writes this.
          this.remember(event);
          throw error;
        }
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
    const event = { kind: 'crashed', error: errorText(cause) } as const;
    const isWithdrawn = this.#remembered.some((each) => each.event.kind === 'start-withdrawn');
    try {
      await (isWithdrawn ? this.#commitUntilStored(event) : this.commit(event));
    } catch (error) {
      this.#services.log.warn('The claim could not be given back; it dies by its time.', {
        runId: this.run.runId,
        error,
      });
    }
  }
}

/** The run after several events, in their order. */
export function applyAll(services: RunServices, run: BegunRun, events: readonly RunEvent[]): Run {
  const context = { now: services.clock.now(), random: services.random };
  let applied: Run = run;
  for (const event of events) if (hasBegun(applied)) applied = decide(applied, event, context);
  return applied;
}
