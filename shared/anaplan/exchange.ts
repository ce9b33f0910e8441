import { redactBody, redactText } from '../observe/index.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Credentials } from '../ports/secrets.ts';
import type { RequestBudget } from '../retry/index.ts';
import { failureOf, readBytes, readText, requestIdOf } from './answer.ts';
import { CALLS, type CallName } from './calls.ts';
import { ABORTED, DEADLINE, errorFor } from './errors.ts';
import { type AnaplanCall, AnaplanCallError, type CallFailure } from './failure.ts';
import { type Transport, TransportError, type TransportRequest } from './transport.ts';

/** What the views of one client have in common. */
export interface Shared {
  transport: Transport;
  budget: RequestBudget;
  clock: Clock;
  random: Random;
  readTimeoutMs: number;
}

/** One exchange as a journal keeps it: without secrets, bodies cut to 4 KB, contents of files left out. */
export interface ExchangeNote {
  /** epoch milliseconds at which it was sent */
  at: number;
  call: AnaplanCall;
  method: string;
  /** whom it was sent to, with the port where it is not the usual one */
  host: string;
  /** path and query, without the origin */
  path: string;
  /** as whom: a user name, a certificate's subject, or an OAuth client */
  user?: string;
  /** absent when no answer came */
  status?: number;
  ms: number;
  /** of JSON; a sign-in's is not kept */
  requestBody?: string;
  /** of a file, as sent */
  requestBytes?: number;
  /** of JSON or of a refusal; a sign-in's is not kept */
  responseBody?: string;
  /** how much of the answer's body was read */
  responseBytes?: number;
  requestId?: string;
  /** what went wrong, in a sentence */
  problem?: string;
}

/** A repetition that is about to happen inside the process. */
export interface RetryNote {
  failure: CallFailure;
  /** of the attempt that failed, from 1 */
  attempt: number;
  delayMs: number;
}

/** What one run adds to the client it shares with others. */
export interface View {
  onRetry?: (retry: RetryNote) => void;
  onExchange?: (exchange: ExchangeNote) => void;
  /** epoch milliseconds by the client's clock; no request of this view is sent after it or outlives it */
  deadline?: number;
  /** ends every call of this view when it aborts */
  signal?: AbortSignal;
}

/** A request before it is signed and sent. */
export interface Ask {
  name: CallName | 'signIn' | 'signOut';
  method: TransportRequest['method'];
  /** scheme, host and port */
  origin: string;
  /** from the root, ids encoded */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** for the journal: as whom */
  user?: string;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  bytes?: { contentType: string; content: Uint8Array };
  accept?: string;
  /** 120_000 instead of the client's own, for instance */
  readTimeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** told in the failure of a sign-in */
  signsInWith?: Credentials['kind'];
}

/** An answer with a success status, its body still to be read. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Uint8Array>;
  /** for the journal */
  noteBody(text: string): void;
  /** the error of an answer that is not what the call returns */
  unreadable(problem: string, body?: string): AnaplanCallError;
}

/**
 * One request and its answer: waits for the budget, keeps the deadline, turns everything but a success into an
 * `AnaplanCallError`, and tells the journal. `read` takes the answer's body; what it throws is thrown on.
 */
export async function exchange<T>(
  shared: Shared,
  view: View,
  ask: Ask,
  read: (answer: Answer) => Promise<T>,
): Promise<T> {
  const opened = await openExchange(shared, view, ask);
  try {
    const result = await read(opened.answer);
    opened.end();
    return result;
  } catch (error) {
    opened.end(error);
    throw error;
  }
}

