/** The tenant's request budget: a bucket that refills evenly (anaplan-notes: Rate limit). 0 a minute: no limit. */
export class RateLimit {
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number | undefined;

  constructor(requestsPerMinute: number) {
    this.#capacity = requestsPerMinute;
    this.#tokens = requestsPerMinute;
  }

  /** Takes one request; false when the bucket is empty. */
  take(at: number): boolean {
    if (this.#capacity === 0) return true;
    const passed = Math.max(0, at - (this.#filledAt ?? at));
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passed * this.#capacity) / 60_000);
    this.#filledAt = at;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
