import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { TransportError, type TransportRequest, undiciTransport } from '../../shared/anaplan/index.ts';
import { fakeAnaplan, ok, reset, text } from './fake-anaplan.ts';

const get = (url: string, more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'GET',
  url,
  headers: {},
  readTimeoutMs: 5000,
  signal: new AbortController().signal,
  ...more,
});

async function bodyOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function rawServer(onConnection: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const failing = async (work: Promise<unknown>): Promise<TransportError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
};

describe('undiciTransport', () => {
  it('carries status, headers and body, and keeps the connection', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /a', text(418, 'short and stout', { 'X-Request-Id': 'r1' }));
    const transport = undiciTransport({ env: {} });
    for (let i = 0; i < 10; i++) {
      const { status, headers, body } = await transport(get(`${fake.url}/a?b=c%20d`));
      expect([status, headers['x-request-id'], await bodyOf(body)]).toEqual([418, 'r1', 'short and stout']);
    }
    expect(fake.seen.map((request) => request.path)).toEqual(Array(10).fill('/a?b=c%20d'));
    // A pool may open a second one while the first is still putting its answer away.
    expect(new Set(fake.seen.map((request) => request.connection)).size).toBeLessThanOrEqual(2);
    await transport.close?.();
  });

  it('uses a new connection when asked to, every time', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /start', ok({}));
    const transport = undiciTransport({ env: {} });
    for (const freshConnection of [false, true, true, false]) {
      const { body } = await transport(
        get(`${fake.url}/start`, { method: 'POST', body: Buffer.from('x'), freshConnection }),
      );
      await bodyOf(body);
    }
    expect(fake.seen.map((request) => request.connection)).toEqual([1, 2, 3, 1]);
    await transport.close?.();
  });

  it('says that nothing was reached when the port is closed', async () => {
    const { url, server } = await rawServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    const error = await failing(undiciTransport({ env: {} })(get(url)));
    expect(error).toMatchObject({ reached: false, code: 'ECONNREFUSED' });
  });

  it('says that nothing was reached when the name is unknown', async () => {
    const error = await failing(undiciTransport({ env: {} })(get('http://no-such-host.invalid')));
    expect(error.reached).toBe(false);
    expect(error.code).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('says that nothing was reached when the TLS handshake fails', async () => {
    await using fake = await fakeAnaplan();
    const error = await failing(
      undiciTransport({ env: {} })(get(fake.url.replace('http:', 'https:'), { method: 'POST' })),
    );
    expect(error.reached).toBe(false);
  });

  it('says that nothing was reached when the handshake never ends, after the connect timeout', async () => {
    const { url, server } = await rawServer(() => {});
    const transport = undiciTransport({ env: {}, connectTimeoutMs: 200 });
    const error = await failing(transport(get(url.replace('http:', 'https:'))));
    expect(error).toMatchObject({ reached: false, code: 'CONNECT_TIMEOUT' });
    server.close();
  });

  it('says that it was reached when the connection breaks after the request, and sends it once', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /start', reset);
    const transport = undiciTransport({ env: {} });
    for (const freshConnection of [true, false]) {
      const error = await failing(transport(get(`${fake.url}/start`, { method: 'POST', freshConnection })));
      expect(error).toMatchObject({ reached: true, code: 'ECONNRESET' });
    }
    expect(fake.seen).toHaveLength(2);
  });

  it('says that it was reached when the server hangs up without a word', async () => {
    const { url, server } = await rawServer((socket) => socket.once('data', () => socket.end()));
    expect(await failing(undiciTransport({ env: {} })(get(url)))).toMatchObject({ reached: true, code: 'ECONNRESET' });
    server.close();
  });

  it('says that it was reached when no answer comes within the read timeout', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /slow', () => {});
    const error = await failing(undiciTransport({ env: {} })(get(`${fake.url}/slow`, { readTimeoutMs: 300 })));
    expect(error).toMatchObject({ reached: true, code: 'READ_TIMEOUT' });
  });

  it('fails in the body when the answer is cut short', async () => {
    const { url, server } = await rawServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this'));
    });
    const { status, body } = await undiciTransport({ env: {} })(get(url));
    expect(status).toBe(200);
    expect((await failing(bodyOf(body))).reached).toBe(true);
    server.close();
  });

  it.each([
    { when: 'before it is sent', abortAfterMs: undefined, reached: false },
    { when: 'while it waits for the answer', abortAfterMs: 200, reached: true },
  ])('ends at once when it is aborted $when', async ({ abortAfterMs, reached }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /slow', () => {});
    const abort = new AbortController();
    if (abortAfterMs === undefined) abort.abort();
    else setTimeout(() => abort.abort(), abortAfterMs);
    const error = await failing(undiciTransport({ env: {} })(get(`${fake.url}/slow`, { signal: abort.signal })));
    expect(error.reached).toBe(reached);
    expect(fake.seen).toHaveLength(reached ? 1 : 0);
  });

  it('ends at once when it is aborted while the connection still opens, and then sends nothing', async () => {
    const received: Buffer[] = [];
    const { url, server } = await rawServer((socket) => void socket.on('data', (bytes) => received.push(bytes)));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    const asked = get(url.replace('http:', 'https:'), { signal: abort.signal, method: 'POST' });
    const transport = undiciTransport({ env: {}, connectTimeoutMs: 5000 });
    const before = performance.now();
    expect((await failing(transport(asked))).reached).toBe(false);
    expect(performance.now() - before).toBeLessThan(2000);
    await transport.close?.();
    server.close();
  });

  it('goes through HTTPS_PROXY, says that nothing was reached when the proxy refuses, and reaches loopback directly', async () => {
    const asked: string[] = [];
    const { url: proxy, server } = await rawServer((socket) => {
      socket.once('data', (bytes) => {
        asked.push(bytes.toString().split('\r\n')[0] ?? '');
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      });
    });
    await using fake = await fakeAnaplan();
    fake.on('GET /a', ok({}));
    const transport = undiciTransport({ env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy } });
    const error = await failing(transport(get('https://api.anaplan.com/2/0/users/me')));
    expect(error.reached).toBe(false);
    expect(asked).toEqual(['CONNECT api.anaplan.com:443 HTTP/1.1']);
    expect((await transport(get(`${fake.url}/a`))).status).toBe(200);
    await transport.close?.();
    server.close();
  });
});
