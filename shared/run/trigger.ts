import { createHash } from 'node:crypto';
import * as z from 'zod';

/** The version of a drop that is gone, of which the event told none. */
export const NO_VERSION = 'unknown';

/** One version of one object in a source bucket; `lastModified` is that version's own (ISO 8601, UTC). */
export const dropSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  lastModified: z.iso.datetime(),
  bytes: z.int().nonnegative(),
});
export type Drop = z.infer<typeof dropSchema>;

/** A drop of a set; `file` is the name in `files:` that it fills. */
export const memberSchema = dropSchema.extend({ file: z.string() });
export type Member = z.infer<typeof memberSchema>;

/**
 * What made a run, and with the pipeline's name its whole identity. Never a clock of ours: the same drop, delivered twice or
 * tomorrow, names the same run.
 *
 * - `drop`: one version of one object; `lastModified` is that version's own (ISO 8601, UTC), the event's when the version is gone.
 * - `schedule`: the time it was scheduled for, in UTC, not the time it came.
 * - `set`: drops that belong together, and the marker that said they are all there. A started set is consumed: what comes later
 *   under the same id is of the next `generation`.
 * - `after`: a run of `pipeline` succeeded, at `endedAt`.
 * - `manual`: a run that somebody asked for without a file; `requestId` names the asking.
 */
export const triggerSchema = z.discriminatedUnion('kind', [
  dropSchema.extend({ kind: z.literal('drop') }),
  z.object({
    kind: z.literal('set'),
    setId: z.string(),
    generation: z.int().positive(),
    members: z.array(memberSchema),
    marker: dropSchema.exactOptional(),
  }),
  z.object({ kind: z.literal('after'), pipeline: z.string(), runId: z.string(), endedAt: z.iso.datetime() }),
  z.object({ kind: z.literal('schedule'), scheduledAt: z.iso.datetime() }),
  z.object({ kind: z.literal('manual'), requestId: z.string(), requestedAt: z.iso.datetime() }),
]);

export type Trigger = z.infer<typeof triggerSchema>;

/** When the trigger happened, by the trigger's own word (ISO 8601, UTC): the run's date and its place in the lane. */
export function triggerTime(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'drop':
      return trigger.lastModified;
    case 'set':
      return dropsOf(trigger).reduce((last, { lastModified }) => (lastModified > last ? lastModified : last), '');
    case 'after':
      return trigger.endedAt;
    case 'schedule':
      return trigger.scheduledAt;
    case 'manual':
      return trigger.requestedAt;
  }
}

/** The drops that made a run, a set's marker included; none of a run that no file made. */
export function dropsOf(trigger: Trigger): Drop[] {
  switch (trigger.kind) {
    case 'drop': {
      const { kind: _, ...drop } = trigger;
      return [drop];
    }
    case 'set':
      return [...trigger.members.map(({ file: _, ...drop }) => drop), ...(trigger.marker ? [trigger.marker] : [])];
    case 'after':
    case 'schedule':
    case 'manual':
      return [];
    default:
      return trigger satisfies never;
  }
}

/** `yyyymmdd-<16 hex>`: the trigger's UTC date and a hash over pipeline and trigger. */
export function runIdOf(pipelineName: string, trigger: Trigger): string {
  const date = new Date(triggerTime(trigger)).toISOString().slice(0, 10).replaceAll('-', '');
  const hash = createHash('sha256')
    .update(JSON.stringify([pipelineName, identity(trigger)]))
    .digest('hex')
    .slice(0, 16);
  return `${date}-${hash}`;
}

function identity(trigger: Trigger): readonly string[] {
  switch (trigger.kind) {
    case 'drop':
      return ['drop', trigger.bucket, trigger.key, ...versionOf(trigger)];
    case 'set': {
      const versions = dropsOf(trigger).map(({ bucket, key, versionId }) => JSON.stringify([bucket, key, versionId]));
      return ['set', trigger.setId, String(trigger.generation), ...versions.sort()];
    }
    case 'after':
      return ['after', trigger.runId];
    case 'schedule':
      return ['schedule', new Date(trigger.scheduledAt).toISOString()];
    case 'manual':
      return ['manual', trigger.requestId];
  }
}

/**
 * A version by its id, which S3 gives out once. Where a bucket gives none, or an event tells none, its time has to do; of a version
 * that is gone only the event's time is known, which is not the one that the bucket told.
 */
function versionOf({ versionId, lastModified }: Drop): readonly string[] {
  const isNamed = versionId !== NO_VERSION && versionId !== 'null';
  return isNamed ? [versionId] : [versionId, new Date(lastModified).toISOString()];
}

const RUN_ID = /^(\d{4})(\d{2})(\d{2})-./;

/** Whether a ledger entry could have that name. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** Where the ledger entry of a run lives in the state store. */
export function ledgerKey(runId: string): string {
  const match = RUN_ID.exec(runId);
  if (match === null) throw new Error(`"${runId}" is not a run id: it should look like 20260131-0123456789abcdef`);
  return `runs/${match[1]}-${match[2]}-${match[3]}/${runId}.json`;
}
