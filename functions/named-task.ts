import { AnaplanCallError } from '../shared/anaplan/failure.ts';
import { type AnaplanClient, statusNamesTask } from '../shared/anaplan/index.ts';
import type { BegunRun } from '../shared/run/run.ts';
import { modelOf } from './anaplan-turn.ts';

/**
 * Which of `taskIds` the model's status names as running now, and by our user: that one is certainly ours, because one
 * integration user serves one installation (anaplan-notes: Model status). Undefined when it names none of them, or does not
 * answer: then nothing is known.
 */
export async function taskNamedOurs(
  anaplan: AnaplanClient,
  run: BegunRun,
  taskIds: readonly string[],
): Promise<string | undefined> {
  if (taskIds.length === 0) return undefined;
  try {
    const status = await anaplan.getModelStatus(modelOf(run));
    const named = taskIds.find((taskId) => statusNamesTask(status, taskId));
    if (named === undefined) return undefined;
    const { email } = await anaplan.getCurrentUser();
    return email !== undefined && namesUser(status.tooltip ?? '', email) ? named : undefined;
  } catch (error) {
    if (error instanceof AnaplanCallError) return undefined;
    throw error;
  }
}

/** `ann@x.com` is not named by a text that names `joann@x.com`. */
function namesUser(text: string, email: string): boolean {
  const words = text.toLowerCase().split(/[\s()<>,;:"']+/);
  return words.includes(email.toLowerCase());
}
