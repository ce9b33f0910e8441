import type { ActionRef, ModelRef } from './types.ts';

/**
 * A path below `/2/0` with its ids encoded.
 * @throws TypeError for an id that would lead to another path: empty, `.` or `..`
 */
export function apiPath(parts: TemplateStringsArray, ...ids: (string | number)[]): string {
  const encoded = ids.map((id) => {
    const text = String(id);
    if (text === '' || text === '.' || text === '..') throw new TypeError(`"${text}" is not an id`);
    return encodeURIComponent(text);
  });
  return `/2/0${String.raw({ raw: parts }, ...encoded)}`;
}

/** The workspace form, because tasks and uploads are documented in no other (anaplan-notes: Ids). */
export function modelPath({ workspaceId, modelId }: ModelRef): string {
  return apiPath`/workspaces/${workspaceId}/models/${modelId}`;
}

export function filePath(model: ModelRef, fileId: string): string {
  return `${modelPath(model)}/files/${segment(fileId)}`;
}

export function tasksPath(model: ModelRef, action: ActionRef): string {
  return `${modelPath(model)}/${action.kind}/${segment(action.id)}/tasks`;
}

/** One encoded path segment. */
export function segment(id: string | number): string {
  return apiPath`${id}`.slice('/2/0'.length);
}
