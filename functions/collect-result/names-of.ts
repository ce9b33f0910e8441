import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Task } from '../../shared/anaplan/types.ts';
import { resultParts } from '../../shared/diagnosis/result-parts.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { diagnose, modelOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';

/**
 * Nested results of a process seldom carry a name, so it is looked up (anaplan-notes: Processes). Where that cannot be had, the ids
 * do: what the task came to must not hang on names.
 */
export async function namesOf(
  task: Task,
  { turn: { run }, services, anaplan }: { turn: Turn; services: Services; anaplan: AnaplanClient },
): Promise<Record<string, string>> {
  const actions = task.result === undefined ? [] : resultParts(task.result).actions;
  const nameless = new Set(actions.flatMap(({ objectId, objectName }) => (objectName ? [] : [objectId])));
  nameless.delete(undefined);
  if (nameless.size === 0) return {};
  try {
    const lists = [
      anaplan.listImports(modelOf(run)),
      anaplan.listExports(modelOf(run)),
      anaplan.listActions(modelOf(run)),
    ];
    // All of them are awaited, also when one fails: nothing of ours is left on its way when the turn ends.
    await Promise.allSettled(lists);
    const named = (await Promise.all(lists)).flat().filter(({ id }) => nameless.has(id));
    return Object.fromEntries(named.map(({ id, name }) => [id, name]));
  } catch (error) {
    const diagnosis = diagnose(error, run);
    if (!isLastTry(run, diagnosis, services.clock.now())) throw error;
    services.log.warn(`The actions of the process are told by their ids. ${diagnosis.message}`, { runId: run.runId });
    return {};
  }
}
