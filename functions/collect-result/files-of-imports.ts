import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { diagnose, modelOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';

/**
 * Which file each import of the model reads, by the ids of both: a process tells the rows of its imports, not of its files. Where
 * that cannot be had, the rows stay unverified: what the task came to must not hang on it.
 * @returns undefined where it cannot be had
 */
export async function filesOfImports({
  turn: { run },
  services,
  anaplan,
}: {
  turn: Turn;
  services: Services;
  anaplan: AnaplanClient;
}): Promise<Map<string, string> | undefined> {
  try {
    const imports = await anaplan.listImports(modelOf(run));
    return new Map(imports.flatMap(({ id, importDataSourceId: file }) => (file === undefined ? [] : [[id, file]])));
  } catch (error) {
    const diagnosis = diagnose(error, run);
    if (!isLastTry(run, diagnosis, services.clock.now())) throw error;
    services.log.warn(`The rows of the files cannot be verified. ${diagnosis.message}`, { runId: run.runId });
    return undefined;
  }
}
