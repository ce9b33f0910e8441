import type { Task } from '../anaplan/types.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { DecideContext } from './decide-context.ts';
import { type BegunRun, isFinalState, isInDoubt, type Run } from './run.ts';
import { currentStep, end, isoTime, nextTurn, note, withStep } from './transitions.ts';

/** What is known about a start whose answer was lost. */
export type StartVerdict =
  | { kind: 'wait'; because: string }
  /** `named`: the model's status said that it is ours */
  | { kind: 'adopt'; taskId: string; named: boolean }
  /** Nothing appeared in the grace time and the step may be repeated. */
  | { kind: 'post-again' }
  | { kind: 'undecided'; candidates: readonly string[] };

const LOOK_SECONDS = 30;

/** The ids in the action's task list that may be the task of a start whose answer was lost: those outside its baseline. */
export function startCandidates(run: BegunRun, tasks: readonly Pick<Task, 'taskId'>[]): string[] {
  const { start } = currentStep(run);
  if (start === null) throw new Error(`run ${run.runId} reconciles a start that it never intended`);
  const known = new Set(start.baseline);
  return [...new Set(tasks.map((task) => task.taskId))].filter((id) => !known.has(id));
}

/**
 * Tasks that may still act and may be ours, besides the one that the run has found: those outside its first baseline that are not
 * final. Only where a start was unclear there can be any.
 */
export function openCandidates(run: BegunRun, tasks: readonly Pick<Task, 'taskId' | 'taskState'>[]): string[] {
  const { task } = currentStep(run);
  const open = tasks.filter(({ taskId, taskState }) => taskId !== task?.taskId && !isFinalState(taskState));
  return startCandidates(run, open);
}

/** Whether more tasks than the one that the run has found may be ours: it was adopted by guess, or started a second time. */
export function mayHaveOthers(run: BegunRun): boolean {
  const { task, start } = currentStep(run);
  return start?.baselineStays === true || (task !== null && isInDoubt(task));
}

/**
 * What is known about a start whose answer was lost. Nothing is decided before the grace time has passed, unless the model's
 * status names a candidate and our user. No clock is compared with Anaplan's.
 */
export function reconcileStart(
  run: BegunRun,
  seen: { candidates: readonly string[]; named?: string | undefined; now: number },
): StartVerdict {
  const { candidates, named, now } = seen;
  const { start } = currentStep(run);
  if (start === null) throw new Error(`run ${run.runId} reconciles a start that it never intended`);
  if (named !== undefined) return { kind: 'adopt', taskId: named, named: true };
  if (start.unclearSince === null || now < graceEnds(run, start.unclearSince)) {
    return { kind: 'wait', because: 'The answer to the start was lost; looking for the task.' };
  }
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return { kind: 'adopt', taskId: only, named: false };
  const repeatable = run.pipeline.steps[run.position.step]?.repeatable === true;
  if (only === undefined && repeatable) return { kind: 'post-again' };
  return { kind: 'undecided', candidates };
}

/** The run after a verdict that is not an adoption. */
export function decideReconciled(
  run: BegunRun,
  verdict: Exclude<StartVerdict, { kind: 'adopt' }>,
  context: DecideContext,
): Run {
  const { now } = context;
  const { start } = currentStep(run);
  if (start === null) throw new Error(`run ${run.runId} reconciles a start that it never intended`);
  switch (verdict.kind) {
    case 'wait': {
      const unclearSince = start.unclearSince ?? isoTime(now);
      const left = (graceEnds(run, unclearSince) - now) / 1000;
      const delaySeconds = Math.min(LOOK_SECONDS, Math.max(0, left));
      const { failedLooks: _, ...answered } = start;
      const waiting = withStep(run, { start: { ...answered, unclearSince } });
      return nextTurn(
        note(waiting, { now, text: verdict.because, category: 'ambiguous-start', delaySeconds }),
        'start',
        {
          now,
          delaySeconds,
        },
      );
    }
    case 'post-again': {
      const closed = withStep(run, { start: { ...start, open: false, baselineStays: true, unclearSince: null } });
      const text = 'No task appeared after the unclear start, and the step may be repeated: starting it again.';
      return nextTurn(note(closed, { now, text }), 'start', { now, delaySeconds: 0 });
    }
    case 'undecided':
      return end(run, { now, outcome: 'unknown', failure: undecided(run, verdict.candidates), alarming: true });
    default:
      return verdict satisfies never;
  }
}

function graceEnds(run: BegunRun, unclearSince: string): number {
  return Date.parse(unclearSince) + run.pipeline.policies.startGraceSeconds * 1000;
}

function undecided(run: BegunRun, candidates: readonly string[]): Diagnosis {
  const step = run.pipeline.steps[run.position.step];
  const what = `${step?.kind ?? 'step'} "${step?.name ?? ''}"`;
  return {
    category: 'ambiguous-start',
    cause: 'The connection to Anaplan broke while the action was being started, so it may or may not be running.',
    message:
      candidates.length === 0
        ? `The answer to the start of ${what} was lost, and no new task of it has appeared.`
        : `The answer to the start of ${what} was lost, and ${candidates.length} new tasks of it have appeared.`,
    whatToCheck: [
      `Look in Anaplan (model "${run.pipeline.modelName}") whether ${what} has run, and whether its data arrived.`,
      `Then say so: plandrop runs settle ${run.runId} --as succeeded, or --as failed to run it again. Nothing else touches the model until then.`,
    ],
    retry: { kind: 'no' },
    references: {
      runId: run.runId,
      ...(step === undefined ? {} : { objectId: step.objectId }),
      tasks: candidates.join(', '),
    },
  };
}
