import * as z from 'zod';
import { CATEGORIES, type Diagnosis, type Reason } from '../diagnosis/diagnosis.ts';
import type { SavedScan } from '../diagnosis/source-scan.ts';
import { frozenPipelineSchema } from '../pipeline/frozen-pipeline.ts';
import { taskSchema } from './task-schema.ts';
import { dropSchema, triggerSchema } from './trigger.ts';

/** Where a run is within a step; also the name of the queue whose messages advance it. */
export const STAGES = ['upload', 'start', 'poll', 'collect'] as const;
export type Stage = (typeof STAGES)[number];

export const OUTCOMES = ['succeeded', 'succeeded-with-rejects', 'failed', 'unknown', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const instant = z.iso.datetime();

const diagnosisSchema = z.object({
  category: z.enum(CATEGORIES),
  code: z.string().exactOptional(),
  cause: z.string(),
  message: z.string(),
  whatToCheck: z.array(z.string()),
  retry: z.custom<Diagnosis['retry']>(),
  appliedInPart: z.literal(true).exactOptional(),
  references: z.record(z.string(), z.string()),
  http: z.object({ method: z.string(), path: z.string(), status: z.int(), body: z.string() }).exactOptional(),
});

/**
 * One announcement of the file to Anaplan, and what is known to have arrived since. A repeated announcement may erase what was
 * sent, so it opens a new epoch that starts at chunk 0; size and count of the chunks never change within a run.
 */
const epochSchema = z.object({
  ordinal: z.int().positive(),
  fence: z.int(),
  chunkBytes: z.int().positive(),
  chunkCount: z.int().positive(),
  /** Anaplan's answer to the announcement is recorded; false from the moment before it is asked. */
  announced: z.boolean(),
  /** An announcement of this run was repeated or its answer lost: every chunk is read back and compared before the start. */
  verify: z.boolean(),
  verifiedChunks: z.int(),
  /** Chunks whose 204 is recorded, ascending. */
  sent: z.array(z.int()),
  /** The scan of the source's bytes, as far as chunk `throughChunk`. */
  scan: z.object({ throughChunk: z.int(), saved: z.custom<SavedScan>() }).nullable(),
});
export type Epoch = z.infer<typeof epochSchema>;

const uploadedSchema = z.object({ bytes: z.int(), rows: z.int(), sha256: z.string() });
export type Uploaded = z.infer<typeof uploadedSchema>;

/** A file of a process that is wholly at Anaplan; `epochs`: how often it was announced. */
const fileUploadSchema = uploadedSchema.extend({
  /** as in the pipeline: of the entry in `files:`, or of the import that filled it before */
  file: z.string(),
  fileId: z.string(),
  epochs: z.int().positive(),
  fence: z.int(),
});

/** The intent to start, written before the POST. `open` until Anaplan's answer, or its absence, is settled. */
const startSchema = z.object({
  baseline: z.array(z.string()),
  intendedAt: instant,
  open: z.boolean(),
  /** An earlier start stayed unclear and was repeated: the first baseline stays in force. */
  baselineStays: z.boolean(),
  /** When we first knew that the answer was lost; the grace time counts from here. */
  unclearSince: instant.nullable(),
  /** How often looking for its task has failed in a row; absent when it has not. */
  failedLooks: z.int().exactOptional(),
});

const stepTaskSchema = z.object({
  taskId: z.string(),
  /** Found by listing, after an ambiguous start; not told to us by the answer to our POST. */
  adopted: z.boolean(),
  /** Of an adopted task: the model's status named it and our user while it ran, so it is certainly ours. */
  named: z.boolean().exactOptional(),
  startedAt: instant,
  polls: z.int(),
  failedPolls: z.int(),
  lastPolledAt: instant.nullable(),
  seen: taskSchema.nullable(),
});

const dumpSchema = z.object({ objectId: z.string(), address: z.string(), bytes: z.int() });

const missingSchema = z.object({
  list: z.string().exactOptional(),
  members: z.array(z.string()),
  count: z.int(),
  more: z.boolean().exactOptional(),
});

const stepResultSchema = z.object({
  outcome: z.enum(OUTCOMES),
  counts: z
    .object({
      processed: z.int(),
      created: z.int(),
      updated: z.int(),
      rejected: z.int(),
      warned: z.int(),
      ignored: z.int(),
    })
    .exactOptional(),
  cells: z.int().exactOptional(),
  reasons: z.array(z.custom<Reason>()),
  /** The members that lists lack, as far as the dumps tell. */
  missing: z.array(missingSchema).exactOptional(),
  dumps: z.array(dumpSchema),
  dumpLost: z.string().exactOptional(),
  export: z.string().exactOptional(),
  /** Names of a process's actions by id, where Anaplan left them out of the task's result. */
  names: z.record(z.string(), z.string()).exactOptional(),
  /** Where the drop's header and only its rejected rows are, of which a copy can be mended and dropped. */
  repair: z.string().exactOptional(),
  /** All of them, by the file they were cut from, where a process has several. */
  repairs: z.array(z.object({ file: z.string(), address: z.string() })).exactOptional(),
  /** Of which imports with rejected rows there is none, and why. */
  noRepair: z.string().exactOptional(),
  /** Anaplan's total of rows equals the rows uploaded; false also when Anaplan gives none. */
  rowsVerified: z.boolean(),
  beyondAllowance: z.boolean(),
  /** Why it did not simply succeed. */
  diagnosis: diagnosisSchema.exactOptional(),
});
export type StepResult = z.infer<typeof stepResultSchema>;

const partSchema = z.object({
  number: z.int(),
  bytes: z.int(),
  etag: z.string(),
  checksum: z.string().exactOptional(),
});

/** How much of an export or a dump is in the store already, when one message was not enough to bring all of it. */
const downloadSchema = z.object({
  key: z.string(),
  /** as Anaplan cuts it */
  chunkCount: z.int(),
  /** the first so many of them are kept */
  chunksKept: z.int(),
  /** the write in parts, once it was begun */
  write: z.object({ writeId: z.string(), parts: z.array(partSchema) }).nullable(),
  /** what follows the parts and makes none yet, put aside */
  rest: z.object({ key: z.string(), versionId: z.string(), bytes: z.int() }).nullable(),
  /** how often it had to begin anew */
  restarts: z.int(),
  /** Of an export that was started more than once: which other tasks that may be ours had come when it began. */
  besides: z.array(z.string()).exactOptional(),
});
export type Download = z.infer<typeof downloadSchema>;

/** What has become of a dump that the task announced, until its step is judged. */
const dumpProgressSchema = z.object({
  taskId: z.string(),
  objectId: z.string(),
  /** its place among the actions of the process, from 1 */
  ordinal: z.int().positive(),
  progress: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('under-way'), download: downloadSchema }),
    z.object({ kind: z.literal('whole'), bytes: z.int() }),
    z.object({ kind: z.literal('lost'), because: z.string() }),
  ]),
});
export type DumpProgress = z.infer<typeof dumpProgressSchema>;

