import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { undiciTransport } from '../../shared/anaplan/index.ts';
import { testCertificate } from './test-certificate.ts';

const { certificatePem, privateKeyPem } = testCertificate({ commonName: 'localhost' });

async function encryptedServer() {
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (_, response) => response.end('trusted'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `https://localhost:${(server.address() as AddressInfo).port}/` };
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
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-'));
  await writeFile(join(folder, 'ca.pem'), certificatePem);
  const module = new URL('../../shared/anaplan/undici-transport.ts', import.meta.url);
  const script = `
    import { undiciTransport } from ${JSON.stringify(module)};
    const asked = { method: 'GET', url: ${JSON.stringify(url)}, headers: {}, readTimeoutMs: 5000, signal: new AbortController().signal };
    const { body } = await undiciTransport({ env: {} })(asked);
    for await (const piece of body) process.stdout.write(piece);`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env });
  expect(stdout).toBe('trusted');
  await rm(folder, { recursive: true });
  server.close();
});