/** The same for a body that is handed on while it arrives. `end` must be called, once. */
export async function openExchange(
  shared: Shared,
  view: View,
  ask: Ask,
): Promise<{ answer: Answer; end: (error?: unknown) => void }> {
  const { clock } = shared;
  const call = callOf(ask.name);
  const url = new URL(ask.path, ask.origin);
  for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, String(value));
  const sent = { call, method: ask.method, path: url.pathname + url.search };
  const asked = { ...sent, ...(ask.signsInWith === undefined ? {} : { signsInWith: ask.signsInWith }) };

  const stop = stopper(clock, view, ask.signal);
  const networkError = (cause: unknown) => {
    const failed =
      cause instanceof TransportError ? cause : new TransportError(String(cause), 'UNKNOWN', true, { cause });
    const { code, message: problem, reached } = failed;
    const failure: CallFailure = { ...asked, kind: 'network', reached, code, problem: redactText(problem) };
    if (stop.wasStopped()) Object.assign(failure, stop.told());
    return errorFor(failure, { cause });
  };

  const body = ask.bytes?.content ?? (ask.json === undefined ? undefined : Buffer.from(JSON.stringify(ask.json)));
  const note: ExchangeNote = { at: clock.now(), ...sent, path: redactText(sent.path), host: url.host, ms: 0 };
  if (ask.user !== undefined) note.user = redactText(ask.user);
  if (ask.bytes) note.requestBytes = ask.bytes.content.byteLength;
  else if (ask.json !== undefined && call !== 'sign-in') note.requestBody = redactBody(JSON.stringify(ask.json));
  const end = (error?: unknown) => {
    stop.disarm();
    note.ms = clock.now() - note.at;
    if (error instanceof AnaplanCallError) note.problem = redactBody(error.message, { limitBytes: 500 });
    view.onExchange?.(note);
  };

  try {
    await Promise.race([shared.budget.take(), stop.stopped]);
    if (stop.signal.aborted) throw new TransportError('not sent', 'ABORT', false);
    note.at = clock.now();
    const response = await shared.transport({
      method: ask.method,
      url: url.href,
      headers: {
        accept: ask.accept ?? 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'plandrop',
        ...(ask.bytes ? { 'content-type': ask.bytes.contentType } : {}),
        ...(ask.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...ask.headers,
      },
      ...(body === undefined ? {} : { body }),
      readTimeoutMs: ask.readTimeoutMs ?? shared.readTimeoutMs,
      signal: stop.signal,
      freshConnection: ask.method === 'POST' && !isSafeToRepeat(ask.name),
    });
    note.status = response.status;
    const requestId = requestIdOf(response.headers);
    if (requestId !== undefined) note.requestId = requestId;
    const answerBody = mapErrors(response.body, networkError, (bytes) => {
      note.responseBytes = (note.responseBytes ?? 0) + bytes;
    });
    if (response.status < 200 || response.status > 299) {
      // The status alone says what happened; that its explanation broke off must not make a refusal ambiguous.
      const { text, wasCut } = await readText(answerBody, ERROR_BODY_LIMIT_BYTES).catch(() => ({
        text: '',
        wasCut: true,
      }));
      const failure = failureOf(asked, { response, text, wasCut, now: clock.now() });
      if (call !== 'sign-in') note.responseBody = failure.body;
      throw errorFor(failure);
    }
    const { status, headers } = response;
    const unreadable = (problem: string, text = ''): AnaplanCallError =>
      errorFor({ ...asked, kind: 'unreadable', status, body: redactBody(text), problem });
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      await readBytes(answerBody, ERROR_BODY_LIMIT_BYTES);
      throw unreadable(`its body is ${encoding}, which was not asked for`);
    }
    const noteBody = (text: string) => {
      if (view.onExchange && call !== 'sign-in') note.responseBody = redactBody(text);
    };
    return { answer: { status, headers, body: answerBody, noteBody, unreadable }, end };
  } catch (cause) {
    const error = cause instanceof AnaplanCallError ? cause : networkError(cause);
    end(error);
    throw error;
  }
}

const ERROR_BODY_LIMIT_BYTES = 65_536;

function callOf(name: Ask['name']): AnaplanCall {
  return name === 'signIn' || name === 'signOut' ? 'sign-in' : CALLS[name].call;
}

function isSafeToRepeat(name: Ask['name']): boolean {
  return name === 'signIn' || name === 'signOut' || CALLS[name].safeToRepeat;
}

const STOPPED = {
  [DEADLINE]: 'the time for this call was over',
  [ABORTED]: 'the call was cancelled',
} as const;

interface Stopper {
  signal: AbortSignal;
  /** resolves when it is time to stop */
  stopped: Promise<void>;
  told: () => { code: string; problem: string };
  wasStopped: () => boolean;
  disarm: () => void;
}

/** One abort signal out of the deadline, the view's signal and the call's. `told` says which of them it was. */
export function stopper(clock: Clock, view: View, callSignal: AbortSignal | undefined): Stopper {
  const abort = new AbortController();
  const disarm = new AbortController();
  let told: { code: string; problem: string } | undefined;
  const stop = (code: typeof DEADLINE | typeof ABORTED) => {
    told ??= { code, problem: STOPPED[code] };
    abort.abort();
  };
  const stopped = new Promise<void>((resolve) =>
    abort.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (const signal of [view.signal, callSignal]) {
    if (signal?.aborted) stop(ABORTED);
    else signal?.addEventListener('abort', () => stop(ABORTED), { signal: disarm.signal });
  }
  const leftMs = view.deadline === undefined ? undefined : view.deadline - clock.now();
  if (leftMs !== undefined && leftMs <= 0) stop(DEADLINE);
  if (leftMs !== undefined && leftMs > 0) {
    void clock.sleep(leftMs, disarm.signal).then(() => {
      if (!disarm.signal.aborted) stop(DEADLINE);
    });
  }
  return {
    signal: abort.signal,
    stopped,
    told: () => told ?? { code: ABORTED, problem: STOPPED[ABORTED] },
    wasStopped: () => told !== undefined,
    // With a reason of its own, because the default one is an error with a stack, made for nobody.
    disarm: () => disarm.abort('over'),
  };
}

async function* mapErrors(
  body: AsyncIterable<Uint8Array>,
  toError: (error: unknown) => Error,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      count(piece.byteLength);
      yield piece;
    }
  } catch (error) {
    throw toError(error);
  }
}
