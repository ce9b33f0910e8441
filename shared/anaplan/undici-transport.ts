import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { isLoopback } from './hosts.ts';
import { type Transport, TransportError, type TransportRequest } from './transport.ts';

export const CONNECT_TIMEOUT_MS = 10_000;

/**
 * HTTP/1.1 over own connections, kept alive between requests and separate from the process's global agent.
 *
 * Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; loopback hosts are always reached directly. `NODE_EXTRA_CA_CERTS`
 * is honoured by Node itself for every TLS connection (https://nodejs.org/api/cli.html#node_extra_ca_certsfile).
 */
export function undiciTransport({
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
  env = process.env,
}: {
  connectTimeoutMs?: number;
  env?: Readonly<Record<string, string | undefined>>;
} = {}): Transport {
  const newDispatcher = (proxied: boolean): Dispatcher => {
    const options = { connectTimeout: connectTimeoutMs, allowH2: false, pipelining: 1 };
    if (!proxied) return new Agent(options);
    return new EnvHttpProxyAgent({
      ...options,
      proxyTls: { timeout: connectTimeoutMs },
      requestTls: { timeout: connectTimeoutMs },
      httpProxy,
      httpsProxy,
      noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    });
  };
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  const hasProxy = httpProxy !== '' || httpsProxy !== '';
  const kept = new Map<boolean, Dispatcher>();

  const transport: Transport = async (request) => {
    const url = new URL(request.url);
    const proxied = hasProxy && !isLoopback(url.hostname);
    let dispatcher = kept.get(proxied);
    if (request.freshConnection || dispatcher === undefined) {
      dispatcher = newDispatcher(proxied);
      if (!request.freshConnection) kept.set(proxied, dispatcher);
    }
    const oneUse = request.freshConnection ? dispatcher : undefined;
    try {
      return await send(dispatcher, url, request, () => void oneUse?.destroy());
    } catch (error) {
      void oneUse?.destroy();
      throw error;
    }
  };
  transport.close = async () => {
    await Promise.all([...kept.values()].map((dispatcher) => dispatcher.destroy()));
    kept.clear();
  };
  return transport;
}

async function send(dispatcher: Dispatcher, url: URL, request: TransportRequest, done: () => void) {
  const { signal } = request;
  let reached = false;
  const watched = dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(
        options,
        watching(handler, () => {
          // Called when a connection is open and just before the first byte; an aborted request sends none.
          if (!signal.aborted) reached = true;
        }),
      ),
  );
  const asked = watched.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    headersTimeout: request.readTimeoutMs,
    bodyTimeout: request.readTimeoutMs,
    reset: request.freshConnection ?? false,
    signal,
  });
  try {
    // A request that still waits for its connection notices an abort late; the caller shall not wait for that.
    const { statusCode, headers, body } = await Promise.race([asked, whenAborted(signal)]);
    return { status: statusCode, headers: singleValued(headers), body: readBody(body, done) };
  } catch (error) {
    asked.then(({ body }) => body.dump()).catch(() => {});
    throw transportError(error, reached);
  }
}

async function* readBody(body: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw transportError(error, true);
  } finally {
    done();
  }
}

function watching(handler: Dispatcher.DispatchHandler, started: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      started();
      handler.onRequestStart?.(controller, context);
    },
    onResponseStart: (controller, status, headers, text) =>
      handler.onResponseStart?.(controller, status, headers, text),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  };
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** undici's codes in words that stay when the library changes. */
const CODES: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'CONNECT_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'READ_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'READ_TIMEOUT',
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'CUT_SHORT',
};

function transportError(error: unknown, reached: boolean): TransportError {
  if (error instanceof TransportError) return error;
  const named = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in named && typeof named.code === 'string' ? named.code : named.name;
  // An AggregateError (one failure per address of a host) has an empty message of its own.
  const words = named.message || (named instanceof AggregateError && named.errors[0]?.message) || code;
  return new TransportError(String(words), CODES[code] ?? code, reached, { cause: error });
}

function singleValued(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}
