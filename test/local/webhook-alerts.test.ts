import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { webhookAlerts } from '../../infra/local/webhook-alerts.ts';
import { undiciTransport } from '../../shared/anaplan/index.ts';
import { redactText, registerSecret } from '../../shared/observe/redact.ts';
import type { Alert } from '../../shared/ports/alerts.ts';

const ALERT: Alert = {
  id: '20260302-1',
  subject: 'Plandrop: sales failed (mapping)',
  text: 'File sales/märz.csv was not loaded.\n',
  pipeline: 'sales',
  category: 'mapping',
  outcome: 'failed',
};
const PATH = '/services/T000/B000/verysecretpath';

/** A hook that answers with `status`, or, without one, never. */
async function hook(status?: number, headers: Record<string, string> = {}) {
  const posts: { method?: string; path?: string; type?: string; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { method = '', url: path = '' } = request;
    posts.push({ method, path, type: request.headers['content-type'] ?? '', body: JSON.parse(body) });
    if (status !== undefined) response.writeHead(status, headers).end(`you asked for ${PATH}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${PATH}`,
    port,
    posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const failure = async (work: Promise<void>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('it did not fail');
  expect(error.cause).toBeUndefined();
  return error.message;
};

describe('the webhook of notify', () => {
  it('gets the alert as JSON, with the text that Slack and Teams show', async () => {
    await using at = await hook(200);
    await webhookAlerts(at.address).publish(ALERT);
    expect(at.posts).toEqual([
      {
        method: 'POST',
        path: PATH,
        type: 'application/json; charset=utf-8',
        body: { ...ALERT, text: `${ALERT.subject}\n\n${ALERT.text}` },
      },
    ]);
  });

  it.each([[302], [400], [404], [429], [500], [503]])('has failed when it answers %i', async (status) => {
    await using at = await hook(status, { location: 'http://127.0.0.1:1/elsewhere' });
    expect(await failure(webhookAlerts(at.address).publish(ALERT))).toBe(`the webhook of notify answered ${status}`);
  });

  it('has failed when it does not answer in time', async () => {
    await using at = await hook();
    const words = await failure(webhookAlerts(at.address, { timeoutMs: 200 }).publish(ALERT));
    expect(words).toMatch(/^the webhook of notify did not answer \([A-Za-z_]+\)$/);
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1/secretpath'],
    ['its name is unknown', 'http://secretpath.invalid/secretpath'],
  ])('has failed when %s, and no error names its address', async (_, address) => {
    const words = await failure(webhookAlerts(address).publish(ALERT));
    expect(words).toMatch(/^the webhook of notify did not answer \([A-Z_]+\)$/);
    expect(redactText(`posting to ${address}`)).toBe('posting to [redacted]');
  });

  it('is hidden from what is said of a later alert too, however many tokens were registered since', async () => {
    await using at = await hook(200);
    const alerts = webhookAlerts(at.address);
    for (let token = 0; token < 600; token += 1) registerSecret(`token-between-alerts-${token}`);
    await alerts.publish(ALERT);
    expect(redactText(`posting to ${at.address}`)).toBe('posting to [redacted]');
  });

  it('is reached through the proxy of the environment', async () => {
    await using at = await hook(200);
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url }, socket) => {
      asked.push(url);
      const tunnel = connect(at.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      tunnel.pipe(socket).pipe(tunnel);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const transport = undiciTransport({ env: { HTTP_PROXY: `http://127.0.0.1:${port}` } });
    await webhookAlerts('http://hooks.example/x', { transport }).publish(ALERT);
    expect([asked, at.posts.length]).toEqual([['hooks.example:80'], 1]);
    await new Promise((resolve) => proxy.close(resolve));
  });
});
