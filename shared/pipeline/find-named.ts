import type { StepKind } from './frozen-pipeline.ts';
import type { Named } from './name-directory.ts';
import { nearMatches } from './near.ts';

/** A name that could not be resolved: the setting of the pipeline that says it, what is wrong, and what was probably meant. */
export interface Problem {
  path: readonly string[];
  what: string;
  near: readonly string[];
}

/** In one line. */
export function problemText({ what, near }: Pick<Problem, 'what' | 'near'>): string {
  return near.length === 0 ? what : `${what}; there is ${near.map((name) => `"${name}"`).join(', ')}`;
}

type Kind = StepKind | 'workspace' | 'model' | 'file';

/** An id wins over a name; a name must fit exactly and once. */
export function find<T extends Named>(
  kind: Kind,
  asked: string,
  objects: readonly T[],
  { place, path }: { place: string; path: readonly string[] },
): { found: true; object: T } | { found: false; problem: Problem } {
  const byId = objects.find(({ id }) => id === asked);
  if (byId !== undefined) return { found: true, object: byId };
  const [object, ...others] = objects.filter(({ name }) => name === asked);
  if (object === undefined) {
    const near = nearMatches(
      asked,
      objects.map(({ name }) => name),
    );
    return { found: false, problem: { path, what: `no ${kind} ${place} is called "${asked}" or has this id`, near } };
  }
  if (others.length > 0) {
    const what = `${others.length + 1} ${KIND_PLURALS[kind]} ${place} are called "${asked}"; use the id of one`;
    return { found: false, problem: { path, what, near: [object, ...others].map(({ id }) => id) } };
  }
  return { found: true, object };
}

const KIND_PLURALS: Readonly<Record<Kind, string>> = {
  workspace: 'workspaces',
  model: 'models',
  import: 'imports',
  export: 'exports',
  action: 'actions',
  process: 'processes',
  file: 'files',
};

export function kept(asked: string, { id, name }: Named): { asked: string; id: string; name: string } {
  return { asked, id, name };
}
