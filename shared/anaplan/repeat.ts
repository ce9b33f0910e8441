import { backoffSeconds } from '../retry/index.ts';
import { mayHeal } from './caller.ts';
import type { RepeatableCall } from './calls.ts';
import type { AnaplanClient } from './client.ts';
import { AnaplanCallError } from './failure.ts';

/** The client without the calls that must not be repeated: `repeat(client, (c) => c.startTask(…))` does not compile. */
export type RepeatableClient = Pick<AnaplanClient, RepeatableCall>;

export interface RepeatOptions {
  /** how often to try, the first time included */
  attempts?: number;
  random?: () => number;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Repeats work until it succeeds, as long as its failures are of the kind that time heals; the last one is thrown on. Waits
 * at least each `Retry-After`.
 */
export async function repeat<T>(
  client: AnaplanClient,
  work: (client: RepeatableClient) => Promise<T>,
  { attempts = 8, random = Math.random, sleep }: RepeatOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(client);
    } catch (error) {
      if (!(error instanceof AnaplanCallError) || !mayHeal(error.failure) || attempt >= attempts) throw error;
      const { failure } = error;
      const seconds = backoffSeconds({
        attempt,
        random,
        rateLimited: failure.kind === 'http' && failure.status === 429,
        retryAfterSeconds: failure.kind === 'http' ? failure.retryAfterSeconds : undefined,
      });
      await sleep(seconds * 1000);
    }
  }
}
