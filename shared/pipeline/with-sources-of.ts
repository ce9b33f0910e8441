import type { FrozenPipeline, FrozenStep } from './frozen-pipeline.ts';

/**
 * A definition with how its imports read their files taken from `now`; everything else stays, and of `now` only the very objects
 * and files count that the definition names already. Pure.
 */
export function withSourcesOf(definition: FrozenPipeline, now: FrozenPipeline): FrozenPipeline {
  if (definition.modelId !== now.modelId) return definition;
  const steps = definition.steps.map((step) => {
    const same = now.steps.find(({ objectId, fileId }) => objectId === step.objectId && fileId === step.fileId);
    return same === undefined ? step : withSources(step, same);
  });
  return { ...definition, steps };
}

function withSources(step: FrozenStep, { source, files: known = [] }: FrozenStep): FrozenStep {
  const files = step.files?.map((file) => {
    const same = known.find(({ fileId }) => fileId === file.fileId);
    return same?.source === undefined ? file : { ...file, source: same.source };
  });
  return { ...step, ...(source === undefined ? {} : { source }), ...(files === undefined ? {} : { files }) };
}
