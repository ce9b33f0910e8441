import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { undiciTransport } from '../../shared/anaplan/index.ts';
import { testCertificate } from './test-certificate.ts';

const { certificatePem, privateKeyPem } = testCertificate({ commonName: 'localhost' });

async function encryptedServer({ cert, key } = { cert: certificatePem, key: privateKeyPem }) {
  const server = createServer({ cert, key }, (_, response) => response.end('trusted'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `https://localhost:${port}/` };
}

/** What a process of its own gets from `url`; Node reads its authorities only when it starts. */
async function got(url: string, authority: string, env: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-'));
  await writeFile(join(folder, 'ca.pem'), authority);
  const module = new URL('../../shared/anaplan/undici-transport.ts', import.meta.url);
  const script = `
    import { undiciTransport } from ${JSON.stringify(module)};
    const asked = { method: 'GET', url: ${JSON.stringify(url)}, headers: {}, readTimeoutMs: 5000, signal: new AbortController().signal };
    const { body } = await undiciTransport({ env: ${JSON.stringify(env)} })(asked);
    for await (const piece of body) process.stdout.write(piece);
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
  });
  await rm(folder, { recursive: true });
  return stdout;
}

it('does not talk to a server nobody vouches for, and says that nothing was reached', async () => {
  const { server, url } = await encryptedServer();
  const asked = { method: 'GET', url, headers: {}, readTimeoutMs: 5000, signal: new AbortController().signal } as const;
  const error = await undiciTransport({ env: {} })(asked).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ reached: false, code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  server.close();
});

it('trusts the authorities of NODE_EXTRA_CA_CERTS', async () => {
  const { server, url } = await encryptedServer();
  expect(await got(url, certificatePem)).toBe('trusted');
  server.close();
});

it('speaks with Anaplan through the tunnel of HTTPS_PROXY, with an extra authority, and the proxy reads nothing of it', async () => {
  const { certificatePem: cert, privateKeyPem: key } = testCertificate({ commonName: 'api.anaplan.com' });
  const { server, port } = await encryptedServer({ cert, key });
  const asked: string[] = [];
  let passed = '';
  const proxy = createProxy();
  proxy.on('connect', (request, client, head) => {
    asked.push(request.url ?? '');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      client.on('data', (bytes: Buffer) => {
        passed += bytes.toString('latin1');
      });
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  expect(await got('https://api.anaplan.com/2/0/users/me', cert, { HTTPS_PROXY })).toBe('trusted');
  expect(asked).toEqual(['api.anaplan.com:443']);
  expect(passed.length).toBeGreaterThan(0);
  expect(passed).not.toContain('users/me');
  proxy.close();
  server.close();
});
