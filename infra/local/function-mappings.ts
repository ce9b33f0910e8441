import { createBuryMessage } from '../../functions/bury-message/handler.ts';
import { createCollectResult } from '../../functions/collect-result/handler.ts';
import { createPollTask } from '../../functions/poll-task/handler.ts';
import { createReceiveDrop } from '../../functions/receive-drop/handler.ts';
import { createReceiveSchedule } from '../../functions/receive-schedule/handler.ts';
import type { Services } from '../../functions/services.ts';
import { createStartAction } from '../../functions/start-action/handler.ts';
import { createUploadFile } from '../../functions/upload-file/handler.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../shared/run/limits.ts';
import type { Mapping } from './event-source-mapping.ts';

/** Which function consumes which queue: the same as in the stack on AWS. */
export function functionMappings(services: Services): Mapping[] {
  const timeoutSeconds = FUNCTION_TIMEOUT_SECONDS;
  return [
    {
      queue: 'drops',
      functionName: 'receive-drop',
      handler: createReceiveDrop(services),
      // Here a run starts as soon as it has its ticket, so the drop before it must have its own: it may still wait for its names.
      maximumConcurrency: 1,
      timeoutSeconds,
    },
    { queue: 'schedules', functionName: 'receive-schedule', handler: createReceiveSchedule(services), timeoutSeconds },
    {
      queue: 'upload',
      functionName: 'upload-file',
      handler: createUploadFile(services),
      maximumConcurrency: 4,
      timeoutSeconds,
    },
    {
      queue: 'start',
      functionName: 'start-action',
      handler: createStartAction(services),
      maximumConcurrency: 4,
      timeoutSeconds,
    },
    {
      queue: 'poll',
      functionName: 'poll-task',
      handler: createPollTask(services),
      maximumConcurrency: 8,
      timeoutSeconds,
    },
    {
      queue: 'collect',
      functionName: 'collect-result',
      handler: createCollectResult(services),
      maximumConcurrency: 4,
      timeoutSeconds,
    },
    { queue: 'poison', functionName: 'bury-message', handler: createBuryMessage(services), timeoutSeconds },
  ];
}
