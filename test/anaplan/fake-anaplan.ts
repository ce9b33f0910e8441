import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'vitest';
import {
  type ActionRef,
  AnaplanCallError,
  AnaplanClient,
  type AnaplanClientOptions,
  type ModelRef,
} from '../../shared/anaplan/index.ts';
import type { Clock } from '../../shared/ports/clock.ts';

export interface SeenRequest {
  method: string;
  /** path and query */
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** which connection it came on, counted from 1 */
  connection: number;
}

type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** Just enough of a server on a real socket: a sign-in that works, and whatever a test lays on top. */
export interface FakeAnaplan extends AsyncDisposable {
  url: string;
  seen: SeenRequest[];
  /** Requests of one method whose path contains `part`. */
  requests(method: string, part?: string): SeenRequest[];
  /** Lays an answer over `METHOD path`; `*` at the end of the path matches any rest. A list is used up, its last stays. */
  on(route: string, ...handlers: Handler[]): void;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export const text =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

export const envelope = (status: number, message: string) => ({
  status: { code: status, message },
  path: '/2/0/somewhere',
  timestamp: '2026-07-14T13:55:12.198115662Z',
});

export const refused = (status: number, message: string, headers: Record<string, string> = {}) =>
  json(status, envelope(status, message), headers);

/** The server reads the request, then the connection breaks. */
export const reset: Handler = (_, response) => void response.socket?.resetAndDestroy();

export const ok = (content: object) => json(200, { meta: {}, status: { code: 200, message: 'Success' }, ...content });

export const tokenOf = (value: string, expiresAt = Date.now() + 35 * 60_000) => ({
  meta: {},
  status: 'SUCCESS',
  statusMessage: 'Login successful',
  tokenInfo: { expiresAt, tokenId: 'id-of-token', tokenValue: value, refreshTokenId: 'id-of-refresh' },
});

export async function fakeAnaplan(): Promise<FakeAnaplan> {
  const seen: SeenRequest[] = [];
  const routes = new Map<string, Handler[]>();
  const connections = new Map<Socket, number>();
  let connected = 0;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const { method = '', url = '', headers } = request;
    const entry = {
      method,
      path: url,
      headers,
      body: Buffer.concat(pieces),
      connection: connections.get(request.socket) ?? 0,
    };
    seen.push(entry);
    const bare = url.split('?')[0] ?? '';
    const route = [...routes.keys()].reverse().find((key) => matches(key, `${method} ${bare}`));
    const handlers = route === undefined ? undefined : routes.get(route);
    const handler = handlers && handlers.length > 1 ? handlers.shift() : handlers?.[0];
    await (handler ?? refused(404, 'Not Found'))(entry, response);
  });
  server.on('connection', (socket) => connections.set(socket, ++connected));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakeAnaplan = {
    url: `http://127.0.0.1:${port}`,
    seen,
    requests: (method, part = '') => seen.filter((request) => request.method === method && request.path.includes(part)),
    on: (route, ...handlers) => void routes.set(route, handlers),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  fake.on('POST /token/authenticate', json(201, tokenOf('token-one-of-the-fake')));
  return fake;
}

function matches(route: string, asked: string): boolean {
  return route.endsWith('*') ? asked.startsWith(route.slice(0, -1)) : asked === route;
}

/** A clock that stands still until told otherwise; a sleep passes at once and moves it. */
export function jumpingClock(start = Date.now()): Clock & { slept: number[]; advance(ms: number): void } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    async sleep(ms, signal) {
      // A sleep with a signal is a deadline's: it waits to be disarmed.
      if (signal) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      slept.push(ms);
      now += ms;
    },
  };
}

export const model: ModelRef = { workspaceId: '8a81b09d', modelId: '75A40874' };
export const inModel = `/2/0/workspaces/${model.workspaceId}/models/${model.modelId}`;
export const imports: ActionRef = { kind: 'imports', id: '112000000001' };
export const file = '113000000001';

/** The error of a call that must fail. */
export async function caught(work: Promise<unknown>): Promise<AnaplanCallError> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AnaplanCallError);
  return error as AnaplanCallError;
}

/** A client of the fake, with time that jumps and dice that always show a half. */
export function clientOf(fake: { url: string }, options: Partial<AnaplanClientOptions> = {}): AnaplanClient {
  return new AnaplanClient({
    apiUrl: fake.url,
    authUrl: fake.url,
    oauthUrl: fake.url,
    credentials: async () => ({ kind: 'basic', username: 'me@example.com', password: 'correct horse' }),
    clock: jumpingClock(),
    random: () => 0.5,
    ...options,
  });
}
