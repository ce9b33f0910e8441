import type { Reason } from './diagnosis.ts';

/** Members that a dump names as missing from one list, ready to be pasted into it. */
export interface MissingMembers {
  /** the list's name; absent where Anaplan does not say which */
  list?: string;
  /** in the order of the dump, each once; at most `MAX_MEMBERS` */
  members: readonly string[];
  /** how many different ones there are; beyond `MAX_DISTINCT` they are no longer told apart and `more` is set */
  count: number;
  more?: boolean;
}

/** What a dump says, in numbers and a few samples. */
export interface DumpSummary {
  /** the source's own columns, without `_Status_`, `_Line_` and `_Error_n_` */
  header: readonly string[];
  /** data rows of the dump */
  rows: number;
  /** rows with status `E`, or any but `W`; all rows of a dump without a status column */
  rejected: number;
  /** rows with status `W`: loaded, with something to mend */
  warned: number;
  /** false for a dump without `_Status_`, where rejected and warned cannot be told apart (anaplan-notes: Dumps) */
  hasStatus: boolean;
  /** most frequent first */
  reasons: readonly Reason[];
  /** messages that are not in `reasons` */
  otherMessages: number;
  missingMembers: readonly MissingMembers[];
  /** source lines of the first and last rejected row, where the dump tells lines */
  lines?: { first: number; last: number };
  /** why the dump, or the rest of it, could not be read; what was read until then is counted */
  unreadable?: string;
}
