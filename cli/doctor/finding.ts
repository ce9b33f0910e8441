import { AnaplanCallError } from '../../shared/anaplan/index.ts';
import { type CallContext, classifyCall } from '../../shared/diagnosis/classify-call.ts';
import type { Category } from '../../shared/diagnosis/diagnosis.ts';
import { withoutRun } from './ask-anaplan.ts';

/** What is looked at, each answering a line of Anaplan's troubleshooting guide (docs/troubleshooting.md names them). */
export type CheckName =
  | 'certificate'
  | 'sign-in'
  | 'workspace'
  | 'model'
  | 'model-state'
  | 'model-status'
  | 'role'
  | 'object'
  | 'definition'
  | 'files'
  | 'upload'
  | 'run'
  | 'targets'
  | 'administrator';

/** `fine`: seen to be right. `broken`: seen to be wrong. `unclear`: cannot be told by looking, or not now. */
export type Verdict = 'fine' | 'broken' | 'unclear';

/** One line of the examination. */
export interface Finding {
  check: CheckName;
  verdict: Verdict;
  message: string;
  /** what to do about it, most likely first; empty when nothing is to be done */
  next: readonly string[];
  category?: Category;
}

export const fine = (check: CheckName, message: string): Finding => ({ check, verdict: 'fine', message, next: [] });

export const broken = (check: CheckName, message: string, category: Category, ...next: string[]): Finding => ({
  check,
  verdict: 'broken',
  message,
  category,
  next,
});

export const unclear = (check: CheckName, message: string, ...next: string[]): Finding => ({
  check,
  verdict: 'unclear',
  message,
  next,
});

/** A failed call as a finding. @throws the error itself when it is none */
export function failedCall(check: CheckName, error: unknown, context: CallContext): Finding {
  if (!(error instanceof AnaplanCallError)) throw error;
  const { message, category, cause, whatToCheck } = classifyCall(error.failure, context);
  return broken(check, `${message} ${cause}`, category, ...withoutRun(whatToCheck));
}

/** Whether Anaplan itself, and no gateway before it, refused a call with this status (anaplan-notes: Errors). */
export function hasStatus(error: unknown, status: number): boolean {
  if (!(error instanceof AnaplanCallError) || error.failure.kind !== 'http') return false;
  return error.failure.status === status && error.failure.envelope;
}
