import type { Detail } from './messages.ts';
import type { Spooled } from './spool.ts';

/** What running one action came to. */
export interface Outcome {
  successful: boolean;
  /** `Failed.` when it could not run at all */
  ran: boolean;
  details: readonly Detail[];
  dump?: Spooled;
  /** rows that changed nothing, or no rows at all: what makes a process look unsuccessful */
  ignored?: boolean;
}

/** An outcome of an action that could not run. */
export function couldNotRun(detail: Omit<Detail, 'occurrences'>): Outcome {
  return { successful: false, ran: false, details: [{ ...detail, occurrences: 0 }] };
}
