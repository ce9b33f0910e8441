import type { RunEvent } from './decide.ts';
import { commitRun, type Held } from './ledger.ts';
import type { Run } from './run.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

/**
 * Whether the event tells what nobody could find out after us: the id of a started task, that a start was refused, so that nothing
 * of it can act, and that the model's status named a task ours, which it does only while the task runs.
 */
export function isOnlyOurs(event: RunEvent): boolean {
  switch (event.kind) {
    case 'start-accepted':
    case 'start-refused':
      return true;
    case 'start-reconciled':
      return event.verdict.kind === 'adopt' && event.verdict.named;
    case 'polled':
      return event.named === true;
    default:
      return false;
  }
}

/**
 * Stores what only we learned from Anaplan although the turn was lost: without the task id nobody could ever say what became of
 * the task. Whoever has the turn now finds it and goes on from there.
 */
export async function mergeLearned(services: RunServices, found: Held, event: RunEvent): Promise<void> {
  if (event.kind !== 'start-accepted') return;
  let held = found;
  for (;;) {
    const merged = withTask(held.run, event.taskId, services.clock.now());
    if (merged === undefined) return;
    const answer = await commitRun(services, held, merged);
    if (answer.committed) return;
    held = answer;
  }
}

function withTask(run: Run, taskId: string, now: number): Run | undefined {
  const index = run.steps.findIndex((step) => step.start?.open === true && step.task === null);
  if (index === -1) return undefined;
  const steps = run.steps.map((step, i) => {
    if (i !== index || step.start === null) return step;
    const task = {
      taskId,
      adopted: false,
      startedAt: isoTime(now),
      polls: 0,
      failedPolls: 0,
      lastPolledAt: null,
      seen: null,
    };
    return { ...step, start: { ...step.start, open: false }, task };
  });
  return { ...run, steps };
}
