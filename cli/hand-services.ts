import { systemClock } from '../shared/ports/clock.ts';
import type { Queues } from '../shared/ports/queue.ts';
import type { Store } from '../shared/ports/store.ts';
import type { RunServices } from '../shared/run/services.ts';
import { logBeside } from './log-beside.ts';

/** What a person's word about a run needs: the state, and the queues to wake runs with. */
export function handServices(
  { state, queues }: { state: Store; queues: Queues },
  { json }: { json?: boolean | undefined } = {},
): RunServices {
  return {
    state,
    queues,
    clock: systemClock,
    random: Math.random,
    log: logBeside((line) => void process.stderr.write(`${line}\n`), 'warn', { json }),
    source: () => {
      throw new Error('a command changes no drops');
    },
    settleSeconds: 0,
    alerts: {
      publish: async () => {
        throw new Error('a command tells the person who typed it; it sends no alert');
      },
    },
  };
}
