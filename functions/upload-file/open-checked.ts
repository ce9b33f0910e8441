import { isDeepStrictEqual } from 'node:util';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import { withSourcesOf } from '../../shared/pipeline/with-sources-of.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { Services } from '../services.ts';
import { openSource, type Source } from './source.ts';
import { SourceRefused } from './source-refused.ts';

/**
 * The pinned file of a run, held against its import before a byte of it is sent. The definition that a run keeps may be older than
 * the import: it waits for its lane, it is a redrive after somebody mended the import, or names were asked for minutes before it. So
 * the import is read anew before a file is refused by it, where the installation does that by itself.
 * @throws SourceRefused
 * @throws AnaplanCallError when Anaplan does not say how the import is now: nobody knows then whether the file is wrong
 */
export async function openChecked(turn: Turn, services: Services, anaplan: AnaplanClient): Promise<Source> {
  const source = await openSource(turn.run, services);
  try {
    await source.checkBeforeSending();
    return source;
  } catch (error) {
    const mayBeOld = error instanceof SourceRefused && error.byDefinition;
    if (!mayBeOld || !(await readAnew(turn, services, anaplan))) throw error;
  }
  const changed = await openSource(turn.run, services);
  await changed.checkBeforeSending();
  return changed;
}

/** @returns whether an import reads its file otherwise than the run knew */
async function readAnew(turn: Turn, { pipelines }: Services, anaplan: AnaplanClient): Promise<boolean> {
  const { run } = turn;
  const now = await pipelines.readAnew?.(run.pipelineName, anaplan);
  if (now === undefined || isDeepStrictEqual(withSourcesOf(run.pipeline, now), run.pipeline)) return false;
  turn.remember({ kind: 'imports-changed', pipeline: now });
  return true;
}
