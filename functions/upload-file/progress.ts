import type { Clock } from '../../shared/ports/clock.ts';

/**
 * Commits what has arrived at least every `everyMs`, in the background of the transfer, one commit at a time.
 * A commit that fails is thrown by the next `throwIfFailed` and by `stop`.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #commit: () => Promise<void>;
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(clock: Clock, everyMs: number, commit: () => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#commit = commit;
  }

  /** Something has arrived that is not committed yet. */
  changed(): void {
    this.#running ??= this.#commitSoon();
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for a commit that is under way. What changed since is left to the commit that follows. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    this.throwIfFailed();
  }

  async #commitSoon(): Promise<void> {
    try {
      await this.#clock.sleep(this.#everyMs, this.#ended.signal);
      if (!this.#ended.signal.aborted) await this.#commit();
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }
}
