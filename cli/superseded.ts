import { dropSetSchema } from '../shared/run/drop-set.ts';
import { setKey } from '../shared/run/drop-sets.ts';
import type { Run } from '../shared/run/run.ts';
import type { OpenState } from './state.ts';

/** How a set names the place of its marker, which is never loaded. */
const MARKER = '(marker)';

/** A drop that came for one place of a set before its start, and is not loaded: another took its place. */
export interface Superseded {
  /** the name in `files:` */
  file: string;
  key: string;
  versionId: string;
  /** the version that took its place; empty where the pipeline had no such place any more at the start */
  by: string;
}

/** What the set of a run had before its start, and did not load. Its object is removed after a time, and then nothing is known of it. */
export async function supersededBefore(
  { trigger, pipelineName }: Pick<Run, 'trigger' | 'pipelineName'>,
  { state }: Pick<OpenState, 'state'>,
): Promise<Superseded[]> {
  if (trigger.kind !== 'set') return [];
  const key = setKey(pipelineName, trigger.setId);
  const object = await state.get(key);
  if (object === undefined) return [];
  const set = parsed(new TextDecoder().decode(object.body));
  if (set === undefined) {
    process.stderr.write(`${key} cannot be read: it is not of this version of plandrop\n`);
    return [];
  }
  return set.superseded
    .filter(({ generation, file }) => generation === trigger.generation && file !== MARKER)
    .filter((each) => !trigger.members.some((loaded) => isSameVersion(loaded, each)))
    .map(({ file, key, versionId, by }) => ({ file, key, versionId, by }));
}

function parsed(text: string) {
  try {
    return dropSetSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isSameVersion(a: Pick<Superseded, 'key' | 'versionId'>, b: Pick<Superseded, 'key' | 'versionId'>): boolean {
  return a.key === b.key && a.versionId === b.versionId;
}
