import type { Task } from '../anaplan/types.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { DecideContext } from './decide-context.ts';
import type { BegunRun, Run } from './run.ts';
import { currentStep, end, isoTime, nextTurn, note, withStep } from './transitions.ts';

/** What is known about a start whose answer was lost. */
export type StartVerdict =
  | { kind: 'wait'; because: string }
  | { kind: 'adopt'; taskId: string }
  /** Nothing appeared in the grace time and the step may be repeated. */
  | { kind: 'post-again' }
  | { kind: 'undecided'; candidates: readonly string[] };

const LOOK_SECONDS = 30;

/**
 * Looks for the task of a start whose answer was lost: only ids outside the baseline are candidates, and nothing is decided
 * before the grace time has passed. No clock is compared with Anaplan's (invariant 2).
 */
export function reconcileStart(run: BegunRun, tasks: readonly Pick<Task, 'taskId'>[], now: number): StartVerdict {
  const { start } = currentStep(run);
  if (start === null) throw new Error(`run ${run.runId} reconciles a start that it never intended`);
  if (start.unclearSince === null || now < graceEnds(run, start.unclearSince)) {
    return { kind: 'wait', because: 'The answer to the start was lost; looking for the task.' };
  }
  const known = new Set(start.baseline);
  const candidates = [...new Set(tasks.map((task) => task.taskId))].filter((id) => !known.has(id));
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return { kind: 'adopt', taskId: only };
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
      const waiting = withStep(run, { start: { ...start, unclearSince } });
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
      `Then say so: plandrop runs settle ${run.runId} --as succeeded, or --as failed to run it again. The lane is held until then.`,
    ],
    retry: { kind: 'no' },
    references: {
      runId: run.runId,
      ...(step === undefined ? {} : { objectId: step.objectId }),
      tasks: candidates.join(', '),
    },
  };
}
