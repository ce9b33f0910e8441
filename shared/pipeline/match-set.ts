import { globMatcher } from './glob.ts';
import { lettersOf } from './glob-letters.ts';
import type { Configuration, Pipeline } from './schema.ts';

/** Where a key belongs in the sets of a pipeline. */
export interface SetPlace {
  pipeline: string;
  /** undefined where the key does not say: its pipeline tells sets by their date, and it has none */
  setId: string | undefined;
  /** the names in `files:` whose pattern matches the key */
  files: readonly string[];
  isMarker: boolean;
  /** all names in `files:`, in their order */
  needs: readonly string[];
  needsMarker: boolean;
}

/** The sets that a key belongs to: none, one, or (a mistake that only a key can show) several. */
export function setsFor(key: string, configuration: Pick<Configuration, 'pipelines'>): SetPlace[] {
  if (key === '' || key.endsWith('/')) return [];
  return Object.entries(configuration.pipelines).flatMap(([name, pipeline]) => {
    const place = placeOf(key, name, pipeline);
    return place === undefined ? [] : [place];
  });
}

function placeOf(key: string, name: string, { trigger, steps }: Pipeline): SetPlace | undefined {
  if (trigger?.kind !== 'set') return undefined;
  const entries = steps.flatMap(({ files = [] }) => files);
  const files = entries.filter(({ glob }) => globMatcher(glob)(key)).map((entry) => entry.name);
  const isMarker = trigger.marker !== undefined && globMatcher(trigger.marker)(key);
  if (files.length === 0 && !isMarker) return undefined;
  return {
    pipeline: name,
    setId: trigger.by === 'date' ? dateInKey(key) : folderOf(lettersOf(key)),
    files,
    isMarker,
    needs: entries.map((entry) => entry.name),
    needsMarker: trigger.by === 'marker',
  };
}

/** `batch/2026-01-31/`; `/` for a key without a folder. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1) || '/';
}

/** Year, month and day with one separator between them or none; what follows may be a time of day. */
const DATE = /(?<!\d)(\d{4})([-_./]?)(\d\d)\2(\d\d)(?=\D|$|\d{4}(?:\d\d)?(?:\D|$))/g;

/** The last date in a key as `2026-01-31`, however it is written there; a file name says more than the folders before it. */
export function dateInKey(key: string): string | undefined {
  const dates = [...key.matchAll(DATE)].map(([, year, , month, day]) => `${year}-${month}-${day}`);
  return dates.findLast((date) => {
    const parsed = new Date(`${date}T00:00:00Z`);
    return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) && date > '1900';
  });
}
