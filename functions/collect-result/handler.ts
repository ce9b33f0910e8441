import type { RunEvent } from '../../shared/run/decide.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import { mayHaveOthers } from '../../shared/run/decide-start.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { type BegunRun, isInDoubt } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { anaplanFor, diagnose, stepOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { lookAgain } from './look-again.ts';
import { newAmong, otherTasks, overtakenBy, waitsFor } from './other-tasks.ts';
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
    // The file of an export belongs to no task: another that may be ours writes it too, and is waited for before the file is fetched.
    const before = mayBeRewritten(run) ? await otherTasks(run, anaplan) : undefined;
    if (before !== undefined && before.open.length > 0)
      return { kind: 'hindered', diagnosis: waitsFor(before.open, run) };
    const collected = await resultOf(turn, services, anaplan, before?.all);
    if (collected.kind === 'not-yet') return collected.event;
    const { result } = collected;
    // A task that may not be ours leaves the question open what becomes of the one that is.
    if (result.outcome === 'unknown' && task !== null && isInDoubt(task))
      return { kind: 'collected', result, oursOpen: true };
    const { all, open } = await otherTasks(run, anaplan);
    // One that has come and gone since may have written the file half-way.
    const come = before === undefined ? [] : newAmong(all, before.all);
    if (open.length + come.length === 0) return { kind: 'collected', result };
    const diagnosis = open.length > 0 ? waitsFor(open, run) : overtakenBy(come, run);
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

/**
 * Whether the run has an export's task, and perhaps another that writes the same file. Where the task itself is in doubt, nobody is told that
 * the file is the run's.
 */
function mayBeRewritten(run: BegunRun): boolean {
  const { task } = currentStep(run);
  return stepOf(run).kind === 'export' && mayHaveOthers(run) && task !== null && !isInDoubt(task);
}
