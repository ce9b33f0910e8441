import { type DropSet, dropSetSchema } from '../../shared/run/drop-set.ts';
import type { Run } from '../../shared/run/run.ts';
import { dropsOf } from '../../shared/run/trigger.ts';
import type { DroppedVersion, World } from './world.ts';

/** What is wrong with what became of the things that start runs: none is lost, and none starts two. */
export function lostViolations(world: World): string[] {
  const roots = world.runs().filter(({ redriveOf }) => redriveOf === undefined);
  return [
    ...world.dropped.flatMap((version) => dropViolations(world, version, roots)),
    ...world.scheduled.flatMap(({ pipeline, at }) => {
      const its = roots.filter(
        ({ trigger, pipelineName }) =>
          trigger.kind === 'schedule' && trigger.scheduledAt === at && pipelineName === pipeline,
      );
      return its.length === 1 ? [] : [`the schedule of ${pipeline} at ${at} has ${its.length} runs`];
    }),
    ...setViolations(world),
    ...followerViolations(roots, world.runs()),
    ...world.runs().flatMap((run) => keepViolations(world, run)),
  ];
}

/** Each version of a file has one run of each pipeline that takes it; one that is a part of sets is in one of each, or waits. */
function dropViolations(world: World, { key, versionId }: DroppedVersion, roots: readonly Run[]): string[] {
  const found: string[] = [];
  for (const pipeline of world.pipelines.matching(key)) {
    const its = roots.filter(
      ({ trigger, pipelineName }) =>
        trigger.kind === 'drop' && trigger.versionId === versionId && pipelineName === pipeline,
    );
    if (its.length !== 1) found.push(`the drop ${key} ${versionId} has ${its.length} runs`);
  }
  for (const { pipeline } of world.pipelines.sets(key)) {
    const its = roots.filter(
      ({ trigger, pipelineName }) =>
        trigger.kind === 'set' &&
        pipelineName === pipeline &&
        dropsOf(trigger).some((drop) => drop.versionId === versionId),
    );
    if (its.length > 1) found.push(`the drop ${key} ${versionId} is in ${its.length} sets that were started`);
    // What could not be put there has been reported as a run that failed, and is to be dropped again.
    const isReported = roots.some(
      ({ trigger, pipelineName, ended }) =>
        trigger.kind === 'drop' &&
        trigger.versionId === versionId &&
        pipelineName === pipeline &&
        ended?.outcome === 'failed',
    );
    if (its.length === 0 && !isReported && !isInSet(world, pipeline, versionId))
      found.push(`the drop ${key} ${versionId} is in no set of ${pipeline}`);
  }
  return found;
}

/** What was loaded with a set waits in none, and no drop takes its own place. */
function setViolations(world: World): string[] {
  return setsIn(world).flatMap(({ setId, members, marker, superseded, started }) => {
    const consumed = new Set(
      started.flatMap((each) =>
        [...each.members, ...(each.marker === undefined ? [] : [each.marker])].map(({ versionId }) => versionId),
      ),
    );
    const waiting = [...members, ...(marker === null ? [] : [marker])].filter(({ versionId }) =>
      consumed.has(versionId),
    );
    return [
      ...waiting.map(
        ({ key, versionId }) => `the drop ${key} ${versionId} was loaded with set ${setId}, and waits there again`,
      ),
      ...superseded
        .filter(({ versionId, by }) => versionId === by)
        .map(
          ({ key, versionId }) => `the drop ${key} ${versionId} is said to have taken its own place in set ${setId}`,
        ),
    ];
  });
}

function setsIn(world: World, prefix = 'sets/'): DropSet[] {
  return world.state.keys(prefix).map((key) => dropSetSchema.parse(JSON.parse(world.state.text(key) ?? '')));
}

/** Whether a set shows it: it waits there, or another took its place. */
function isInSet(world: World, pipeline: string, versionId: string): boolean {
  return setsIn(world, `sets/${pipeline}/`).some(({ members, marker, superseded }) =>
    [...members, ...superseded, ...(marker === null ? [] : [marker])].some((drop) => drop.versionId === versionId),
  );
}

/** What follows a pipeline runs once after each of its runs that succeeded, and after none that did not. */
function followerViolations(roots: readonly Run[], runs: readonly Run[]): string[] {
  const found: string[] = [];
  const followersOf = ({ runId }: Run) =>
    roots.filter(({ trigger }) => trigger.kind === 'after' && trigger.runId === runId);
  for (const run of runs) {
    const followers = followersOf(run);
    const isDone = run.ended?.todo.length === 0;
    const succeeded = didAll(run) || run.settled?.as === 'succeeded';
    if (!succeeded && followers.length > 0) found.push(`run ${run.runId} did not succeed, and others followed it`);
    if (!didAll(run) || !isDone) continue;
    for (const name of run.pipeline?.followers ?? []) {
      const count = followers.filter(({ pipelineName }) => pipelineName === name).length;
      if (count !== 1) found.push(`run ${run.runId} succeeded, and was followed by ${count} runs of ${name}`);
    }
  }
  return found;
}

/** What is to be done with the drops of a run that succeeded is done, and nothing with those of one that may be redriven. */
function keepViolations(world: World, run: Run): string[] {
  const keep = run.pipeline?.keep ?? { kind: 'leave' };
  const isRedriven = run.redrivenAs !== undefined || run.redriveOf !== undefined;
  if (run.ended === null || run.ended.todo.length > 0 || isRedriven || run.settled !== undefined) return [];
  return dropsOf(run.trigger).flatMap(({ key, versionId }) => {
    const isThere = world.drops.hasVersion(key, versionId);
    if (!didAll(run))
      return isThere || wasLoadedByASet(world, versionId)
        ? []
        : [`${key} ${versionId} is gone, and its run ended ${run.ended?.outcome}`];
    if (keep.kind === 'leave') return isThere ? [] : [`${key} ${versionId} was to be left where it was`];
    if (isThere) return [`${key} ${versionId} was loaded, and is still there`];
    return keep.kind === 'delete' || isArchived(world, `${keep.prefix}${key}`, versionId)
      ? []
      : [`${key} ${versionId} is neither where it was nor in the archive`];
  });
}

/** A part of a set that was reported, because it could not be put in its place, and was told of once more. */
function wasLoadedByASet(world: World, versionId: string): boolean {
  return world
    .runs()
    .some(
      (run) =>
        run.trigger.kind === 'set' && didAll(run) && dropsOf(run.trigger).some((each) => each.versionId === versionId),
    );
}

function isArchived(world: World, key: string, versionId: string): boolean {
  const { sha256 } = world.dropped.find((each) => each.versionId === versionId) ?? {};
  return world.dropped.some((each) => each.key === key && each.sha256 === sha256);
}

function didAll({ ended, steps }: Run): boolean {
  if (ended?.outcome === 'succeeded') return true;
  return ended?.outcome === 'succeeded-with-rejects' && !steps.some(({ result }) => result?.beyondAllowance);
}
