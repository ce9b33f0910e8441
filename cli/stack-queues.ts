import type { QueueName, Queues, SendOptions } from '../shared/ports/queue.ts';
import type { Store } from '../shared/ports/store.ts';
import { readInstallation } from '../shared/run/installation.ts';

const LATER = 'The stack finds it by itself, within 20 minutes; a run far back in its lane within an hour.';

/**
 * The queues of the stack whose state bucket this is, to wake runs with. What was asked of a run is in its ledger by then, and
 * `watch-runs` finds it: whoever may not send, or meets a stack that has not said yet where its queues are, has done no less.
 * @param queuesAt the queues at these addresses
 * @param say gets the sentence that a run is not woken at once
 */
export function stackQueues(
  state: Store,
  { queuesAt, say }: { queuesAt: (urls: Partial<Record<QueueName, string>>) => Queues; say: (line: string) => void },
): Queues {
  let opened: Promise<Queues | undefined> | undefined;
  const open = async () => {
    const installation = await readInstallation(state);
    return installation === undefined ? undefined : queuesAt(installation.queues);
  };
  return {
    send: async (queue: QueueName, body: string, options?: SendOptions) => {
      opened ??= open();
      try {
        const queues = await opened;
        if (queues === undefined) say(`The stack has not said yet where its queues are. ${LATER}`);
        else await queues.send(queue, body, options);
      } catch (error) {
        say(`The run could not be woken at once: ${error instanceof Error ? error.message : String(error)}. ${LATER}`);
      }
    },
  };
}
