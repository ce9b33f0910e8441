import type { DecideContext } from './decide-context.ts';
import type { BegunRun, Run, StepResult } from './run.ts';
import { currentStep, end, firstStage, nextTurn, withStep } from './transitions.ts';

/** A step has its result: on to the next step, or the run ends. No further step follows a failure or rejects beyond the allowance. */
export function decideCollected(
  run: BegunRun,
  { result, oursOpen = false }: { result: StepResult; oursOpen?: boolean },
  { now }: DecideContext,
): Run {
  const { start } = currentStep(run);
  const judged = withoutDumps(run);
  const kept = withStep(judged, { result, ...(start !== null && oursOpen ? { start: { ...start, open: true } } : {}) });
  const went =
    result.outcome === 'succeeded' || (result.outcome === 'succeeded-with-rejects' && !result.beyondAllowance);
  if (!went) {
    return end(kept, {
      now,
      outcome: result.outcome,
      alarming: true,
      ...(result.diagnosis === undefined ? {} : { failure: result.diagnosis }),
    });
  }
  const following = run.position.step + 1;
  if (following < run.pipeline.steps.length) {
    const moved: BegunRun = { ...kept, position: { stage: kept.position.stage, step: following } };
    return nextTurn(moved, firstStage(run.pipeline, following, run.redriveOf?.step), { now, delaySeconds: 0 });
  }
  const withRejects = kept.steps.find((step) => step.result?.outcome === 'succeeded-with-rejects')?.result;
  return end(kept, {
    now,
    outcome: withRejects === undefined || withRejects === null ? 'succeeded' : 'succeeded-with-rejects',
    alarming: false,
    ...(withRejects?.diagnosis === undefined ? {} : { failure: withRejects.diagnosis }),
  });
}

/** The step is judged now: its result names its dumps, and whoever judges it again asks Anaplan for them again. */
function withoutDumps(run: BegunRun): BegunRun {
  const { dumps: _, ...step } = currentStep(run);
  return { ...run, steps: run.steps.with(run.position.step, step) };
}
