export const CATEGORIES = [
  'bad-request',
  'authentication',
  'permission',
  'access-restriction',
  'not-found',
  'conflict',
  'moved',
  'model-state',
  'rate-limit',
  'service',
  'network',
  'source-file',
  'mapping',
  'missing-members',
  'invalid-data',
  'row-count',
  'task-lost',
  'ambiguous-start',
  'cancelled',
  'configuration',
  'internal',
  'unrecognised',
] as const;

export type Category = (typeof CATEGORIES)[number];

/**
 * Whether trying again can heal it.
 * - `no`: a person must act.
 * - `after`: try again with backoff; `seconds` is Anaplan's own `Retry-After`, a floor that is never shortened.
 * - `wait-for-model`: look again until the model is open, without spending attempts, bounded by `modelWait`.
 * - `reconcile`: the start's answer is ambiguous; look for the task before anything else (invariant 2).
 */
export type Retry =
  | { kind: 'no' }
  | { kind: 'after'; seconds?: number; budget: 'attempts' | 'conflicts' }
  | { kind: 'wait-for-model' }
  | { kind: 'reconcile' };

/** The classifier's answer, in plain words for the person who is paged. */
export interface Diagnosis {
  category: Category;
  /** Anaplan's message code, where it gave one */
  code?: string;
  /** why it happened, one sentence, no jargon */
  cause: string;
  /** what happened, to which object; Anaplan's own words where there are any */
  message: string;
  /** the next actions, most likely first; never empty */
  whatToCheck: readonly string[];
  retry: Retry;
  /** something of a task that failed or was cancelled stays done: rows, or actions of a process */
  appliedInPart?: true;
  /** ids and names worth quoting: model, object, task, request id */
  references: Readonly<Record<string, string>>;
  /** the answer it was read from; `body` is redacted and cut at 4 KB */
  http?: { method: string; path: string; status: number; body: string };
}

export interface Counts {
  processed: number;
  created: number;
  updated: number;
  rejected: number;
  warned: number;
  ignored: number;
}

/** One reason rows were rejected, left out or warned about, with the evidence a person needs to mend them. */
export interface Reason {
  code?: string;
  text: string;
  count: number;
  /** `warned`: loaded all the same; `ignored`: left out, and in no dump */
  severity: 'rejected' | 'warned' | 'ignored';
  /** source columns the reason names or whose values differ; may be empty */
  columns: readonly string[];
  /** a few values and the source lines (1-based, header counted) they stand on */
  samples: readonly { line: number; values: readonly string[] }[];
}
