import { releaseCommand } from '../diagnosis/release-command.ts';
import type { Alert } from '../ports/alerts.ts';
import type { Hold } from './lane.ts';
import type { BegunRun } from './run.ts';
import type { Sight } from './sight.ts';

/**
 * Tells whoever was told that nobody knows what became of a run, that it is known now.
 * @param others the hold of somebody else, a person, on its lane
 */
export function settledAlert(
  run: BegunRun,
  { as, evidence }: Extract<Sight, { kind: 'settled' }>,
  others?: Hold,
): Alert {
  const { runId, pipelineName, pipeline, position, ended } = run;
  const left = run.steps.length - position.step - (as === 'succeeded' ? 1 : 0);
  const isFree = as === 'succeeded' || pipeline.onFailure === 'continue' || ended?.outcome === 'cancelled';
  const freed =
    others === undefined
      ? `The lane of model "${pipeline.modelName}" is free again: the runs that waited for it go on.`
      : `It keeps the lane of model "${pipeline.modelName}" no longer, which is still held by ${others.by}: ${others.reason}.`;
  const lane = isFree
    ? freed
    : `Other runs for model "${pipeline.modelName}" wait on, because the pipeline says onFailure: hold.`;
  const release = releaseCommand({ name: pipeline.modelName, id: pipeline.modelId });
  const checks = [
    ...(left === 0
      ? []
      : [`Run what is not done of it (${left} of ${run.steps.length} steps): npx plandrop failures redrive ${runId}`]),
    ...(isFree ? [] : [`Or let the others go on: ${release}`]),
  ];
  return {
    id: `${runId}-settled`,
    subject: `Plandrop: ${pipelineName.slice(0, 50)} is settled as ${as}`,
    text: [
      `Run ${runId} of pipeline ${pipelineName} ended ${ended?.outcome} at ${ended?.at}. Now Anaplan can tell: ${evidence}`,
      '',
      `It is settled as ${as}. ${lane}`,
      ...(checks.length === 0
        ? ['', 'There is nothing to do.']
        : ['', 'What to do:', ...checks.map((check, i) => `${i + 1}. ${check}`)]),
      '',
    ].join('\n'),
    pipeline: pipelineName,
    model: pipeline.modelName,
    run: runId,
    outcome: 'unknown',
  };
}
