import { outcomeOf, type RunOutcome } from '../shared/run/outcome.ts';
import type { Run } from '../shared/run/run.ts';
import { stateInWords } from './progress.ts';

/** A run as `runs --json` prints it: what it came to, where it is, and what a person did about it. */
export interface RunDocument extends RunOutcome, Pick<Run, 'settled' | 'redrivenAs' | 'discarded'> {
  /** where it is, in words, or its outcome */
  state: string;
  /** the run whose work it goes on with */
  redriveOf?: string;
}

export function runDocument(run: Run): RunDocument {
  const { redriveOf, settled, redrivenAs, discarded } = run;
  return {
    ...outcomeOf(run),
    state: stateInWords(run),
    ...(redriveOf === undefined ? {} : { redriveOf: redriveOf.runId }),
    ...(settled === undefined ? {} : { settled }),
    ...(redrivenAs === undefined ? {} : { redrivenAs }),
    ...(discarded === undefined ? {} : { discarded }),
  };
}
