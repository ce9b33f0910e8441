import { type Watched, watchRuns } from '../../shared/run/watch-runs.ts';
import type { Services } from '../services.ts';

/** Looks after runs that nobody else would: to be called every few minutes, by a timer. */
export function createWatchRuns(services: Services): () => Promise<Watched> {
  return async () => {
    const watched = await watchRuns(services);
    if (watched.resent + watched.finished + watched.deadTickets > 0)
      services.log.warn('The watch found runs that had been left behind.', { ...watched });
    else services.log.info('The watch found nothing left behind.', { ...watched });
    return watched;
  };
}
