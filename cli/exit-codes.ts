import type { Run } from '../shared/run/run.ts';

/** What the process tells its caller; an interface like the answers themselves. */
export const EXIT = {
  ok: 0,
  /** failed, unknown or cancelled; a check found something wrong; no such run; or the machine did not allow it */
  failed: 1,
  /** rows were rejected beyond the pipeline's allowance */
  rejects: 2,
  /** what can be told without asking Anaplan: wrong usage or configuration, missing credentials */
  usage: 64,
  /** the run resumes next time */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a run that has ended. */
export function exitCodeOf(run: Run): ExitCode {
  switch (run.ended?.outcome) {
    case 'succeeded':
      return EXIT.ok;
    case 'succeeded-with-rejects':
      return run.steps.some((step) => step.result?.beyondAllowance === true) ? EXIT.rejects : EXIT.ok;
    default:
      return EXIT.failed;
  }
}
