import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import { isInDoubt, mayHaveOthers, openCandidates } from '../../shared/run/decide-start.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, diagnose, modelOf, stepOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { lookAgain } from './look-again.ts';
import { resultOf } from './result-of.ts';

/**
 * Reads what the finished task says, keeps its dumps and exports, and judges the step. It only reads from Anaplan. Of a run that
 * ended without anybody knowing how, it looks whether Anaplan can tell by now.
 */
export function createCollectResult(services: Services): SqsHandler {
  return handleTurns(services, 'collect', collectResult, lookAgain);
}

async function collectResult(turn: Turn, services: Services): Promise<RunEvent> {
  const { run } = turn;
  const { task } = currentStep(run);
  const anaplan = anaplanFor(turn, services);
  try {
    const collected = await resultOf(turn, services, anaplan);
    if (collected.kind === 'not-yet') return collected.event;
    const { result } = collected;
    // A task that may not be ours leaves the question open what becomes of the one that is.
    if (result.outcome === 'unknown' && task !== null && isInDoubt(task))
      return { kind: 'collected', result, oursOpen: true };
    const others = await othersOpen(run, anaplan);
    if (others.length === 0) return { kind: 'collected', result };
    const diagnosis = waitsFor(others, run);
    if (!isLastTry(run, diagnosis, services.clock.now())) return { kind: 'hindered', diagnosis };
    return {
      kind: 'collected',
      result: { ...result, outcome: 'unknown', diagnosis: { ...diagnosis, whatToCheck: [...diagnosis.whatToCheck] } },
      oursOpen: true,
    };
  } catch (error) {
    return { kind: 'hindered', diagnosis: diagnose(error, run) };
  }
}

/** Other tasks of the action that may be ours and have not ended: while one may act, the lane is not left (see Lanes). */
async function othersOpen(run: BegunRun, anaplan: AnaplanClient): Promise<string[]> {
  if (!mayHaveOthers(run)) return [];
  return openCandidates(run, await anaplan.listTasks(modelOf(run), actionOf(run)));
}

function waitsFor(taskIds: readonly string[], run: BegunRun): Diagnosis {
  const { kind, name } = stepOf(run);
  return {
    category: 'ambiguous-start',
    cause: 'The answer to a start was lost, and a task that appeared after it, perhaps ours, has not ended.',
    message: `${kind} "${name}" has run, and waits for another task of it that may be its own (${taskIds.join(', ')}).`,
    whatToCheck: [
      'See in Anaplan who runs the action besides Plandrop, and whether that task hangs.',
      'When it has ended, say what became of this run: plandrop runs settle <runId> --as succeeded, or --as failed.',
    ],
    retry: { kind: 'wait-for-model' },
    references: { tasks: taskIds.join(', ') },
  };
}
