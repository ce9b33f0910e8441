import type { Logger } from '../../shared/observe/logger.ts';
import type { DataFolder } from './data-folder.ts';

const LOOK_MS = 60_000;
/** What a time service corrects is far below it. */
const SET_BACK_MS = 60_000;

/**
 * Says when the clock of this machine was set back: a message in the queues was sent later than now. Nothing is lost by it, but what
 * waits for a time waits for the difference too, and only a person can tell which of the two clocks was right.
 */
export class ClockWatch {
  readonly #folder: Pick<DataFolder, 'clock'> & { queues: Pick<DataFolder['queues'], 'newestSentAt'> };
  readonly #log: Logger;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #told: number | undefined;

  constructor(folder: Pick<DataFolder, 'clock'> & { queues: Pick<DataFolder['queues'], 'newestSentAt'> }, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** To be called often: it looks once a minute, and at once when the clock has jumped. */
  look(): void {
    const { clock, queues } = this.#folder;
    const now = clock.now();
    if (Math.abs(now - this.#lookedAt) < LOOK_MS) return;
    this.#lookedAt = now;
    const newest = queues.newestSentAt();
    if (newest === undefined || newest <= now + SET_BACK_MS || newest === this.#told) return;
    this.#told = newest;
    const minutes = Math.round((newest - now) / 60_000);
    this.#log.error(
      `The clock of this machine was set back by ${minutes} min or more. Runs that wait for a time wait that much longer, and what a ` +
        'schedule has started is not started again. Nothing is lost. Set the clock right if it is wrong now.',
      { now: new Date(now).toISOString(), newestMessage: new Date(newest).toISOString() },
    );
  }
}
