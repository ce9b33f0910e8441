import * as z from 'zod';
import { count, epochMs, objectId } from './shapes.ts';

/** A task from its start to its result, as strict as the other shapes. */

const taskId = z.string().regex(/^[0-9A-F]{32}$/);

const detail = z
  .strictObject({
    localMessageText: z.string(),
    occurrences: count,
    type: z.string().regex(/^[a-z]\w+$/),
    /** name, value, name, value, …; a value can be null, a name cannot */
    values: z.array(z.string().nullable()),
  })
  .refine(
    ({ values }) => values.length % 2 === 0 && values.every((value, i) => i % 2 === 1 || value !== null),
    'names and values in turn',
  );

const times = { duration: z.string().optional(), startTime: z.string().optional() };
const leafResult = z.strictObject({
  objectId: z.string().regex(/^11[267]\d{9}$/),
  objectName: z.string().optional(),
  successful: z.boolean(),
  failureDumpAvailable: z.boolean(),
  details: z.array(detail).optional(),
  ...times,
});
const processResult = z
  .strictObject({
    objectId: objectId(118),
    objectName: z.string().optional(),
    successful: z.boolean(),
    failureDumpAvailable: z.boolean(),
    details: z.array(detail).optional(),
    nestedResults: z.array(leafResult),
    ...times,
  })
  .refine(
    ({ failureDumpAvailable, nestedResults }) =>
      failureDumpAvailable === nestedResults.some((each) => each.failureDumpAvailable),
    'the process has a dump when one of its actions has',
  );

const taskHead = { taskId, creationTime: epochMs };
export const startedTask = z.strictObject({ ...taskHead, taskState: z.literal('NOT_STARTED') });
export const listedTask = z.strictObject({
  ...taskHead,
  taskState: z.enum(['NOT_STARTED', 'IN_PROGRESS', 'COMPLETE', 'CANCELLING', 'CANCELLED']),
});

const polled = { ...taskHead, type: z.literal('taskInformation').optional(), cancelledBy: z.string().optional() };
/** A result belongs to a final state, and only to it. */
export const task = z.discriminatedUnion('taskState', [
  z.strictObject({
    ...polled,
    taskState: z.enum(['NOT_STARTED', 'IN_PROGRESS', 'CANCELLING']),
    currentStep: z.string().optional(),
    progress: z.number().min(0).max(1),
  }),
  z.strictObject({
    ...polled,
    taskState: z.enum(['COMPLETE', 'CANCELLED']),
    currentStep: z.string(),
    progress: z.number().min(0).max(1),
    result: z.union([leafResult, processResult]),
  }),
]);
