import type { Alert } from '../ports/alerts.ts';
import type { BegunRun, Run } from './run.ts';

/** Whether the run has passed its deadline and nobody was told. Passing it is a request to cancel that nobody typed. */
export function isDeadlineUntold({ deadline, requests }: Run, now: number): boolean {
  return deadline !== null && now > Date.parse(deadline) && !requests.some(({ by }) => by === 'deadline');
}

/** The alert for a task that is still running when its run should long be over. */
export function deadlineAlert({ runId, pipelineName, pipeline, position, steps, deadline }: BegunRun): Alert {
  const step = pipeline.steps[position.step];
  const task = steps[position.step]?.task;
  const what = `${step?.kind ?? 'step'} "${step?.name ?? position.step}"`;
  return {
    id: `${runId}-deadline`,
    pipeline: pipelineName,
    model: pipeline.modelName,
    run: runId,
    subject: `Plandrop: ${pipelineName.slice(0, 50)} is late`,
    text: [
      `The task of ${what} in model "${pipeline.modelName}" still runs, past the deadline of its run (pipeline ${pipelineName}).`,
      '',
      `It is watched on, nothing new is started, and other runs for this model wait. The deadline was ${deadline}.`,
      '',
      'What to check:',
      `1. See in Anaplan what the task does${task ? ` (task ${task.taskId})` : ''}, and cancel it there if it hangs.`,
      '2. If it is only slow, give the pipeline a longer deadline in plandrop.yaml.',
      '',
      `Run ${runId}.`,
      '',
    ].join('\n'),
  };
}
