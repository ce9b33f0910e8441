import { AnaplanCallError } from '../../shared/anaplan/failure.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import { reconcileStart, startCandidates } from '../../shared/run/decide-start.ts';
import { stoppedBy } from '../../shared/run/decide-stopped.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, diagnose, hinderedBy, modelOf, stepOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import { waitForModel } from '../model-ready.ts';
import { taskNamedOurs } from '../named-task.ts';
import type { Services } from '../services.ts';

/**
 * Starts the step's action, at most once. Before the `POST` the ids now in the action's task list and the intent are committed;
 * whoever finds an open intent looks for the task instead of starting another (anaplan-notes: Starting a task).
 */
export function createStartAction(services: Services): SqsHandler {
  return handleTurns(services, 'start', startAction);
}

async function startAction(turn: Turn, services: Services): Promise<RunEvent> {
  const { start, task } = currentStep(turn.run);
  if (task !== null) return { kind: 'start-accepted', taskId: task.taskId };
  return start?.open === true ? reconcile(turn, services) : startOnce(turn, services);
}

async function startOnce(turn: Turn, services: Services): Promise<RunEvent> {
  const anaplan = anaplanFor(turn, services);
  const model = modelOf(turn.run);
  const action = actionOf(turn.run);
  let baseline: string[];
  try {
    const waiting = await waitForModel(anaplan, turn.run);
    if (waiting !== undefined) return { kind: 'hindered', diagnosis: waiting };
    turn.remember({ kind: 'file-calls-answered' });
    baseline = (await anaplan.listTasks(model, action)).map(({ taskId }) => taskId);
  } catch (error) {
    return hinderedBy(error, turn.run);
  }
  // A model that had to be loaded first took the time in which a start could be answered.
  if (services.clock.now() >= turn.sliceEndsAt) return { kind: 'start-postponed' };
  try {
    await turn.commit({ kind: 'start-intended', baseline });
  } catch (error) {
    // Nothing has been sent yet, and only we can know.
    turn.remember({ kind: 'start-withdrawn' });
    throw error;
  }
  // What was asked while the model was looked at is seen with the commit of the intent.
  const by = stoppedBy(turn.run, services.clock.now());
  if (by !== undefined) {
    turn.remember({ kind: 'start-withdrawn' });
    return { kind: 'stopped', by };
  }
  try {
    const mapping = Object.entries(stepOf(turn.run).mapping ?? {});
    const mappingParameters = mapping.map(([entityType, entityName]) => ({ entityType, entityName }));
    const { taskId } = await anaplan.startTask(model, action, mapping.length === 0 ? {} : { mappingParameters });
    return { kind: 'start-accepted', taskId };
  } catch (error) {
    const diagnosis = diagnose(error, turn.run);
    return diagnosis.retry.kind === 'reconcile'
      ? { kind: 'start-unclear', diagnosis }
      : { kind: 'start-refused', diagnosis };
  }
}

/** The answer to the start was lost, or we died before we could store it. */
async function reconcile(turn: Turn, services: Services): Promise<RunEvent> {
  try {
    const anaplan = anaplanFor(turn, services);
    const candidates = startCandidates(turn.run, await anaplan.listTasks(modelOf(turn.run), actionOf(turn.run)));
    const named = await taskNamedOurs(anaplan, turn.run, candidates);
    return {
      kind: 'start-reconciled',
      verdict: reconcileStart(turn.run, { candidates, named, now: services.clock.now() }),
    };
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
    return hinderedBy(error, turn.run);
  }
}
