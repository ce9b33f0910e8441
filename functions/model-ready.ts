import type { AnaplanClient } from '../shared/anaplan/index.ts';
import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import type { BegunRun } from '../shared/run/run.ts';
import { modelOf, stepOf } from './anaplan-turn.ts';

/**
 * Looks whether the model would take a file or a start now. A busy model holds most requests until it is free, so it is not
 * asked anything that would be held; one that is not loaded is loaded by the first file call (anaplan-notes: Busy model).
 *
 * @returns why the run has to wait, or undefined when the model has answered a file call
 */
export async function waitForModel(anaplan: AnaplanClient, run: BegunRun): Promise<Diagnosis | undefined> {
  const model = modelOf(run);
  const status = await anaplan.getModelStatus(model);
  const step = status.currentStep ?? 'Open';
  if (step === 'Open' || step === 'Closed') {
    await anaplan.listFiles(model);
    return undefined;
  }
  const said = status.tooltip?.replaceAll(/\s*\n\s*/g, ' ').trim();
  return {
    category: 'model-state',
    cause: `Model "${run.pipeline.modelName}" is busy, so it would only hold our requests.`,
    message: `${stepOf(run).kind} "${stepOf(run).name}" waits for the model: it says "${said || step}".`,
    whatToCheck: [
      'See in Anaplan what is running in the model, and by whom. The run goes on by itself when it has ended.',
      'If it never ends, a workspace administrator can cancel it in Model Management.',
    ],
    retry: { kind: 'wait-for-model' },
    references: { modelId: model.modelId, ...(status.taskId ? { taskId: status.taskId } : {}) },
  };
}
