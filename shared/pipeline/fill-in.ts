/** Variables of the environment by name; an empty one counts as unset. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A `${…}` that cannot be filled in, and the value that holds it. */
export interface Unfilled {
  path: readonly (string | number)[];
  message: string;
}

/**
 * Where a variable may stand: addresses, names of workspaces and models, and where alerts go. Nothing that decides what a pipeline does:
 * that is to be seen in the file.
 */
const PLACES: readonly RegExp[] = [
  /^anaplan\.(?:apiUrl|authUrl|oauthUrl)$/,
  /^(?:pipelines\.[^.]*\.)?notify\.(?:topic|command|webhook)$/,
  /^pipelines\.[^.]*\.(?:workspace|model)$/,
];
const PLACES_TOLD = 'the addresses under anaplan, workspace, model and notify';

/** Settings stand here. What stands in their place is told as that, whether it holds a variable or not. */
const SETTINGS = /^(?:pipelines\.[^.]*\.)?notify$/;

const VARIABLE = /\$\{([^}]*)\}/g;
const VARIABLE_WITHIN = /\$\{[^}]*\}/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A copy of what a YAML file holds, with each `${NAME}` filled in from the environment. What cannot be filled in stays as it is. */
export function fillIn(value: unknown, variables: Variables): { value: unknown; unfilled: readonly Unfilled[] } {
  const unfilled: Unfilled[] = [];
  const walk = (inner: unknown, path: readonly (string | number)[]): unknown => {
    const isMapping = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    if (!isMapping && SETTINGS.test(path.join('.'))) return inner;
    if (Array.isArray(inner)) return inner.map((each, index) => walk(each, [...path, index]));
    if (typeof inner === 'object' && inner !== null) {
      return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, walk(each, [...path, key])]));
    }
    if (typeof inner !== 'string') return inner;
    const allowed = PLACES.some((place) => place.test(path.join('.')));
    return inner.replace(VARIABLE, (written: string, name: string) => {
      const found = variables[name]?.trim();
      const message = mistakeOf(written, name, allowed, found);
      if (message !== undefined) unfilled.push({ path, message });
      return message === undefined && found !== undefined ? found : written;
    });
  };
  return { value: walk(value, []), unfilled };
}

function mistakeOf(written: string, name: string, allowed: boolean, found: string | undefined): string | undefined {
  if (!allowed) return `holds ${written}, and variables are filled in only in ${PLACES_TOLD}`;
  if (!NAME.test(name)) return `holds ${written}, which is not the name of a variable, such as \${ANAPLAN_MODEL}`;
  if (found === undefined || found === '') return `needs the environment variable ${name}, which is not set`;
  // Where the configuration travels on, it would be read as a variable again.
  return VARIABLE_WITHIN.test(found) ? `needs the environment variable ${name}, which holds a \${…} itself` : undefined;
}
