import type { Services } from '../../functions/services.ts';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { WATCH_EVERY_SECONDS } from '../../shared/run/watch-pacing.ts';

const EVERY_MS = WATCH_EVERY_SECONDS * 1000;
const EXPIRE_EVERY_MS = 24 * 3_600_000;

/**
 * The timer of one machine: looks for runs left behind, as the stack's schedule does on AWS, every five minutes until stopped; and
 * once a day removes what is too old, as lifecycle rules do there.
 */
export class LocalWatch {
  readonly #services: Services;
  readonly #watch: ReturnType<typeof createWatchRuns>;
  readonly #expire: () => Promise<unknown>;
  readonly #stop = new AbortController();
  #expireAt = 0;
  #loop: Promise<void> | undefined;

  constructor(services: Services, expire: () => Promise<unknown>) {
    this.#services = services;
    this.#expire = expire;
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
      await this.#expireDaily();
      await clock.sleep(EVERY_MS, this.#stop.signal);
    }
  }

  async #expireDaily(): Promise<void> {
    const { clock, log } = this.#services;
    if (this.#stop.signal.aborted || clock.now() < this.#expireAt) return;
    this.#expireAt = clock.now() + EXPIRE_EVERY_MS;
    try {
      await this.#expire();
    } catch (error) {
      log.error('What is too old could not be removed; it is tried again tomorrow.', { error });
    }
  }
}
