import type { Named } from '../../shared/pipeline/name-directory.ts';

/** A name of Anaplan as people name folders: `Load Sales (EMEA)` becomes `load-sales-emea`. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '');
  return plain === '' ? 'pipeline' : plain;
}

/** What an import is about, for the folder of its files: `Load Sales` takes `sales/*.csv`. */
export const subjectOf = (name: string): string => slug(name).replace(/^(?:load|import|upload)-(?=.)/, '');

/**
 * Patterns for the files of a process, each for one import: in one folder for each set, or with a date in each name. The date's own first
 * digit keeps `load-sales-…` from taking `load-sales-emea-…` too.
 */
export function filesOf(
  process: string,
  imports: readonly Named[],
  by: 'folder' | 'date',
): { name: string; glob: string }[] {
  const names = new Set<string>();
  return imports.map(({ id, name }) => {
    const file = names.has(slug(name)) ? `${slug(name)}-${id}` : slug(name);
    names.add(file);
    return { name, glob: by === 'folder' ? `${slug(process)}/*/${file}.csv` : `${slug(process)}/${file}-2*.csv` };
  });
}
