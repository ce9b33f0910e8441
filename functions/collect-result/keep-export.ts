import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { triggerTime } from '../../shared/run/trigger.ts';
import { modelOf, stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';

/**
 * Brings what an export wrote to the store. The file of an export has the export's own id (anaplan-notes: Files).
 * @returns its address, or undefined when the step is no export
 */
export async function keepExport(
  { run }: Turn,
  { state }: Services,
  anaplan: AnaplanClient,
): Promise<string | undefined> {
  const step = stepOf(run);
  if (step.kind !== 'export') return undefined;
  const date = triggerTime(run.trigger).slice(0, 10);
  const key = (step.to ?? 'exports/{pipeline}/{run}.csv')
    .replaceAll('{date}', date)
    .replaceAll('{run}', run.runId)
    .replaceAll('{pipeline}', run.pipelineName);
  await state.putStream(key, anaplan.downloadFile(modelOf(run), step.objectId));
  return state.address(key);
}
