import type { ExpectBy } from '../shared/pipeline/expect-by-schema.ts';
import { pipelinesFor } from '../shared/pipeline/match-drop.ts';
import { type SetPlace, setsFor } from '../shared/pipeline/match-set.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';

/** What is known of the pipelines without their names being resolved. */
export interface ConfiguredPipelines {
  /** The names of the pipelines whose drop pattern matches `key`; none for a copy in an archive, or it would be loaded for ever. */
  matching(key: string): readonly string[];
  /** The sets that `key` belongs to; none for a copy in an archive. */
  sets(key: string): readonly SetPlace[];
  /** Whether `key` is a copy that we keep of a drop: nothing is done with it. */
  isArchived(key: string): boolean;
  /** When a drop of the pipeline should have come; undefined when nobody waits for one. */
  expectBy(name: string): ExpectBy | undefined;
}

export function configuredPipelines(configuration: Configuration): ConfiguredPipelines {
  const pipelines = Object.values(configuration.pipelines);
  const archives = pipelines.flatMap(({ keep }) => (keep.kind === 'archive' ? [keep.prefix] : []));
  const isArchived = (key: string) => archives.some((prefix) => key.startsWith(prefix));
  return {
    matching: (key) => (isArchived(key) ? [] : pipelinesFor(key, configuration)),
    sets: (key) => (isArchived(key) ? [] : setsFor(key, configuration)),
    isArchived,
    expectBy: (name) =>
      Object.hasOwn(configuration.pipelines, name) ? configuration.pipelines[name]?.expectBy : undefined,
  };
}
