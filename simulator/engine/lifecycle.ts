/** How a model's status calls it. */
export type LoadState = 'Open' | 'Closed' | 'Closing' | 'Opening';

export interface LifecycleTimes {
  wakeMs: number;
  idleMs: number;
  closeMs: number;
}

/** Whether a model is loaded. It follows from times; nothing ticks (anaplan-notes: Model status). */
export class Lifecycle {
  readonly #times: LifecycleTimes;
  #loaded: boolean;
  #lastUse: number | undefined;
  #opensAt: number | undefined;
  #closesAt: number | undefined;

  constructor(loaded: boolean, times: LifecycleTimes) {
    this.#loaded = loaded;
    this.#times = times;
  }

  /**
   * Brings the state up to `at`. @param busyUntil when its last task ends, so that a running model is not idle
   * @returns true when the model was unloaded since the last call
   */
  settle(at: number, busyUntil: number): boolean {
    if (this.#opensAt !== undefined && this.#opensAt <= at) {
      this.#loaded = true;
      this.#lastUse = this.#opensAt;
      this.#opensAt = undefined;
    }
    this.#lastUse ??= at;
    const closed = this.#closesAt !== undefined && this.#closesAt <= at;
    const idle = this.#loaded && at - Math.max(this.#lastUse, busyUntil) >= this.#times.idleMs;
    if (closed || idle) this.unload();
    return closed || idle;
  }

  state(): LoadState {
    if (this.#closesAt !== undefined) return 'Closing';
    if (this.#opensAt !== undefined) return 'Opening';
    return this.#loaded ? 'Open' : 'Closed';
  }

  /** Uses the model; one that is not loaded begins to load. The answer is when it will be open, undefined when it is. */
  use(at: number): number | undefined {
    this.#lastUse = at;
    if (this.#loaded) return undefined;
    this.#opensAt ??= at + this.#times.wakeMs;
    return this.#opensAt;
  }

  close(at: number): void {
    if (this.#loaded) this.#closesAt ??= at + this.#times.closeMs;
    else this.#opensAt = undefined;
  }

  unload(): void {
    this.#loaded = false;
    this.#opensAt = undefined;
    this.#closesAt = undefined;
  }
}
