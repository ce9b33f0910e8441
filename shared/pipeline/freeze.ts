import type { FrozenFile, FrozenPipeline, FrozenStep } from './frozen-pipeline.ts';
import type { Lock, LockedFile, LockedPipeline, LockedStep } from './lock.ts';
import { nearMatches } from './near.ts';
import type { Configuration, Pipeline } from './schema.ts';
import type { Step } from './step-schema.ts';

/**
 * - `unknown`: the configuration has no such pipeline.
 * - `missing`: the lock knows nothing of it.
 * - `stale`: the configuration has changed since the lock was written.
 */
export type Frozen =
  | { ok: true; pipeline: FrozenPipeline }
  | { ok: false; problem: 'unknown' | 'missing' | 'stale'; message: string };

/** The definition that a new run keeps: the pipeline of the configuration with the ids of the lock. Asks nobody. */
export function freeze(name: string, configuration: Pick<Configuration, 'pipelines'>, lock: Lock): Frozen {
  const pipeline = Object.hasOwn(configuration.pipelines, name) ? configuration.pipelines[name] : undefined;
  if (pipeline === undefined) {
    return { ok: false, problem: 'unknown', message: unknownPipeline(name, configuration) };
  }
  const locked = Object.hasOwn(lock.pipelines, name) ? lock.pipelines[name] : undefined;
  if (locked === undefined) {
    return refused('missing', `the lock file has no pipeline "${name}"`);
  }
  const change = changeSince(pipeline, locked);
  if (change !== undefined)
    return refused('stale', `pipeline "${name}" has changed since the lock file was written: ${change}`);
  return { ok: true, pipeline: { ...frozen(name, pipeline, locked), followers: followersOf(name, configuration) } };
}

/** The pipelines that start when a run of this one has succeeded, ascending. */
function followersOf(name: string, { pipelines }: Pick<Configuration, 'pipelines'>): string[] {
  return Object.entries(pipelines)
    .filter(([, { trigger }]) => trigger?.kind === 'after' && trigger.pipeline === name)
    .map(([follower]) => follower)
    .sort();
}

/** One line that names the pipelines there are, the probable ones first. */
export function unknownPipeline(name: string, configuration: Pick<Configuration, 'pipelines'>): string {
  const known = Object.keys(configuration.pipelines);
  const near = nearMatches(name, known);
  const others = known.filter((each) => !near.includes(each));
  return `there is no pipeline "${name}"; there are ${[...near, ...others].join(', ')}`;
}

function refused(problem: 'missing' | 'stale', what: string): Frozen {
  return { ok: false, problem, message: `${what}; run "plandrop lock", review the change and deploy it` };
}

function changeSince(pipeline: Pipeline, locked: LockedPipeline): string | undefined {
  if (pipeline.workspace !== locked.workspace.asked)
    return differs('workspace', pipeline.workspace, locked.workspace.asked);
  if (pipeline.model !== locked.model.asked) return differs('model', pipeline.model, locked.model.asked);
  for (const [index, step] of pipeline.steps.entries()) {
    const known = locked.steps[index];
    if (known === undefined) return `step ${index + 1} is new`;
    if (step.kind !== known.kind || step.name !== known.asked) {
      return differs(`step ${index + 1}`, `${step.kind} ${step.name}`, `${known.kind} ${known.asked}`);
    }
    const [files, knownFiles] = [
      step.files?.map(({ name }) => name) ?? [],
      known.files?.map(({ asked }) => asked) ?? [],
    ];
    if (files.toSorted().join('\n') !== knownFiles.toSorted().join('\n')) {
      return `the files of its step ${index + 1} are ${listed(files)} and were ${listed(knownFiles)}`;
    }
  }
  return locked.steps.length > pipeline.steps.length ? `it had ${locked.steps.length} steps` : undefined;
}

const differs = (what: string, now: string, then: string): string => `its ${what} is "${now}" and was "${then}"`;

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ') || 'none';

function frozen(name: string, pipeline: Pipeline, locked: LockedPipeline): Omit<FrozenPipeline, 'followers'> {
  return {
    name,
    workspaceId: locked.workspace.id,
    workspaceName: locked.workspace.name,
    modelId: locked.model.id,
    modelName: locked.model.name,
    steps: pipeline.steps.flatMap((step, index) => {
      const known = locked.steps[index];
      return known === undefined ? [] : [frozenStep(step, known)];
    }),
    rejects: pipeline.rejects,
    onFailure: pipeline.onFailure,
    policies: pipeline.policies,
    keep: pipeline.keep,
    ...(pipeline.timezone === undefined ? {} : { timezone: pipeline.timezone }),
  };
}

function frozenStep(step: Step, { id, name, fileId, source, files }: LockedStep): FrozenStep {
  return {
    kind: step.kind,
    name,
    objectId: id,
    repeatable: step.repeatable,
    ...(fileId === undefined ? {} : { fileId }),
    ...(source === undefined ? {} : { source }),
    ...(step.mapping === undefined ? {} : { mapping: { ...step.mapping } }),
    ...(step.to === undefined ? {} : { to: step.to }),
    ...(step.gzip === undefined ? {} : { gzip: step.gzip }),
    ...(step.files === undefined ? {} : { files: step.files.flatMap((file) => frozenFile(file, files ?? [])) }),
  };
}

function frozenFile({ name, glob }: NonNullable<Step['files']>[number], locked: readonly LockedFile[]): FrozenFile[] {
  const known = locked.find(({ asked }) => asked === name);
  if (known === undefined) return [];
  const { fileId, source } = known;
  return [{ name, fileId, glob, ...(source === undefined ? {} : { source }) }];
}
