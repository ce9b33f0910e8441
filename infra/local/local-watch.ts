import type { Services } from '../../functions/services.ts';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { WATCH_EVERY_SECONDS } from '../../shared/run/watch-pacing.ts';

const EVERY_MS = WATCH_EVERY_SECONDS * 1000;

/** The timer of one machine: looks for runs left behind, as the stack's schedule does on AWS, every five minutes until stopped. */
export class LocalWatch {
  readonly #services: Services;
  readonly #watch: ReturnType<typeof createWatchRuns>;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#watch = createWatchRuns(services);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when a look that is under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#services;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#watch();
      } catch (error) {
        log.error('The watch failed; it looks again in five minutes.', { error });
      }
      await clock.sleep(EVERY_MS, this.#stop.signal);
    }
  }
}
