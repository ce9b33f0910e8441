import * as z from 'zod';
import { importSourceSchema, STEP_KINDS } from './frozen-pipeline.ts';

/** What the configuration says (`asked`), and the object of Anaplan that it meant when the lock was written. */
const resolved = z.object({ asked: z.string(), id: z.string(), name: z.string() });

export const lockedStepSchema = resolved.extend({
  kind: z.enum(STEP_KINDS),
  /** the file an import reads; absent when it reads another model */
  fileId: z.string().exactOptional(),
  source: importSourceSchema.exactOptional(),
  /** the files of a process, in the order of the configuration; `id` and `name` are of the import or of the data source, as asked */
  files: z.array(resolved.extend({ fileId: z.string(), source: importSourceSchema.exactOptional() })).exactOptional(),
});

export const lockedPipelineSchema = z.object({
  workspace: resolved,
  model: resolved,
  steps: z.array(lockedStepSchema),
});

/** `plandrop.lock.json`: every name of `plandrop.yaml` and its id. Written by `plandrop lock`, reviewed and committed. */
export const lockSchema = z.object({
  version: z.literal(1),
  pipelines: z.record(z.string(), lockedPipelineSchema),
});

export type LockedStep = z.infer<typeof lockedStepSchema>;
export type LockedFile = NonNullable<LockedStep['files']>[number];
export type LockedPipeline = z.infer<typeof lockedPipelineSchema>;
export type Lock = z.infer<typeof lockSchema>;

/** The lock file cannot be read. Told without asking Anaplan. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/** Reads the text of a lock file. @throws LockError, naming the file and what to do */
export function parseLock(text: string, file: string): Lock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LockError(`${file} is not JSON; write it anew with "plandrop lock"`);
  }
  const read = lockSchema.safeParse(value);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  throw new LockError(`${file} is not a lock file of this version (at ${where}); write it anew with "plandrop lock"`);
}

/** The text of a lock file: pipelines sorted by name, so that a review shows only what changed. */
export function formatLock(lock: Lock): string {
  const pipelines = Object.fromEntries(Object.entries(lock.pipelines).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version: lock.version, pipelines }, null, 2)}\n`;
}
