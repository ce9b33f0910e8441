import { missingOf } from '../shared/run/drop-set.ts';
import { listSets } from '../shared/run/drop-sets.ts';
import { printList } from './print.ts';
import { openState, type StateOptions } from './state.ts';

/** A set of which some files have come and others have not. */
export interface WaitingSet {
  pipeline: string;
  setId: string;
  generation: number;
  /** by the names in `files:` */
  there: { file: string; key: string; versionId: string; lastModified: string; bytes: number }[];
  missing: string[];
  /** files that another took the place of; they are not loaded */
  superseded: { file: string; key: string; versionId: string; generation: number; by: string }[];
}

export async function waitingSets(opened: Parameters<typeof listSets>[0]): Promise<WaitingSet[]> {
  const waiting: WaitingSet[] = [];
  const onUnreadable = (key: string) =>
    process.stderr.write(`${key} cannot be read: it is not of this version of plandrop\n`);
  for await (const set of listSets(opened, { onUnreadable })) {
    const missing = missingOf(set);
    if (missing.length === 0) continue;
    const { pipeline, setId, generation, members, marker } = set;
    const there = [...members, ...(marker === null ? [] : [{ file: 'the marker', ...marker }])];
    waiting.push({
      pipeline,
      setId,
      generation,
      there: there.map(({ bucket: _, ...member }) => member),
      missing,
      superseded: set.superseded.map(({ file, key, versionId, generation: then, by }) => ({
        file,
        key,
        versionId,
        generation: then,
        by,
      })),
    });
  }
  return waiting;
}

export function setRow({ pipeline, setId, generation, there, missing, superseded }: WaitingSet): string[] {
  const keys = there.map(({ key }) => key);
  // Those of starts before this one are told by their runs.
  const replaced = superseded.filter((each) => each.generation === generation).map(({ key }) => key);
  return [pipeline, setId, keys.join('\n'), missing.join('\n'), replaced.join('\n')];
}

export const SET_COLUMNS = ['Pipeline', 'Set', 'There', 'Waits for', 'Replaced, not loaded'];

/** `plandrop runs sets` */
export async function printSets(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const sets = await waitingSets(opened);
  if (options.json) process.stdout.write(`${JSON.stringify(sets, null, 2)}\n`);
  else printList(SET_COLUMNS, sets.map(setRow), 'No set waits for a file.');
}
