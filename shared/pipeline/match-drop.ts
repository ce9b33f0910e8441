import { globMatcher } from './glob.ts';
import type { Configuration } from './schema.ts';

/**
 * The names of the pipelines that take this key: none, one, or (a mistake that only a key can show) several.
 * Keys are as S3 stores them, already decoded. Folder markers (`sales/`) and empty keys match nothing; case counts.
 */
export function pipelinesFor(key: string, configuration: Pick<Configuration, 'pipelines'>): string[] {
  if (key === '' || key.endsWith('/')) return [];
  return Object.entries(configuration.pipelines)
    .filter(([, { trigger }]) => trigger?.kind === 'drop' && globMatcher(trigger.glob)(key))
    .map(([name]) => name);
}
