import { MAX_KEY_BYTES } from '../ports/object-key.ts';
import { ENDED, NotAllowedError, type Store } from '../ports/store.ts';
import type { Run } from './run.ts';
import type { RunServices } from './services.ts';
import { type Drop, dropsOf } from './trigger.ts';

type KeepServices = Pick<RunServices, 'source' | 'state' | 'log'>;

/**
 * Does with the drops of a run that succeeded what its pipeline says: each is tagged, moved to the archive, or removed. Harmless to
 * repeat: a version that is no longer there has been seen to. Where the bucket does not allow it, for instance because the
 * pipeline's `keep` was changed while the run was on its way, the drop stays as it is. A mended file is of no more use, and may
 * expire.
 */
export async function keepDrops(services: KeepServices, run: Run): Promise<void> {
  for (const mended of [run.mended?.drop, run.mended?.whole])
    if (mended !== undefined) await services.state.tag(mended.key, mended.versionId, ENDED);
  for (const drop of dropsOf(run.trigger)) {
    try {
      await keepDrop(services.source(drop.bucket), drop, run, services);
    } catch (error) {
      if (!(error instanceof NotAllowedError)) throw error;
      services.log.error('A drop stays as it is, because its bucket does not allow what is said under keep.', {
        runId: run.runId,
        key: drop.key,
        error,
      });
    }
  }
}

async function keepDrop(store: Store, { key, versionId }: Drop, run: Run, { log }: KeepServices): Promise<void> {
  const tags = { plandrop: run.settled?.as ?? run.ended?.outcome ?? '', 'plandrop-run': run.runId };
  const keep = run.pipeline?.keep ?? { kind: 'leave' };
  switch (keep.kind) {
    case 'leave':
      if (!(await store.tag(key, versionId, tags)))
        log.warn('A drop is not tagged: it is gone, or has ten tags already.', { runId: run.runId, key, versionId });
      return;
    case 'delete':
      return store.deleteVersion(key, versionId);
    case 'archive': {
      const target = `${keep.prefix}${key}`;
      if (Buffer.byteLength(target) > MAX_KEY_BYTES) {
        log.error('A drop is not archived: its key would be too long.', { runId: run.runId, key });
        return;
      }
      // Copied first: a death in between copies it again, and loses nothing.
      if ((await store.copy({ key, versionId }, target, tags)) !== undefined) await store.deleteVersion(key, versionId);
      return;
    }
    default:
      return keep satisfies never;
  }
}
