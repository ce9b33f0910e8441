import { tellUnmatched } from '../../shared/run/unmatched.ts';
import { type Watched, watchRuns } from '../../shared/run/watch-runs.ts';
import type { Services } from '../services.ts';
import { openLeftSets } from './open-left-sets.ts';

/** Some runs could not be looked after. The others were; this look is not counted as one that succeeded, so that the alarm sees it. */
export class WatchIncompleteError extends Error {
  override readonly name = 'WatchIncompleteError';
}

/** What the watch found: runs, complete sets that nobody had opened, and drops that nothing takes. */
export interface WatchedAll extends Watched {
  sets: number;
  unmatched: number;
}

/**
 * Looks after what nobody else would: to be called every few minutes, by a timer.
 * @throws WatchIncompleteError
 */
export function createWatchRuns(services: Services): () => Promise<WatchedAll> {
  return async () => {
    const broken: string[] = [];
    const attempt = async (what: string, work: () => Promise<number>): Promise<number> => {
      try {
        return await work();
      } catch (error) {
        broken.push(what);
        services.log.error(`The watch failed at ${what}, and goes on.`, { error });
        return 0;
      }
    };
    const runs = await watchRuns(services);
    const sets = await attempt('the sets', () => openLeftSets(services));
    const unmatched = await attempt('the drops that nothing takes', () => tellUnmatched(services));
    const watched = { ...runs, sets, unmatched };
    if (runs.resent + runs.finished + runs.deadTickets + sets > 0)
      services.log.warn('The watch found runs that had been left behind.', { ...watched });
    else services.log.info('The watch found nothing left behind.', { ...watched });
    if (runs.failed > 0) broken.push(`${runs.failed} of ${runs.runs} runs`);
    if (broken.length > 0)
      throw new WatchIncompleteError(`${broken.join(', ')} could not be looked after; the log names them`);
    return watched;
  };
}
