import type { Lock, LockedPipeline } from './lock.ts';
import type { NameDirectory } from './name-directory.ts';
import type { NameProblem } from './resolve-names.ts';

/**
 * The files that processes read and that no step of any pipeline fills: such an import loads what was uploaded last, by whomever. That may be
 * meant, so it is no mistake.
 * @param lock the resolved names
 */
export async function unfilledFiles(
  lock: Lock,
  directory: Pick<NameDirectory, 'getProcess' | 'listImports'>,
): Promise<NameProblem[]> {
  const found: NameProblem[] = [];
  for (const [pipeline, locked] of Object.entries(lock.pipelines)) {
    const ref = { workspaceId: locked.workspace.id, modelId: locked.model.id };
    const filled = filesOf(Object.values(lock.pipelines).filter(({ model }) => model.id === locked.model.id));
    for (const [index, { kind, id, files }] of locked.steps.entries()) {
      if (kind !== 'process') continue;
      const [{ actions }, imports] = await Promise.all([directory.getProcess(ref, id), directory.listImports(ref)]);
      const run = new Set(actions.map((action) => action.id));
      const left = imports.filter(({ id: importId, importDataSourceId: fileId }) => {
        return run.has(importId) && fileId !== undefined && !filled.has(fileId);
      });
      if (left.length === 0) continue;
      const names = left.map(({ name }) => `"${name}"`).join(', ');
      const what = `reads the file of ${names}, which nothing here uploads: it loads what is there; files: would fill it`;
      const path = ['steps', String(index), files === undefined ? kind : 'files'];
      found.push({ pipeline, path, what, near: [] });
    }
  }
  return found;
}

function filesOf(pipelines: readonly LockedPipeline[]): Set<string> {
  const steps = pipelines.flatMap((pipeline) => pipeline.steps);
  return new Set(
    steps.flatMap(({ fileId, files = [] }) => [
      ...(fileId === undefined ? [] : [fileId]),
      ...files.map((file) => file.fileId),
    ]),
  );
}
