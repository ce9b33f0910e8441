import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { countOf } from '../diagnosis/words.ts';
import { backoffSeconds, modelWaitSeconds } from '../retry/backoff.ts';
import type { DecideContext } from './decide-context.ts';
import { decideReconciled, mayHaveOthers } from './decide-start.ts';
import { type BegunRun, hasOpenTask, type Run } from './run.ts';
import { currentStep, end, isoTime, nextTurn, note, withStep } from './transitions.ts';

/**
 * A call failed or a check refused. What a retry can heal is tried again in a new turn, with growing delays, until its budget
 * is spent; everything else ends the run: `unknown` when a task or an intent of it is open, or has ended and could not be read, else `failed`.
 */
export function decideHindered(run: BegunRun, diagnosis: Diagnosis, context: DecideContext): Run {
  switch (diagnosis.retry.kind) {
    case 'no':
      return giveUp(run, diagnosis, context);
    case 'after':
      if (run.position.stage === 'poll') return afterFailedPoll(run, diagnosis, context);
      return currentStep(run).start?.open === true
        ? afterFailedLook(run, diagnosis, context)
        : afterFailedAttempt(run, diagnosis, diagnosis.retry.budget, context);
    case 'wait-for-model':
      return waitForModel(run, diagnosis, context);
    case 'reconcile':
      return decideReconciled(run, { kind: 'wait', because: diagnosis.message }, context);
    default:
      return diagnosis.retry satisfies never;
  }
}

/** Whether one more failure with this diagnosis would end the run, so that a handler can make the best of what it has. */
export function isLastTry(run: BegunRun, diagnosis: Diagnosis, now: number): boolean {
  switch (diagnosis.retry.kind) {
    case 'no':
      return true;
    case 'after': {
      const { budget } = diagnosis.retry;
      return run.spent[budget] + 1 >= run.pipeline.policies.retry[budget];
    }
    case 'wait-for-model':
      return waitedSecondsOf(run, now) >= run.pipeline.policies.modelWaitSeconds;
    case 'reconcile':
      return false;
    default:
      return diagnosis.retry satisfies never;
  }
}

function waitedSecondsOf({ spent }: BegunRun, now: number): number {
  return spent.waitingSince === null ? 0 : (now - Date.parse(spent.waitingSince)) / 1000;
}

function giveUp(run: BegunRun, failure: Diagnosis, { now }: DecideContext): Run {
  // At `collect` the task has ended in Anaplan: what could not be read is how, not whether.
  const isCollecting = run.position.stage === 'collect';
  const { start } = currentStep(run);
  // Nobody has looked yet what becomes of the other tasks that may be ours.
  const isOursOpen = isCollecting && start !== null && mayHaveOthers(run);
  const left = isOursOpen ? withStep(run, { start: { ...start, open: true } }) : run;
  // An export changes nothing in Anaplan: where its file was not brought whole, it is to be run again.
  const isUnread = isCollecting && run.pipeline.steps[run.position.step]?.kind !== 'export';
  return end(left, { now, outcome: hasOpenTask(left) || isUnread ? 'unknown' : 'failed', failure, alarming: true });
}

function afterFailedAttempt(
  run: BegunRun,
  diagnosis: Diagnosis,
  budget: 'attempts' | 'conflicts',
  context: DecideContext,
): Run {
  const attempt = run.spent[budget] + 1;
  const allowed = run.pipeline.policies.retry[budget];
  const spent = { ...run, spent: { ...run.spent, [budget]: attempt } };
  if (attempt >= allowed) return giveUp(spent, budgetSpent(diagnosis, countOf(attempt, 'attempt')), context);
  return again(spent, diagnosis, attempt, context);
}

function afterFailedPoll(run: BegunRun, diagnosis: Diagnosis, context: DecideContext): Run {
  const { task } = currentStep(run);
  if (task === null) throw new Error(`run ${run.runId} polled a task that it never started`);
  const failedPolls = task.failedPolls + 1;
  const counted = withStep(run, { task: { ...task, failedPolls, lastPolledAt: isoTime(context.now) } });
  if (failedPolls >= run.pipeline.policies.retry.failedPolls) {
    return giveUp(counted, budgetSpent(diagnosis, `${countOf(failedPolls, 'failed poll')} in a row`), context);
  }
  return again(counted, diagnosis, failedPolls, context);
}

/** To look for a task that may be running is as patient as to poll one: giving up leaves the run to a person. */
function afterFailedLook(run: BegunRun, diagnosis: Diagnosis, context: DecideContext): Run {
  const { start } = currentStep(run);
  if (start === null) throw new Error(`run ${run.runId} looks for a task that it never meant to start`);
  const failedLooks = (start.failedLooks ?? 0) + 1;
  const counted = withStep(run, { start: { ...start, failedLooks } });
  if (failedLooks >= run.pipeline.policies.retry.failedPolls) {
    const spent = `${countOf(failedLooks, 'look')} for its task that failed, in a row`;
    return giveUp(counted, budgetSpent(diagnosis, spent), context);
  }
  return again(counted, diagnosis, failedLooks, context);
}

function again(run: BegunRun, diagnosis: Diagnosis, attempt: number, { now, random }: DecideContext): Run {
  const retryAfterSeconds = diagnosis.retry.kind === 'after' ? diagnosis.retry.seconds : undefined;
  const rateLimited = diagnosis.category === 'rate-limit' && retryAfterSeconds === undefined;
  const backoff = backoffSeconds({ attempt, random, retryAfterSeconds, rateLimited });
  const floor = run.position.stage === 'poll' ? run.pipeline.policies.pollMinSeconds : 0;
  const delaySeconds = Math.max(backoff, floor);
  const text = `${diagnosis.message} Attempt ${attempt + 1} in ${delaySeconds.toFixed(1)} s.`;
  return nextTurn(note(run, { now, text, category: diagnosis.category, delaySeconds }), run.position.stage, {
    now,
    delaySeconds,
  });
}

function waitForModel(run: BegunRun, diagnosis: Diagnosis, context: DecideContext): Run {
  const { now, random } = context;
  const waitingSince = run.spent.waitingSince ?? isoTime(now);
  const waitedSeconds = waitedSecondsOf(run, now);
  if (waitedSeconds >= run.pipeline.policies.modelWaitSeconds) {
    return giveUp(
      run,
      budgetSpent(diagnosis, `waiting for the model for ${countOf(Math.round(waitedSeconds / 60), 'minute')}`),
      context,
    );
  }
  const { looks } = run.spent;
  const delaySeconds = modelWaitSeconds({ looks, random });
  const waiting = { ...run, spent: { ...run.spent, looks: looks + 1, waitingSince } };
  const text = `${diagnosis.message} Looking again in ${Math.round(delaySeconds)} s.`;
  return nextTurn(note(waiting, { now, text, category: diagnosis.category, delaySeconds }), run.position.stage, {
    now,
    delaySeconds,
  });
}

function budgetSpent(diagnosis: Diagnosis, spent: string): Diagnosis {
  return { ...diagnosis, message: `${diagnosis.message} Given up after ${spent}.`, retry: { kind: 'no' } };
}
