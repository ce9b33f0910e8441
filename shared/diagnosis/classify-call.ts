import type { AnaplanCall, CallFailure } from '../anaplan/failure.ts';
import { isGatewayRefusal } from '../anaplan/gateway-refusal.ts';
import {
  ambiguousStart,
  FILE_CALLS,
  gatewayRefusal,
  junkFile,
  network,
  taskLost,
  unknownStatus,
  unreadable,
} from './call-meanings.ts';
import type { Diagnosis, Retry } from './diagnosis.ts';
import { signInRefused } from './sign-in-meanings.ts';
import { CALL_MEANINGS, STATUS_MEANINGS, type StatusMeaning } from './status-meanings.ts';
import { bodyInWords, capitalised, excerpt, fill, sentence } from './words.ts';

/** What the call was about, for the sentences a person reads. */
export interface CallContext {
  /** kind and name or id in plain words: `import "Load Sales"` */
  object?: string;
  /** the model's name, or its id */
  model?: string;
  /** the integration user, as its e-mail address */
  user?: string;
  /** false only where it is in doubt that Anaplan ever had the task; a poll's task id normally came from Anaplan itself */
  taskKnown?: boolean;
}

type HttpFailure = Extract<CallFailure, { kind: 'http' }>;

/** Seconds to wait after a 429 that does not say how long (anaplan-notes: Rate limit). */
export const RATE_LIMIT_SECONDS = 10;
/** A longer `Retry-After` than any run lives is not a wait, and must not overflow a date. */
const MAX_RETRY_AFTER_SECONDS = 30 * 24 * 3600;

/** As much of an answer as a report keeps; the client has redacted it. */
const MAX_BODY = 4096;

const DOING: Readonly<Record<AnaplanCall, string>> = {
  'sign-in': 'signing in to Anaplan',
  list: 'listing what {model} holds',
  metadata: 'reading the definition of {object}',
  'model-status': 'reading the state of {model}',
  announce: 'announcing the upload to {object}',
  chunk: 'sending a part of the file to {object}',
  complete: 'completing the upload to {object}',
  'read-file': 'reading {object}',
  'delete-file': 'deleting the content of {object}',
  start: 'starting {object}',
  'list-tasks': 'listing the tasks of {object}',
  poll: 'asking for the progress of {object}',
  cancel: 'cancelling {object}',
  dump: 'fetching the failure dump of {object}',
};

/**
 * What a failed call to Anaplan means. The same status means different things on a chunk, a start, a poll or a dump;
 * on a start, everything that is not a certain refusal is ambiguous, because Anaplan offers no key that would make a
 * second start harmless (anaplan-notes: Starting a task). Pure; never throws.
 */
export function classifyCall(failure: CallFailure, context: CallContext = {}): Diagnosis {
  const meaning = meaningOf(failure, context);
  const words = {
    user: context.user === undefined ? 'the integration user' : `the integration user (${excerpt(context.user, 120)})`,
    object: context.object === undefined ? defaultObject(failure.call) : excerpt(context.object, 200),
    model: context.model === undefined ? 'the model' : `model "${excerpt(context.model, 120)}"`,
  };
  return {
    category: meaning.category,
    cause: capitalised(fill(meaning.cause, words)),
    message: `${capitalised(fill(DOING[failure.call] ?? 'calling Anaplan', words))} failed: ${answerInWords(failure)}`,
    whatToCheck: meaning.whatToCheck.map((check) => fill(check, words)),
    retry: withRetryAfter(meaning.retry, failure),
    references: referencesOf(failure, context),
    ...(failure.kind === 'http' || failure.kind === 'unreadable'
      ? {
          http: {
            method: excerpt(failure.method, 20),
            path: excerpt(failure.path, 500),
            status: failure.status,
            body: failure.body.slice(0, MAX_BODY),
          },
        }
      : {}),
  };
}

