import type { ImportSource, ModelRef } from '../anaplan/types.ts';
import { find, kept, type Problem } from './find-named.ts';
import type { LockedFile, LockedStep } from './lock.ts';
import type { NameDirectory, Named } from './name-directory.ts';
import type { Step } from './step-schema.ts';

/**
 * The file of each `files:` of a process: that of an import it runs, or a data source that one of its imports reads.
 * The list of imports tells which file each reads; a process tells only which imports it runs.
 */
export async function resolveFiles(
  asked: NonNullable<Step['files']>,
  { ref, process, path: above }: { ref: ModelRef; process: Named; path: readonly string[] },
  directory: Pick<NameDirectory, 'getProcess' | 'listImports' | 'listFiles' | 'getImportSource'>,
): Promise<{ files: LockedFile[]; problems: Problem[] }> {
  const [{ actions }, imports] = await Promise.all([directory.getProcess(ref, process.id), directory.listImports(ref)]);
  const run = new Set(actions.map(({ id }) => id));
  const readers = imports.filter(({ id, importDataSourceId }) => run.has(id) && importDataSourceId !== undefined);
  const isImport = (name: string) => readers.some((reader) => reader.id === name || reader.name === name);
  // A busy model lets the list of files wait, so it is asked for only where an import does not say it (anaplan-notes: Busy model).
  const dataSources = asked.every(({ name }) => isImport(name)) ? [] : await directory.listFiles(ref);
  const read = new Set(readers.map(({ importDataSourceId }) => importDataSourceId));
  const sources = dataSources.filter(({ id }) => read.has(id));
  const files: LockedFile[] = [];
  const problems: Problem[] = [];
  for (const { name } of asked) {
    // An import and the data source that it reads may have one name: either says the same file.
    const path = [...above, name];
    const places = isImport(name) ? readers : [...readers, ...sources];
    const found = find('file', name, places, { place: `that process "${process.name}" reads`, path });
    if (!found.found) {
      const { what, near } = found.problem;
      problems.push({ path, what, near: near.length > 0 ? near : readers.map((reader) => reader.name) });
      continue;
    }
    const { id } = found.object;
    const reader = readers.find((each) => each.id === id || each.importDataSourceId === id);
    const fileId = reader?.importDataSourceId ?? id;
    const twice = files.find((file) => file.fileId === fileId);
    if (twice !== undefined) {
      problems.push({
        path,
        what: `"${twice.asked}" and "${name}" are the same file of process "${process.name}"`,
        near: [],
      });
      continue;
    }
    const source = reader && (await directory.getImportSource(ref, reader.id));
    files.push({
      ...kept(name, found.object),
      fileId,
      ...(source === undefined ? {} : { source: plainSource(source) }),
    });
  }
  return { files, problems };
}

export function plainSource(source: ImportSource): NonNullable<LockedStep['source']> {
  return { ...source, headerNames: [...source.headerNames] };
}
