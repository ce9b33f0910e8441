import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { type BegunRun, isReleasable, type Run } from './run.ts';
import { end } from './transitions.ts';

/** The end of a run that is to start nothing new. */
export function endStopped(run: BegunRun, by: string, now: number): Run {
  const step = run.pipeline.steps[run.position.step];
  if (run.requests[0]?.kind === 'skip')
    return end(run, { now, outcome: 'cancelled', failure: skipped(run, by), alarming: false });
  const failure: Diagnosis = {
    category: 'cancelled',
    cause:
      by === 'deadline'
        ? 'The run passed its deadline, so nothing new was started.'
        : `The run was cancelled by ${by}.`,
    message: `Stopped before the ${run.position.stage} of ${step?.kind ?? 'step'} "${step?.name ?? run.position.step}".`,
    whatToCheck: [
      ...(isReleasable(run) ? [] : STILL_HELD),
      'Drop the file again, or redrive the run, when it should go on.',
    ],
    retry: { kind: 'no' },
    references: { runId: run.runId },
  };
  return end(run, { now, outcome: 'cancelled', failure, alarming: by === 'deadline' });
}

const STILL_HELD = [
  'Anaplan has not answered since its last file call was cut off. It is asked again for two days; when it answers, the lane is free by itself.',
  'When you know that nothing of the run is on its way any more, say so: plandrop runs settle <runId> --as failed.',
];

function skipped(run: BegunRun, by: string): Diagnosis {
  return {
    category: 'cancelled',
    cause: `The run was skipped by ${by} while it waited for the lane of model "${run.pipeline.modelName}".`,
    message: `Skipped by ${by}; nothing of it was sent to Anaplan.`,
    whatToCheck: ['Redrive the run, or drop the file again, when it should be loaded after all.'],
    retry: { kind: 'no' },
    references: { runId: run.runId },
  };
}

/** Who asked that nothing new be started, or undefined: a request in the ledger, or the deadline. */
export function stoppedBy(run: Run, now: number): string | undefined {
  const request = run.requests[0];
  if (request !== undefined) return request.by;
  return run.deadline !== null && now > Date.parse(run.deadline) ? 'deadline' : undefined;
}
