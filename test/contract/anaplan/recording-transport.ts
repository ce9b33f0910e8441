import { type Transport, undiciTransport } from '../../../shared/anaplan/index.ts';

/** One request of the client and the answer it got, whole. */
export interface Exchange {
  method: string;
  url: URL;
  requestHeaders: Readonly<Record<string, string>>;
  requestBody: Uint8Array;
  status: number;
  responseHeaders: Readonly<Record<string, string>>;
  responseBody: Uint8Array;
}

/** The client's own transport, with everything that passes kept in `exchanges`. */
export function recordingTransport(): { transport: Transport; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  const inner = undiciTransport({ env: {} });
  const transport: Transport = async (request) => {
    const response = await inner(request);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body) pieces.push(piece);
    const responseBody = Buffer.concat(pieces);
    exchanges.push({
      method: request.method,
      url: new URL(request.url),
      requestHeaders: request.headers,
      requestBody: request.body ?? new Uint8Array(),
      status: response.status,
      responseHeaders: response.headers,
      responseBody,
    });
    return { ...response, body: inOnePiece(responseBody) };
  };
  transport.close = async () => inner.close?.();
  return { transport, exchanges };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
