/** One HTTP request, as far as the client cares. */
export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** absolute */
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** The longest silence to bear: until the first byte of the answer, and between any two of its bytes. */
  readTimeoutMs: number;
  /** Ends the exchange, also while its answer is being read. */
  signal: AbortSignal;
  /** Use a connection that nothing was sent on before: one that has gone stale would make the outcome ambiguous. */
  freshConnection?: boolean;
}

export interface TransportResponse {
  status: number;
  /** names in lower case */
  headers: Readonly<Record<string, string>>;
  /** Has to be iterated, to its end or with an early return; that frees the connection. Its errors are {@link TransportError}s. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * Carries one request and brings its answer, whatever the status; follows no redirect and repeats nothing. Injectable, so
 * that a simulation runs without sockets.
 *
 * @throws TransportError when there is no answer
 */
export interface Transport {
  (request: TransportRequest): Promise<TransportResponse>;
  close?(): Promise<void>;
}

/** No answer, or not the whole of it. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** `ECONNREFUSED`, `ENOTFOUND`, `CONNECT_TIMEOUT`, `READ_TIMEOUT`, `ECONNRESET`, … */
  readonly code: string;
  /** false only when not a byte of the request can have been sent, so that nothing can have acted */
  readonly reached: boolean;
  constructor(message: string, code: string, reached: boolean, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.reached = reached;
  }
}
