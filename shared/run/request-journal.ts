import * as z from 'zod';
import type { ExchangeNote } from '../anaplan/exchange.ts';
import { nonce } from './nonce.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

/** Which turn of which run asks. */
export interface Asker {
  runId: string;
  /** 0: before the run's first turn, while the names of its pipeline were looked up */
  turn: number;
  /** which delivery of the turn's message this is, from 1 */
  delivery: number;
  stage?: string;
  /** from 1, as people count */
  step?: number;
}

/** One attempt at a turn, by one process: nobody else writes its lines. */
const attemptSchema = z.object({ attempt: z.string(), turn: z.int(), delivery: z.int() });

const requestSchema = attemptSchema.extend({
  kind: z.literal('request'),
  /** counts the requests of this attempt, from 1, in the order in which they ended */
  n: z.int(),
  stage: z.string().exactOptional(),
  step: z.int().exactOptional(),
  /** when it was sent */
  at: z.iso.datetime(),
  host: z.string(),
  user: z.string().exactOptional(),
  call: z.string(),
  method: z.string(),
  path: z.string(),
  /** absent when no answer came */
  status: z.int().exactOptional(),
  ms: z.number(),
  requestBytes: z.number().exactOptional(),
  requestBody: z.string().exactOptional(),
  responseBytes: z.number().exactOptional(),
  responseBody: z.string().exactOptional(),
  requestId: z.string().exactOptional(),
  problem: z.string().exactOptional(),
});

/** The last line of an attempt that was not cut short. */
const endSchema = attemptSchema.extend({ kind: z.literal('end'), requests: z.int() });

export const journalLineSchema = z.discriminatedUnion('kind', [requestSchema, endSchema]);
/** A request to Anaplan and its answer, as they are kept: without secrets, bodies cut to 4 KB, contents of files left out. */
export type JournaledRequest = z.infer<typeof requestSchema>;
export type JournalLine = z.infer<typeof journalLineSchema>;

/** Where the requests of a run are kept. */
export function requestsPrefix(runId: string): string {
  return `requests/${runId}/`;
}

type JournalServices = Pick<RunServices, 'state' | 'random' | 'log'>;

/**
 * Keeps every request of one attempt at a turn, for `plandrop support`: as JSON lines, in objects that are created once. A flush costs
 * one write however many requests there are, and the process that dies loses what it asked since the last one.
 *
 * It is a help and no record: nothing here throws, and a store that fails costs only the lines.
 */
export class RequestJournal {
  readonly #services: JournalServices;
  readonly #asker: Asker;
  readonly #attempt: string;
  #unkept: JournaledRequest[] = [];
  #count = 0;
  #objects = 0;
  #isClosed = false;
  #isEndKept = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(services: JournalServices, asker: Asker) {
    this.#services = services;
    this.#asker = asker;
    this.#attempt = nonce(services.random);
  }

  /** How many requests there were. */
  get count(): number {
    return this.#count;
  }

  /** Takes a request; it is kept with the next flush. */
  readonly add = (exchange: ExchangeNote): void => {
    const { turn, delivery, stage, step } = this.#asker;
    const { at, ...told } = exchange;
    this.#unkept.push({
      kind: 'request',
      attempt: this.#attempt,
      turn,
      delivery,
      n: ++this.#count,
      ...(stage === undefined ? {} : { stage }),
      ...(step === undefined ? {} : { step }),
      at: isoTime(at),
      ...told,
    });
    // One that nobody waited for, such as a sign-in that outlived its turn.
    if (this.#isClosed) void this.flush();
  };

  /** Keeps what was asked since the last flush; one at a time. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Nothing more is asked: the next flush says so. */
  close(): void {
    this.#isClosed = true;
  }

  async #write(): Promise<void> {
    const { state, log } = this.#services;
    const { runId, turn, delivery } = this.#asker;
    const lines: JournalLine[] = this.#unkept.splice(0);
    const requests = lines.length;
    const attempt = this.#attempt;
    const ends = this.#isClosed && this.#count > 0 && !(this.#isEndKept && requests === 0);
    if (ends) lines.push({ kind: 'end', attempt, turn, delivery, requests: this.#count });
    if (lines.length === 0) return;
    const ordinal = (start: number, digits: number) => String(start).padStart(digits, '0');
    const key = `${requestsPrefix(runId)}${ordinal(turn, 6)}-${attempt}-${ordinal(++this.#objects, 4)}.jsonl`;
    try {
      // A name that is taken is our own lost success.
      await state.create(key, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), {
        contentType: 'application/jsonl',
      });
      if (ends) this.#isEndKept = true;
    } catch (error) {
      this.#unkept.unshift(...lines.filter((line) => line.kind === 'request'));
      log.warn('Requests to Anaplan could not be kept for plandrop support.', { runId, turn, requests, error });
    }
  }
}
