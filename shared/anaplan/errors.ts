import { AnaplanCallError, type CallFailure } from './failure.ts';

type HttpFailure = Extract<CallFailure, { kind: 'http' }>;

/** Anaplan, or something in front of it, answered with an error status. */
export class HttpError extends AnaplanCallError {
  override readonly name: string = 'HttpError';
  readonly status: number;
  /** Anaplan's own words, when the body had them */
  readonly anaplanMessage: string | undefined;
  readonly requestId: string | undefined;
  constructor(message: string, failure: HttpFailure) {
    super(message, failure);
    this.status = failure.status;
    this.anaplanMessage = failure.anaplanMessage;
    this.requestId = failure.requestId;
  }
}

/** 400, 405, 406, 415: the request itself is wrong. */
export class BadRequestError extends HttpError {
  override readonly name = 'BadRequestError';
}
/** 401, or a refused sign-in: the credentials are wrong, expired or revoked. */
export class AuthenticationError extends HttpError {
  override readonly name = 'AuthenticationError';
}
/** 403: the user may not do this. Missing access usually shows as 404 (anaplan-notes: Masked access). */
export class PermissionError extends HttpError {
  override readonly name = 'PermissionError';
}
/** 404: not there, or not visible to this user. */
export class NotFoundError extends HttpError {
  override readonly name = 'NotFoundError';
}
/** 409: the state of the object does not allow this change now. */
export class ConflictError extends HttpError {
  override readonly name = 'ConflictError';
}
/** 410: the workspace has moved; the same request, repeated, finds it. */
export class MovedError extends HttpError {
  override readonly name = 'MovedError';
}
/** 422: the model is archived. */
export class ModelArchivedError extends HttpError {
  override readonly name = 'ModelArchivedError';
}
/** 423: the model is locked. */
export class ModelLockedError extends HttpError {
  override readonly name = 'ModelLockedError';
}
/** 424: the model is offline. */
export class ModelOfflineError extends HttpError {
  override readonly name = 'ModelOfflineError';
}
/** 425: the model is in deployed mode. */
export class ModelDeployedError extends HttpError {
  override readonly name = 'ModelDeployedError';
}
/** 429: the tenant's request budget, or a limit of concurrent calls, is spent. */
export class RateLimitError extends HttpError {
  override readonly name = 'RateLimitError';
}
/** 5xx: Anaplan or a gateway could not answer. */
export class ServiceError extends HttpError {
  override readonly name = 'ServiceError';
}
/** A status that Anaplan does not document, a redirect for instance. */
export class UnexpectedStatusError extends HttpError {
  override readonly name = 'UnexpectedStatusError';
}
/** A success status with something else than the call's answer behind it. */
export class UnreadableAnswerError extends AnaplanCallError {
  override readonly name = 'UnreadableAnswerError';
}
/** The connection never opened; nothing can have acted. */
export class NotReachedError extends AnaplanCallError {
  override readonly name = 'NotReachedError';
}
/** The connection was open and no whole answer came: reset, cut short, or silent for too long. */
export class ConnectionLostError extends AnaplanCallError {
  override readonly name = 'ConnectionLostError';
}
/** The view's deadline passed before the request was sent, or before its answer was whole. */
export class DeadlineError extends AnaplanCallError {
  override readonly name = 'DeadlineError';
}
/** The caller's signal ended the call. */
export class AbortedError extends AnaplanCallError {
  override readonly name = 'AbortedError';
}
/** A file was announced and Anaplan created another one instead (anaplan-notes: Junk files). */
export class JunkFileError extends AnaplanCallError {
  override readonly name = 'JunkFileError';
}

/** The credentials cannot even be used to ask: a malformed certificate or key, a wrong passphrase. */
export class UnusableCredentialsError extends Error {
  override readonly name = 'UnusableCredentialsError';
}

/** The codes of a `network` failure that the client itself gives; all others are the system's (`ECONNREFUSED`, …). */
export const DEADLINE = 'DEADLINE';
export const ABORTED = 'ABORTED';

const BY_STATUS: Readonly<Record<number, new (message: string, failure: HttpFailure) => HttpError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  405: BadRequestError,
  406: BadRequestError,
  409: ConflictError,
  410: MovedError,
  415: BadRequestError,
  422: ModelArchivedError,
  423: ModelLockedError,
  424: ModelOfflineError,
  425: ModelDeployedError,
  429: RateLimitError,
};

/** The error class of a failure, with a message that says what was asked and what came back. */
export function errorFor(failure: CallFailure, options?: ErrorOptions): AnaplanCallError {
  const asked = `${failure.method} ${failure.path}`;
  switch (failure.kind) {
    case 'http': {
      const words = failure.anaplanMessage === undefined ? '' : `: ${failure.anaplanMessage}`;
      return new (httpClass(failure))(`${asked} was answered with ${failure.status}${words}`, failure);
    }
    case 'unreadable':
      return new UnreadableAnswerError(
        `${asked} was answered with ${failure.status}, but ${failure.problem}`,
        failure,
        options,
      );
    case 'junk-file': {
      const { askedFileId, createdFileId } = failure;
      const message = `${asked} created a new file ${createdFileId}: Anaplan does not know a file ${askedFileId} here`;
      return new JunkFileError(message, failure, options);
    }
    case 'network': {
      const message = `${asked}: ${failure.problem}`;
      if (failure.code === DEADLINE) return new DeadlineError(message, failure, options);
      if (failure.code === ABORTED) return new AbortedError(message, failure, options);
      if (!failure.reached) return new NotReachedError(message, failure, options);
      return new ConnectionLostError(message, failure, options);
    }
    default:
      return failure satisfies never;
  }
}

function httpClass(failure: HttpFailure): new (message: string, failure: HttpFailure) => HttpError {
  // OAuth refuses with 400 and 403 too; a sign-in refused in any of these ways is one condition.
  if (failure.call === 'sign-in' && [400, 401, 403].includes(failure.status)) return AuthenticationError;
  return BY_STATUS[failure.status] ?? (failure.status >= 500 ? ServiceError : UnexpectedStatusError);
}
