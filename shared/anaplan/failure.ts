import type { Credentials } from '../ports/secrets.ts';

/** The calls the client makes, named by what a failure of them means. The same status means different things on each. */
export type AnaplanCall =
  | 'sign-in'
  | 'list'
  | 'metadata'
  | 'model-status'
  | 'announce'
  | 'chunk'
  | 'complete'
  | 'read-file'
  | 'delete-file'
  | 'start'
  | 'list-tasks'
  | 'poll'
  | 'cancel'
  | 'dump';

/** What was asked. */
export interface FailedRequest {
  call: AnaplanCall;
  method: string;
  /** path and query, without the origin */
  path: string;
  /** only of a `sign-in`: what it was tried with */
  signsInWith?: Credentials['kind'];
}

/**
 * Why a call to Anaplan did not give what was asked, as plain data for the classifier. Never holds a token.
 *
 * - `http`: an answer with an error status. `envelope` says whether its body was Anaplan's own JSON envelope
 *   (`{ status: { code, message } }`); a gateway's HTML is not.
 * - `unreadable`: a success status whose body is not what the call returns (garbage, cut off, HTML).
 * - `network`: no whole answer. `reached` is false only when the connection never opened, so nothing can have acted.
 * - `junk-file`: a file was announced and Anaplan made a new data source instead (anaplan-notes: Junk files).
 */
export type CallFailure =
  | (FailedRequest & {
      kind: 'http';
      status: number;
      envelope: boolean;
      /** Anaplan's own words, when the body had them */
      anaplanMessage?: string;
      requestId?: string;
      retryAfterSeconds?: number;
      /** first 4 KB, redacted */
      body: string;
    })
  | (FailedRequest & { kind: 'unreadable'; status: number; body: string; problem: string })
  | (FailedRequest & { kind: 'network'; reached: boolean; code: string; problem: string })
  | (FailedRequest & { kind: 'junk-file'; askedFileId: string; createdFileId: string });

/** The base of every error the client throws for a failed call. One class per condition extends it. */
export class AnaplanCallError extends Error {
  override readonly name: string = 'AnaplanCallError';
  readonly failure: CallFailure;
  constructor(message: string, failure: CallFailure, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
