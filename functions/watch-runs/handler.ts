import { type Watched, watchRuns } from '../../shared/run/watch-runs.ts';
import type { Services } from '../services.ts';

/** Some runs could not be looked after. The others were; this look is not counted as one that succeeded, so that the alarm sees it. */
export class WatchIncompleteError extends Error {
  override readonly name = 'WatchIncompleteError';
}

/**
 * Looks after runs that nobody else would: to be called every few minutes, by a timer.
 * @throws WatchIncompleteError
 */
export function createWatchRuns(services: Services): () => Promise<Watched> {
  return async () => {
    const watched = await watchRuns(services);
    if (watched.resent + watched.finished + watched.deadTickets > 0)
      services.log.warn('The watch found runs that had been left behind.', { ...watched });
    else services.log.info('The watch found nothing left behind.', { ...watched });
    if (watched.failed > 0)
      throw new WatchIncompleteError(
        `${watched.failed} of ${watched.runs} runs could not be looked after; the log names them`,
      );
    return watched;
  };
}
