/** One request as the simulator saw it. Bodies and tokens are not kept. */
export interface LoggedRequest {
  number: number;
  method: string;
  /** path and query */
  path: string;
  /** arrival, epoch milliseconds */
  at: number;
  user?: string;
  /** undefined while it is not answered, and when the connection was cut instead */
  status?: number;
  /** what the scenario did to it */
  weather?: string;
  /** when the answer was ready, milliseconds after its arrival */
  tookMs?: number;
}

const KEEP = 20_000;

/** The requests to the API and sign-in, newest last; the oldest fall out. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  #count = 0;

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(method: string, path: string, at: number): LoggedRequest {
    this.#count += 1;
    const entry: LoggedRequest = { number: this.#count, method, path, at };
    this.#entries.push(entry);
    if (this.#entries.length > KEEP) this.#entries.shift();
    return entry;
  }
}
