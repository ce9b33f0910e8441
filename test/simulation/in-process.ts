import type { TransportRequest, TransportResponse } from '../../shared/anaplan/index.ts';

/** The simulator's API without a socket: what the client's transport and `fetch` have in common. */

/**
 * A request whose body is there at once: the simulator reads it as any other, and no streams are made where it asks for none. The names
 * of its headers are in lower case, as the client's are.
 */
export function requestOf({ url, method, headers, body }: TransportRequest): Request {
  const request: Request = Object.create(atOnce);
  return Object.assign(request, { url, method, headers: new Map(Object.entries(headers)), bytes: body });
}

type AtOnce = Request & { bytes: Uint8Array | undefined };

const atOnce = Object.create(Request.prototype, {
  url: { writable: true },
  method: { writable: true },
  headers: { writable: true },
  body: {
    get(this: AtOnce) {
      return this.bytes === undefined ? null : new Response(Buffer.from(this.bytes)).body;
    },
  },
  text: {
    async value(this: AtOnce) {
      return Buffer.from(this.bytes ?? []).toString();
    },
  },
  json: {
    async value(this: AtOnce) {
      return JSON.parse(await this.text());
    },
  },
  arrayBuffer: {
    async value(this: AtOnce) {
      return new Uint8Array(this.bytes ?? []).buffer;
    },
  },
});

/** An answer whose body has been read: nothing of it is left to happen later. */
export function answerOf(response: Response, bytes: Uint8Array): TransportResponse {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: oneOf(bytes) };
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
