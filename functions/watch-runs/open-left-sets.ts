import { type DropSet, type StartedSet, triggerOfSet } from '../../shared/run/drop-set.ts';
import { listSets, noteOpened } from '../../shared/run/drop-sets.ts';
import { VISIBILITY_SECONDS } from '../../shared/run/limits.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { freezeForRun } from '../freeze-for-run.ts';
import type { Services } from '../services.ts';

/** The message of a drop is delivered again for days; what it left is seen to long before that. */
const LOOK_BACK_MS = 2 * 86_400_000;

/**
 * Opens the runs of sets that were complete when whoever completed them died, and whose message is gone. One that cannot be looked
 * after does not keep the others from it.
 * @returns how many
 * @throws when there was such a one, after all others
 */
export async function openLeftSets(services: Services): Promise<number> {
  const now = services.clock.now();
  let opened = 0;
  let broken = 0;
  const failed = (what: string, error: Error) => {
    broken++;
    services.log.error('The watch failed at a set, and goes on with the others.', { set: what, error });
  };
  // Whoever wrote it last may be at it just now.
  const written = { from: now - LOOK_BACK_MS, to: now - VISIBILITY_SECONDS * 1000 };
  for await (const set of listSets(services, { ...written, onUnreadable: failed })) {
    for (const started of set.started.filter((each) => !each.opened)) {
      try {
        if (await openLeft(services, set, started)) opened++;
      } catch (error) {
        failed(`${set.pipeline} ${set.setId}`, error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
  if (broken > 0) throw new Error(`${broken} sets could not be looked after`);
  return opened;
}

async function openLeft(services: Services, set: DropSet, started: StartedSet): Promise<boolean> {
  const trigger = triggerOfSet(set, started);
  const pipeline = await freezeForRun(set.pipeline, { trigger, delivery: 1 }, services);
  // What may heal is looked at again by the next watch.
  if (!pipeline.ok && pipeline.diagnosis.retry.kind !== 'no') return false;
  await openRun(services, { pipelineName: set.pipeline, trigger, pipeline });
  await noteOpened(services, set, started.generation);
  return true;
}
