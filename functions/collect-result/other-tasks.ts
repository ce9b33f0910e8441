import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { capitalised } from '../../shared/diagnosis/words.ts';
import { mayHaveOthers, openCandidates, startCandidates } from '../../shared/run/decide-start.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, modelOf, stepOf } from '../anaplan-turn.ts';

/** Tasks of the action that may be ours besides the one that the run has found, by their ids. */
export interface OtherTasks {
  all: string[];
  /** those of them that have not ended: while one may act, the lane is not left (see Lanes) */
  open: string[];
}

/** Only where a start was unclear there can be any, and Anaplan is asked. */
export async function otherTasks(run: BegunRun, anaplan: AnaplanClient): Promise<OtherTasks> {
  if (!mayHaveOthers(run)) return { all: [], open: [] };
  const tasks = await anaplan.listTasks(modelOf(run), actionOf(run));
  const found = currentStep(run).task?.taskId;
  return { all: startCandidates(run, tasks).filter((id) => id !== found), open: openCandidates(run, tasks) };
}

/** Those that were not there before. */
export function newAmong(taskIds: readonly string[], before: readonly string[]): string[] {
  return taskIds.filter((id) => !before.includes(id));
}

const SAY_WHAT_BECAME = 'say what became of this run: plandrop runs settle <runId> --as succeeded, or --as failed.';
const RUN_AGAIN =
  'leave the file of this run alone, if one is there, because another task may have written it; say so, and redrive the run: plandrop runs settle <runId> --as failed, then plandrop failures redrive <runId>. An export changes nothing in Anaplan.';

export function waitsFor(taskIds: readonly string[], run: BegunRun): Diagnosis {
  const { kind, name } = stepOf(run);
  return {
    category: 'ambiguous-start',
    cause: 'The answer to a start was lost, and a task that appeared after it, perhaps ours, has not ended.',
    message: `${kind} "${name}" has run, and waits for another task of it that may be its own (${taskIds.join(', ')}).`,
    whatToCheck: [
      'See in Anaplan who runs the action besides Plandrop, and whether that task hangs.',
      `When it has ended, ${kind === 'export' ? RUN_AGAIN : SAY_WHAT_BECAME}`,
    ],
    retry: { kind: 'wait-for-model' },
    references: { tasks: taskIds.join(', ') },
  };
}

/** Whose file was being fetched while these had come and gone: it may be of both. */
export function overtakenBy(taskIds: readonly string[], run: BegunRun): Diagnosis {
  const { kind, name } = stepOf(run);
  return {
    ...waitsFor(taskIds, run),
    cause:
      'The answer to a start was lost, and a task that appeared after it, perhaps ours, wrote the file while it was fetched.',
    message: `${kind} "${name}" has run, and another task of it that may be its own has run since (${taskIds.join(', ')}), so what was fetched may be a part of each file.`,
    whatToCheck: ['See in Anaplan who runs the action besides Plandrop.', capitalised(RUN_AGAIN)],
  };
}
