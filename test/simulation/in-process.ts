import type { TransportRequest, TransportResponse } from '../../shared/anaplan/index.ts';

/** The simulator's API without a socket: what the client's transport and `fetch` have in common. */

export function requestOf({ url, method, headers, body }: TransportRequest): Request {
  return new Request(url, { method, headers, ...(body ? { body: Buffer.from(body) } : {}) });
}

/** Takes the whole answer, so that nothing of it is left to happen later. */
export async function answerOf(response: Response): Promise<TransportResponse> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body: oneOf(bytes) };
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
