import type { Category, Diagnosis } from '../diagnosis/diagnosis.ts';
import { hasDumpsLeft } from './dumps-left.ts';
import { todoOfSuccess } from './followers.ts';
import {
  type BegunRun,
  type Ended,
  hasOpenTask,
  isInDoubt,
  type Outcome,
  type Run,
  type Stage,
  type StepRecord,
  type Todo,
} from './run.ts';
import { filesToUpload } from './step-files.ts';

/** The moves that every decision is made of. Each takes a ledger entry and returns the next one; none touches its argument. */

const JOURNAL_ENTRIES = 100;

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function currentStep(run: Run): StepRecord {
  const step = run.steps[run.position.step];
  if (step === undefined)
    throw new Error(`run ${run.runId} stands at step ${run.position.step}, which it does not have`);
  return step;
}

export function withStep<R extends Run>(run: R, change: Partial<StepRecord>): R {
  return { ...run, steps: run.steps.map((step, i) => (i === run.position.step ? { ...step, ...change } : step)) };
}

export function note<R extends Run>(
  run: R,
  entry: { now: number; text: string; category?: Category; delaySeconds?: number },
): R {
  const { now, ...rest } = entry;
  const journal = [...run.journal, { at: isoTime(now), stage: run.position.stage, ...rest }];
  // The beginning says what went wrong first, so the middle gives way.
  if (journal.length <= JOURNAL_ENTRIES) return { ...run, journal };
  journal.splice(JOURNAL_ENTRIES / 2, 1);
  return { ...run, journal, journalDropped: run.journalDropped + 1 };
}

/** Nothing of the current step is in Anaplan yet that would have to be waited for. */
export function nothingBegun(run: Run): boolean {
  const { stage } = run.position;
  const step = currentStep(run);
  return (stage === 'upload' || stage === 'start') && step.task === null && step.start?.open !== true;
}

/**
 * The run as whoever finds no live claim on it has to take it: a claim that nobody gave back is a dead handler's, and the file call that
 * it sent last may still be on its way.
 */
export function takenOver<R extends Run>(run: R): R {
  const died = run.claim !== null && run.position.stage === 'upload' && currentStep(run).epoch !== null;
  return died ? withStep(run, { fileCallUnanswered: true }) : run;
}

const NOTHING_SPENT: Run['spent'] = { attempts: 0, conflicts: 0, looks: 0, waitingSince: null };

/** Progress was made: whatever the stage had spent on failures is forgotten. */
export function forgive<R extends Run>(run: R): R {
  return { ...run, spent: NOTHING_SPENT };
}

/** The next turn: one more message, to the queue of `stage`, due after `delaySeconds`. Gives the claim back. */
export function nextTurn<R extends Run>(run: R, stage: Stage, when: { now: number; delaySeconds: number }): R {
  const turn = run.turn + 1;
  const moved = stage === run.position.stage ? run : forgive(run);
  return {
    ...moved,
    turn,
    next: { turn, queue: stage, due: isoTime(when.now + when.delaySeconds * 1000) },
    claim: null,
    position: { ...run.position, stage },
  };
}

/** The first stage of a step, of a run that began at step `from`: what has no file to upload is started at once. */
export function firstStage(pipeline: BegunRun['pipeline'], step: number, from = 0): Stage {
  return filesToUpload(pipeline, step, from).length === 0 ? 'start' : 'upload';
}

interface Ending {
  now: number;
  outcome: Outcome;
  failure?: Diagnosis;
  alarming: boolean;
}

