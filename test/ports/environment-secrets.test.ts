import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialsOf, environmentSecrets } from '../../shared/ports/environment-secrets.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n';

describe('credentials from the environment', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plandrop-pem-'));
    await writeFile(join(folder, 'cert.pem'), CERTIFICATE);
    await writeFile(join(folder, 'key.pem'), KEY);
    await writeFile(join(folder, 'notes.txt'), 'canary-not-a-key');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    [
      'a name and a password',
      { ANAPLAN_USERNAME: 'ada@example.com', ANAPLAN_PASSWORD: ' p w ' },
      {
        kind: 'basic',
        username: 'ada@example.com',
        password: ' p w ',
      },
    ],
    [
      'PEM text',
      { ANAPLAN_CERTIFICATE: CERTIFICATE, ANAPLAN_PRIVATE_KEY: KEY },
      {
        kind: 'certificate',
        certificatePem: CERTIFICATE,
        privateKeyPem: KEY,
      },
    ],
    [
      'PEM text with spelled line breaks, and a passphrase',
      {
        ANAPLAN_CERTIFICATE: CERTIFICATE.replaceAll('\n', '\\n'),
        ANAPLAN_PRIVATE_KEY: KEY,
        ANAPLAN_PRIVATE_KEY_PASSPHRASE: 'secret',
      },
      { kind: 'certificate', certificatePem: CERTIFICATE, privateKeyPem: KEY, passphrase: 'secret' },
    ],
    [
      'OAuth',
      { ANAPLAN_CLIENT_ID: 'id', ANAPLAN_REFRESH_TOKEN: 'token' },
      {
        kind: 'oauth',
        clientId: 'id',
        refreshToken: 'token',
      },
    ],
    [
      'OAuth with a client secret, other names being set but empty',
      {
        ANAPLAN_USERNAME: '',
        ANAPLAN_PASSWORD: ' ',
        ANAPLAN_CLIENT_ID: 'id',
        ANAPLAN_REFRESH_TOKEN: 't',
        ANAPLAN_CLIENT_SECRET: 's',
      },
      { kind: 'oauth', clientId: 'id', refreshToken: 't', clientSecret: 's' },
    ],
  ])('are %s', (_, env, expected) => {
    expect(credentialsOf(env)).toEqual(expected);
  });

  it('are read from the files that are named', () => {
    const env = { ANAPLAN_CERTIFICATE: join(folder, 'cert.pem'), ANAPLAN_PRIVATE_KEY: join(folder, 'key.pem') };
    expect(credentialsOf(env)).toEqual({ kind: 'certificate', certificatePem: CERTIFICATE, privateKeyPem: KEY });
  });

  it.each([
    ['nothing', {}, /^No way to sign in to Anaplan is set\. Set ANAPLAN_USERNAME and ANAPLAN_PASSWORD, or /],
    ['no password', { ANAPLAN_USERNAME: 'ada' }, /^ANAPLAN_PASSWORD is not set, and ANAPLAN_USERNAME is: set both\.$/],
    ['no name', { ANAPLAN_PASSWORD: 'canary' }, /^ANAPLAN_USERNAME is not set, and ANAPLAN_PASSWORD is: set both\.$/],
    ['no key', { ANAPLAN_CERTIFICATE: CERTIFICATE }, /^ANAPLAN_PRIVATE_KEY is not set/],
    ['no certificate', { ANAPLAN_PRIVATE_KEY: KEY }, /^ANAPLAN_CERTIFICATE is not set/],
    ['no token', { ANAPLAN_CLIENT_ID: 'id' }, /^ANAPLAN_REFRESH_TOKEN is not set/],
    [
      'a key that is neither text nor a file',
      { ANAPLAN_CERTIFICATE: CERTIFICATE, ANAPLAN_PRIVATE_KEY: 'canary' },
      /^ANAPLAN_PRIVATE_KEY is neither PEM text nor the path of a file that can be read\.$/,
    ],
  ])('say what is wrong when there is %s, and quote no secret', async (_, env, message) => {
    const asking = environmentSecrets(env).credentials();
    await expect(asking).rejects.toMatchObject({
      name: 'MissingCredentialsError',
      message: expect.stringMatching(message),
    });
    await expect(asking).rejects.not.toThrow(/canary/);
  });

  it('say when a named file holds something else', () => {
    const env = { ANAPLAN_CERTIFICATE: join(folder, 'notes.txt'), ANAPLAN_PRIVATE_KEY: KEY };
    expect(() => credentialsOf(env)).toThrow('The file that ANAPLAN_CERTIFICATE names does not hold PEM text.');
  });
});
