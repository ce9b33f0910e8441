import { deadlineAlert, isDeadlineUntold } from '../../shared/run/deadline-alert.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { sendAlert } from '../../shared/run/send-alert.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, hinderedBy, modelOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import { taskNamedOurs } from '../named-task.ts';
import type { Services } from '../services.ts';

/** Asks once how the task is doing. It only reads, so it claims nothing. */
export function createPollTask(services: Services): SqsHandler {
  return handleTurns(services, 'poll', pollTask);
}

async function pollTask(turn: Turn, services: Services): Promise<RunEvent> {
  const { task } = currentStep(turn.run);
  if (task === null) throw new Error(`run ${turn.run.runId} is to poll a task that it does not have`);
  await tellOfDeadline(turn, services);
  try {
    const anaplan = anaplanFor(turn, services);
    const inDoubt = task.adopted && task.named !== true;
    const named = inDoubt && (await taskNamedOurs(anaplan, turn.run, [task.taskId])) !== undefined;
    const seen = await anaplan.getTask(modelOf(turn.run), actionOf(turn.run), task.taskId);
    return { kind: 'polled', task: seen, ...(named ? { named } : {}) };
  } catch (error) {
    return hinderedBy(error, turn.run);
  }
}

/** A task that outlives the run's deadline is polled on, but somebody is told: once, or twice under the same id after a crash. */
async function tellOfDeadline(turn: Turn, services: Services): Promise<void> {
  if (!isDeadlineUntold(turn.run, services.clock.now())) return;
  try {
    await sendAlert(services, deadlineAlert(turn.run));
    turn.remember({ kind: 'deadline-told' });
  } catch (error) {
    // The task must be watched on, also while nobody can be told; the next poll tells.
    services.log.error('The alert for a passed deadline could neither be sent nor kept.', {
      runId: turn.run.runId,
      error,
    });
  }
}
