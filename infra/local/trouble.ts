/** Several queues meet the same trouble, again and again: it is told once, until it is over or another. */
export class Trouble {
  readonly #tell: (reason: string) => void;
  readonly #told = new Map<string, string>();

  constructor(tell: (reason: string) => void) {
    this.#tell = tell;
  }

  /** What stands in the way of `source` now; undefined when nothing does. */
  see(source: string, reason: string | undefined): void {
    if (reason === undefined) {
      this.#told.delete(source);
      return;
    }
    const known = [...this.#told.values()].includes(reason);
    this.#told.set(source, reason);
    if (!known) this.#tell(reason);
  }
}
