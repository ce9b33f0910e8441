import type { TransportRequest, TransportResponse } from '../../shared/anaplan/index.ts';

/** The simulator's API without a socket: what the client's transport and `fetch` have in common. */

export function requestOf({ url, method, headers, body }: TransportRequest): Request {
  return new Request(url, { method, headers, ...(body ? { body: Buffer.from(body) } : {}) });
}

/** An answer whose body has been read: nothing of it is left to happen later. */
export function answerOf(response: Response, bytes: Uint8Array): TransportResponse {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: oneOf(bytes) };
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