function meaningOf(failure: CallFailure, context: CallContext): StatusMeaning {
  switch (failure.kind) {
    case 'http':
      if (failure.call === 'sign-in') return signInRefused(failure);
      if (failure.call === 'start' && !isRefusal(failure)) return ambiguousStart(failure);
      return isGatewayRefusal(failure)
        ? gatewayRefusal(failure.status, statusMeaning(failure, context))
        : statusMeaning(failure, context);
    case 'unreadable':
      return failure.call === 'start' ? ambiguousStart(failure) : unreadable();
    case 'network':
      return failure.call === 'start' && failure.reached ? ambiguousStart(failure) : network(failure);
    case 'junk-file':
      return junkFile(failure);
  }
}

/**
 * Whether an answer to a start proves that nothing was started. A 408 or 499 only says that somebody stopped waiting,
 * a 503 refuses only in Anaplan's own envelope, and a redirect proves nothing.
 */
function isRefusal(failure: HttpFailure): boolean {
  if (failure.status === 503) return failure.envelope;
  return failure.status >= 400 && failure.status < 500 && failure.status !== 408 && failure.status !== 499;
}

function statusMeaning(failure: HttpFailure, context: CallContext): StatusMeaning {
  const { call, status } = failure;
  if (status === 404 && (call === 'poll' || call === 'cancel') && context.taskKnown !== false) return taskLost();
  if (status === 400 && call === 'dump')
    return { ...(STATUS_MEANINGS[404] ?? unknownStatus(status)), ...CALL_MEANINGS.dump?.[404] };
  const general = STATUS_MEANINGS[status] ?? unknownStatus(status);
  return { ...general, ...CALL_MEANINGS[call]?.[status] };
}

function answerInWords(failure: CallFailure): string {
  switch (failure.kind) {
    case 'http': {
      const said = excerpt(failure.anaplanMessage ?? '', 500);
      if (said !== '') return `Anaplan answered ${failure.status}, "${said}".`;
      const body = bodyInWords(failure.body);
      return body === ''
        ? `the answer was ${failure.status} without a word.`
        : `the answer was ${failure.status} and not Anaplan's own: ${sentence(body)}`;
    }
    case 'unreadable': {
      const body = bodyInWords(failure.body);
      return `the answer was ${failure.status}, but not readable (${excerpt(failure.problem, 200)})${body === '' ? '.' : `: ${sentence(body)}`}`;
    }
    case 'network':
      return `${excerpt(failure.problem, 300) || 'no answer'} (${excerpt(failure.code, 60)}).`;
    case 'junk-file':
      return `asked for file ${excerpt(failure.askedFileId, 80)}, Anaplan answered with a new file ${excerpt(failure.createdFileId, 80)}.`;
  }
}

function withRetryAfter(retry: Retry, failure: CallFailure): Retry {
  if (retry.kind !== 'after' || failure.kind !== 'http') return retry;
  const asked = failure.retryAfterSeconds;
  const sane = asked !== undefined && Number.isFinite(asked) && asked >= 0;
  if (sane) return { ...retry, seconds: Math.min(Math.ceil(asked), MAX_RETRY_AFTER_SECONDS) };
  return failure.status === 429 ? { ...retry, seconds: RATE_LIMIT_SECONDS } : retry;
}

function referencesOf(failure: CallFailure, context: CallContext): Record<string, string> {
  const references: Record<string, string> = {
    call: failure.call,
    request: excerpt(`${failure.method} ${failure.path}`, 500),
  };
  if (failure.kind === 'http' || failure.kind === 'unreadable') references.status = String(failure.status);
  if (failure.kind === 'http' && failure.requestId) references.requestId = excerpt(failure.requestId, 120);
  if (failure.kind === 'network') references.network = excerpt(failure.code, 60);
  if (failure.kind === 'junk-file') {
    references.askedFileId = excerpt(failure.askedFileId, 80);
    references.createdFileId = excerpt(failure.createdFileId, 80);
  }
  if (context.object) references.object = excerpt(context.object, 200);
  if (context.model) references.model = excerpt(context.model, 120);
  if (context.user) references.user = excerpt(context.user, 120);
  return references;
}

function defaultObject(call: AnaplanCall): string {
  if (FILE_CALLS.has(call)) return 'the file';
  if (call === 'list' || call === 'model-status') return 'the model';
  return 'the action';
}