const stepSchema = z.object({
  /** Of a process: of the file under way. */
  epoch: epochSchema.nullable(),
  uploaded: uploadedSchema.nullable(),
  /** Of a process: its files, and in a redrive what earlier steps had filled; those that are done, in their order. */
  uploads: z.array(fileUploadSchema).exactOptional(),
  /** A file call got no whole answer and no file GET has answered since: it may still act (see Release). */
  fileCallUnanswered: z.boolean(),
  start: startSchema.nullable(),
  task: stepTaskSchema.nullable(),
  /** Of an export. */
  download: downloadSchema.exactOptional(),
  dumps: z.array(dumpProgressSchema).exactOptional(),
  result: stepResultSchema.nullable(),
});
export type StepRecord = z.infer<typeof stepSchema>;

/** Something a person reads to see what the run went through: a retry, a wait, an adoption. */
const journalSchema = z.object({
  at: instant,
  stage: z.enum(STAGES),
  text: z.string(),
  category: z.enum(CATEGORIES).exactOptional(),
  delaySeconds: z.number().exactOptional(),
});
export type JournalEntry = z.infer<typeof journalSchema>;

export const TODO = ['report', 'feed', 'alert', 'lane', 'follow', 'keep'] as const;
export type Todo = (typeof TODO)[number];

const endedSchema = z.object({
  outcome: z.enum(OUTCOMES),
  at: instant,
  failure: diagnosisSchema.exactOptional(),
  /** Why the lane stays held after this run; absent when it is freed. */
  holdLane: z.string().exactOptional(),
  /** What is still to do, in this order. A run is done when it is empty. */
  todo: z.array(z.enum(TODO)),
});
export type Ended = z.infer<typeof endedSchema>;

const settledSchema = z.object({
  as: z.enum(['succeeded', 'failed']),
  by: z.string(),
  evidence: z.string(),
  at: instant,
});
export type Settled = z.infer<typeof settledSchema>;