/** The run's outcome, committed together with the list of what is still to do. */
export function end<R extends Run>(stopping: R, asked: Ending): R {
  const mayHaveRun = isStartUnanswered(stopping) && !isGood(asked.outcome);
  const isLast = mayHaveRun && currentStep(stopping).task === null;
  const run = isLast ? reopened(stopping) : stopping;
  const ending: Ending = isLast ? { ...asked, outcome: 'unknown', alarming: true } : asked;
  const holdLane = whyHold(run, ending);
  // The lane comes before the alert: nobody waits for an address that does not answer.
  const succeeded = isGood(ending.outcome);
  // Runs that wait behind it stand still until a person acts, whatever it was that ended it.
  const isTold = ending.alarming || (holdLane !== undefined && ending.failure !== undefined && !succeeded);
  const todo: Todo[] = isTold
    ? ['report', 'feed', 'lane', 'alert']
    : ['lane', ...(succeeded ? todoOfSuccess(run) : [])];
  const ended: Ended = {
    outcome: ending.outcome,
    at: isoTime(ending.now),
    todo,
    ...(ending.failure === undefined ? {} : { failure: asTold(ending.failure, run, mayHaveRun) }),
    ...(holdLane === undefined ? {} : { holdLane }),
  };
  return { ...run, turn: run.turn + 1, next: null, claim: null, ended };
}

function isGood(outcome: Outcome): boolean {
  return outcome === 'succeeded' || outcome === 'succeeded-with-rejects';
}

/** Of a step that may be repeated, a start was given up on: it may act all the same, or have acted. */
function isStartUnanswered(run: Run): boolean {
  const step = run.position.step < run.steps.length ? currentStep(run) : undefined;
  return step?.start?.baselineStays === true && !step.start.open;
}

/** With no other start accepted the lane is held, as it is by any start that may still act. */
function reopened<R extends Run>(run: R): R {
  const { start } = currentStep(run);
  return start === null ? run : withStep(run, { start: { ...start, open: true } });
}

/** A failure with the id of its run, and with what may have happened besides. */
function asTold(failure: Diagnosis, run: Run, mayHaveRun: boolean): NonNullable<Ended['failure']> {
  const checks = mayHaveRun ? [LOOK_FIRST, ...failure.whatToCheck] : failure.whatToCheck;
  const toSettle = mayHaveRun && hasOpenTask(run) ? [SETTLE_IT] : [];
  const ofDumps = hasDumpsLeft(run) ? [whatOfDumps(run)] : [];
  return {
    ...failure,
    message: mayHaveRun ? `${failure.message} ${MAY_HAVE_RUN}` : failure.message,
    whatToCheck: [...checks, ...toSettle, ...ofDumps].map((check) => check.replaceAll('<runId>', run.runId)),
  };
}

const MAY_HAVE_RUN =
  'An earlier start of it was never answered: no task of it appeared, but it may have run all the same.';
const LOOK_FIRST = 'Before anything is loaded again, look in Anaplan whether the earlier start has run.';
const SETTLE_IT = 'Then say so: plandrop runs settle <runId> --as succeeded, or --as failed.';

function whatOfDumps(run: Run): string {
  const { task } = currentStep(run);
  // Nobody is given the dump of somebody else's task as that of this run.
  const fetched =
    task !== null && isInDoubt(task)
      ? 'It is fetched by itself only where the rows of the task show it to be of this run; else look at it in Anaplan, which keeps it for two days.'
      : 'It is fetched by itself once the cause is mended, if that is within two days; then the run is settled.';
  return `Its task is over, and a failure dump of it is not in the store yet. ${fetched} To settle it, or to release its lane, before that gives the dump up.`;
}

/**
 * Why the lane stays held after this ending, or undefined when it is freed.
 * A lane is released only on evidence that nothing of the run can still act in Anaplan, and that no dump is left there of which nobody
 * was told; that binds `onFailure` too.
 */
function whyHold(run: Run, ending: { outcome: Outcome; alarming: boolean }): string | undefined {
  if (hasOpenTask(run)) return 'a task of this run may still be running in Anaplan';
  if (run.steps.some((step) => step.fileCallUnanswered))
    return 'Anaplan has not answered since a file call of this run was cut off';
  // Only of a run that ended so the watch asks again, and then it fetches the dump.
  if (ending.outcome === 'unknown' && hasDumpsLeft(run))
    return 'a failure dump that Anaplan announced is not in the store yet, and another run of the import would have it forgotten';
  if (run.pipeline?.onFailure === 'hold' && ending.alarming && ending.outcome !== 'cancelled') {
    return `the run ended ${ending.outcome} and the pipeline says onFailure: hold`;
  }
  return undefined;
}
