import * as z from 'zod';
import type { Task, TaskResult } from '../anaplan/types.ts';

const detail = z.object({
  type: z.string(),
  localMessageText: z.string(),
  occurrences: z.number(),
  values: z.record(z.string(), z.string().nullable()),
  unpaired: z.array(z.string().nullable()).exactOptional(),
});

const result: z.ZodType<TaskResult> = z.object({
  objectId: z.string().exactOptional(),
  objectName: z.string().exactOptional(),
  successful: z.boolean().exactOptional(),
  failureDumpAvailable: z.boolean(),
  details: z.array(detail),
  get nestedResults() {
    return z.array(result);
  },
}) as z.ZodType<TaskResult>;

/** A task as the ledger keeps it: what the last poll saw. */
export const taskSchema: z.ZodType<Task> = z.object({
  taskId: z.string(),
  taskState: z.enum(['NOT_STARTED', 'IN_PROGRESS', 'COMPLETE', 'CANCELLING', 'CANCELLED']),
  creationTime: z.number().exactOptional(),
  currentStep: z.string().exactOptional(),
  progress: z.number().exactOptional(),
  cancelledBy: z.string().exactOptional(),
  result: result.exactOptional(),
}) as z.ZodType<Task>;