export const runSchema = z.object({
  v: z.literal(1),
  runId: z.string(),
  pipelineName: z.string(),
  /** The definition the run started with. Absent only in a run that could not begin, which is born ended. */
  pipeline: frozenPipelineSchema.nullable(),
  trigger: triggerSchema,
  createdAt: instant,
  /** The nonce of the last write: how a writer recognises its own success behind a lost answer. */
  writer: z.string(),
  /** Grows by one with each commit that sends a message. */
  turn: z.int().positive(),
  next: z.object({ turn: z.int(), queue: z.enum(STAGES), due: z.union([instant, z.literal('lane')]) }).nullable(),
  claim: z.object({ nonce: z.string(), until: instant, engine: z.string().exactOptional() }).nullable(),
  ticket: z.string().nullable(),
  lane: z.object({ fence: z.int(), grantedAt: instant }).nullable(),
  /** Passing it is a cancel request without a `DELETE`; set when the lane is granted. */
  deadline: instant.nullable(),
  /** `file`: which of the step's files is uploaded now, from 0; absent at the first. */
  position: z.object({ step: z.int(), stage: z.enum(STAGES), file: z.int().exactOptional() }),
  /** What the current stage has spent; reset by progress. */
  spent: z.object({
    attempts: z.int(),
    conflicts: z.int(),
    looks: z.int(),
    waitingSince: instant.nullable(),
  }),
  steps: z.array(stepSchema),
  /** `skip` is asked only of a run that never had its lane; both mean that nothing new is started. */
  requests: z.array(z.object({ kind: z.enum(['cancel', 'skip']), by: z.string(), at: instant })),
  /**
   * How often a message of this turn ended in the poison queue and was sent again, copies not counted, and when last. Ledgers are read
   * that have the number alone.
   */
  buried: z.object({ turn: z.int(), times: z.int(), at: instant.exactOptional() }).exactOptional(),
  /** How often the watch has sent the message of this turn again, and when last. */
  resent: z.object({ turn: z.int(), times: z.int(), at: instant }).exactOptional(),
  journal: z.array(journalSchema),
  /** Journal entries that no longer fit. */
  journalDropped: z.int(),
  /** Requests to Anaplan whose turns could commit; what is kept of them is under `requests/`. */
  asked: z.int().exactOptional(),
  ended: endedSchema.nullable(),
  /** The run whose work this one goes on with, and the step it began with. */
  redriveOf: z.object({ runId: z.string(), step: z.int() }).exactOptional(),
  /**
   * What a person has mended, in the state store: read in the place of the drop, by `onlyFileId` alone where that is told. The
   * other files then read `whole`, which took the place of the drop in an earlier redrive, or without it the drop.
   */
  mended: z
    .object({ drop: dropSchema, onlyFileId: z.string().exactOptional(), whole: dropSchema.exactOptional() })
    .exactOptional(),
  /** The run that goes on with the work of this one. */
  redrivenAs: z.string().exactOptional(),
  /** How often the watch has had Anaplan asked what became of this run after all, and when last. */
  looked: z.object({ times: z.int(), at: instant }).exactOptional(),
  /** What a person, or the watch, found out about a run of which nobody could tell. Its outcome stays. */
  settled: settledSchema.exactOptional(),
  /** A person needs nothing more of this failed run. */
  discarded: z.object({ by: z.string(), because: z.string(), at: instant }).exactOptional(),
});

/** The ledger entry of a run: the only truth about it. */
export type Run = z.infer<typeof runSchema>;

/** A run that began: it has a pipeline to follow. */
export type BegunRun = Run & { pipeline: NonNullable<Run['pipeline']> };

export function hasBegun(run: Run): run is BegunRun {
  return run.pipeline !== null;
}

/** Outcome committed and its to-do list ticked off: nothing of the run is left to do, so its ticket and holder are rubbish. */
export function isDone(run: Run): boolean {
  return run.ended !== null && run.ended.todo.length === 0;
}

/** Outcome committed, and what follows from it for the lane is done: whatever else is left to do, the lane is no longer its own. */
export function hasLeftLane({ ended }: Run): boolean {
  return ended !== null && !ended.todo.includes('lane');
}

/** A task, or an intent to start one, that may still act in Anaplan. */
export function hasOpenTask(run: Run): boolean {
  return run.steps.some((step) => {
    const running = step.task !== null && !isFinalState(step.task.seen?.taskState);
    return running || step.start?.open === true;
  });
}

/** A task that was found by listing and that nothing has named ours: it may be somebody else's. */
export function isInDoubt({ adopted, named }: { adopted: boolean; named?: boolean }): boolean {
  return adopted && named !== true;
}

/** Nothing of the run can still act in Anaplan, as far as Anaplan has said so. */
export function isReleasable(run: Run): boolean {
  return !hasOpenTask(run) && !run.steps.some((step) => step.fileCallUnanswered);
}

export function isFinalState(state: string | undefined): boolean {
  return state === 'COMPLETE' || state === 'CANCELLED';
}

const UNTOUCHED: StepRecord = {
  epoch: null,
  uploaded: null,
  fileCallUnanswered: false,
  start: null,
  task: null,
  result: null,
};

export function untouchedSteps(count: number): StepRecord[] {
  return Array.from({ length: count }, () => ({ ...UNTOUCHED }));
}
