import { backoffSeconds, RATE_LIMIT_SECONDS } from '../retry/index.ts';
import { refusePage } from './answer.ts';
import { CALLS, type CallName } from './calls.ts';
import { ABORTED, AuthenticationError, DEADLINE, errorFor } from './errors.ts';
import { type Answer, type Ask, exchange, openExchange, type Shared, stopper, type View } from './exchange.ts';
import { AnaplanCallError, type CallFailure } from './failure.ts';
import { isGatewayRefusal } from './gateway-refusal.ts';
import type { Session, Token } from './session.ts';

/** A request to the API, without what the caller adds: origin, token. */
export type ApiAsk = Omit<Ask, 'origin' | 'name'> & { name: CallName };

/** How often a call repeats in process before its failure is the run's affair. */
const IN_PROCESS_REPEATS = 3;
/** A longer wait belongs to the queue, where it costs nothing. */
const IN_PROCESS_WAIT_SECONDS = 5;

/** Signs requests, signs in again once after a 401, and repeats what may be repeated. One per view. */
export class Caller {
  readonly shared: Shared;
  readonly view: View;
  readonly #session: Session;
  readonly #apiUrl: string;

  constructor(shared: Shared, session: Session, apiUrl: string, view: View) {
    this.shared = shared;
    this.view = view;
    this.#session = session;
    this.#apiUrl = apiUrl;
  }

  /** Sends `ask` and reads its answer; a failed reading counts as a failed call and is repeated like one. */
  async call<T>(ask: ApiAsk, read: (answer: Answer) => Promise<T>): Promise<T> {
    return this.#repeating(ask, () =>
      this.#signed(ask, (token) => exchange(this.shared, this.view, this.#sign(ask, token), read)),
    );
  }

  /**
   * Opens a body of any length and hands it on as it arrives. Repeated only until the first byte, and while `check` refuses
   * the answer; whoever reads it starts again after that.
   */
  async open(
    ask: ApiAsk,
    check: (answer: Answer) => Promise<void> = refusePage,
  ): Promise<{ status: number; body: AsyncIterable<Uint8Array> }> {
    const { answer, end } = await this.#repeating(ask, () =>
      this.#signed(ask, (token) => this.#checked(this.#sign(ask, token), check)),
    );
    return { status: answer.status, body: endingWith(answer.body, end) };
  }

  async #checked(ask: Ask, check: (answer: Answer) => Promise<void>): ReturnType<typeof openExchange> {
    const opened = await openExchange(this.shared, this.view, ask);
    try {
      await check(opened.answer);
      return opened;
    } catch (error) {
      opened.end(error);
      throw error;
    }
  }

  async #repeating<T>(ask: ApiAsk, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof AnaplanCallError)) throw error;
        const delayMs =
          repeatsInProcess(ask) && attempt <= IN_PROCESS_REPEATS ? this.#delayMs(error.failure, attempt) : undefined;
        if (delayMs === undefined) throw error;
        this.view.onRetry?.({ failure: error.failure, attempt, delayMs });
        await this.shared.clock.sleep(delayMs, this.view.signal);
      }
    }
  }

  /** Undefined when the failure is not healed by repeating, or not within the time there is. */
  #delayMs(failure: CallFailure, attempt: number): number | undefined {
    if (!mayHeal(failure) || this.view.signal?.aborted) return undefined;
    const retryAfterSeconds = failure.kind === 'http' ? failure.retryAfterSeconds : undefined;
    const rateLimited = failure.kind === 'http' && failure.status === 429;
    const floorSeconds = retryAfterSeconds ?? (rateLimited ? RATE_LIMIT_SECONDS : 0);
    if (floorSeconds > IN_PROCESS_WAIT_SECONDS) return undefined;
    const policy = { baseSeconds: 1, capSeconds: IN_PROCESS_WAIT_SECONDS };
    const seconds = backoffSeconds({ attempt, random: this.shared.random, retryAfterSeconds, policy });
    const delayMs = Math.round(seconds * 1000);
    const { deadline } = this.view;
    return deadline !== undefined && this.shared.clock.now() + delayMs >= deadline ? undefined : delayMs;
  }

  async #signed<T>(ask: ApiAsk, send: (token: Token) => Promise<T>): Promise<T> {
    const token = await this.#inTime(ask, this.#session.token(this.view));
    try {
      return await send(token);
    } catch (error) {
      // A 401 is a definite refusal, so the same request may be sent again, even a start.
      if (!(error instanceof AuthenticationError) || error.failure.call === 'sign-in') throw error;
      return send(await this.#inTime(ask, this.#session.replace(token, this.view)));
    }
  }

  /** A sign-in is shared and goes on without us when our own time is over. */
  async #inTime(ask: ApiAsk, token: Promise<Token>): Promise<Token> {
    const stop = stopper(this.shared.clock, this.view, ask.signal);
    try {
      const stopped = stop.stopped.then(() => {
        const { call } = CALLS[ask.name];
        throw errorFor({ kind: 'network', call, method: ask.method, path: ask.path, reached: false, ...stop.told() });
      });
      return await Promise.race([token, stopped]);
    } finally {
      stop.disarm();
    }
  }

  #sign(ask: ApiAsk, token: Token): Ask {
    return {
      ...ask,
      origin: this.#apiUrl,
      user: token.user,
      headers: { ...ask.headers, authorization: `AnaplanAuthToken ${token.value}` },
    };
  }
}

/** In process only a GET and a chunk repeat; the rest of what is safe to repeat does so through the queue. */
function repeatsInProcess(ask: ApiAsk): boolean {
  const { call, safeToRepeat } = CALLS[ask.name];
  return safeToRepeat && (ask.method === 'GET' || call === 'chunk');
}

/** Whether a failure is of the kind that time heals. */
export function mayHeal(failure: CallFailure): boolean {
  switch (failure.kind) {
    case 'network':
      return failure.code !== DEADLINE && failure.code !== ABORTED;
    case 'unreadable':
      return true;
    case 'http':
      return [408, 410, 429].includes(failure.status) || failure.status >= 500 || isGatewayRefusal(failure);
    case 'junk-file':
      return false;
    default:
      return failure satisfies never;
  }
}

async function* endingWith(
  body: AsyncIterable<Uint8Array>,
  end: (error?: unknown) => void,
): AsyncGenerator<Uint8Array> {
  let failed: unknown;
  try {
    yield* body;
  } catch (error) {
    failed = error;
    throw error;
  } finally {
    end(failed);
  }
}
