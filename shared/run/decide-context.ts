/** What a decision may know besides the run and the event: time and chance, passed in. */
export interface DecideContext {
  /** epoch milliseconds */
  now: number;
  random: () => number;
  /** how long the action took before, in seconds, newest last */
  pastDurationsSeconds?: readonly number[];
}
