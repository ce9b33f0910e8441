import type { SetPlace } from '../../shared/pipeline/match-set.ts';
import { missingOf, triggerOfSet } from '../../shared/run/drop-set.ts';
import { addDrop, hasComeBefore, noteOpened } from '../../shared/run/drop-sets.ts';
import { isForgotten } from '../../shared/run/too-old.ts';
import type { Drop, Trigger } from '../../shared/run/trigger.ts';
import { keepUnmatched } from '../../shared/run/unmatched.ts';
import type { Services } from '../services.ts';

/**
 * Puts a drop into its set, and opens the set's run when it is complete. Whoever dies in between is repaired by the same message
 * delivered again: the set knows by the drop which run it named. The watch does the same where no message is left.
 * @param open opens the run of a complete set; answers false when that has to wait
 */
export async function receiveMember(
  { drop, place }: { drop: Drop; place: SetPlace },
  services: Services,
  open: (trigger: Trigger) => Promise<boolean>,
): Promise<void> {
  const { pipeline, setId, ...arrival } = place;
  if (setId === undefined) {
    const because = `pipeline ${pipeline} takes it into the set of its date, and its key has no date such as 2026-01-31 or 20260131`;
    services.log.warn(`Nothing is done with this drop: ${because}.`, { key: drop.key });
    const { bucket, key, versionId } = drop;
    const whatToDo = `Put the date into the name of what pipeline ${pipeline} takes, such as 2026-01-31, and drop the file again.`;
    await keepUnmatched(services, { bucket, key, versionId, because, whatToDo });
    return;
  }
  if (isForgotten(services, drop.lastModified)) {
    const because = `it is of ${drop.lastModified}, older than what Plandrop remembers of its runs (keepDays), so it may have been loaded before`;
    const { bucket, key, versionId } = drop;
    const whatToDo = 'If a file that is too old was never loaded, drop it again: what is dropped now is new.';
    return keepUnmatched(services, { bucket, key, versionId, because, whatToDo });
  }
  const { set, addition } = await addDrop(services, { pipeline, setId }, { drop, ...arrival }, (of) =>
    latestOf(of, services),
  );
  const { started } = addition;
  if (started === undefined) {
    const waitsFor = missingOf(set);
    services.log.info('A drop waits for the others of its set.', { pipeline, setId, key: drop.key, waitsFor });
    return;
  }
  if (!started.opened && (await open(triggerOfSet(set, started)))) await noteOpened(services, set, started.generation);
}

/** Whether a drop took its place in its set before: then it may be gone because it was loaded, and is told of again. */
export async function isKnownMember(
  { drop, place: { pipeline, setId } }: { drop: Drop; place: SetPlace },
  services: Services,
): Promise<boolean> {
  return setId !== undefined && (await hasComeBefore(services, { pipeline, setId }, drop));
}

async function latestOf({ bucket, key }: Drop, services: Services): Promise<Drop | undefined> {
  const head = await services.source(bucket).head(key);
  if (head === undefined) return undefined;
  const { versionId, lastModified, size } = head;
  return { bucket, key, versionId, lastModified, bytes: size };
}
