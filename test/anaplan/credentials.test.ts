import { constants, verify, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  AuthenticationError,
  certificateFacts,
  REGIONS,
  UnusableCredentialsError,
} from '../../shared/anaplan/index.ts';
import type { Credentials } from '../../shared/ports/secrets.ts';
import { clientOf, fakeAnaplan, json, jumpingClock, ok } from './fake-anaplan.ts';
import { testCertificate } from './test-certificate.ts';

const me = ok({ user: { id: 'u1' } });
const pair = testCertificate();

describe('a certificate', () => {
  it.each([
    { says: 'with the time in front, as Anaplan will demand', certificate: undefined, format: 'v2' },
    { says: 'in the old form', certificate: { payload: 'v1' as const }, format: undefined },
  ])('signs in $says', async ({ certificate, format }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const clock = jumpingClock(1_800_000_000_000);
    const credentials = async (): Promise<Credentials> => ({ kind: 'certificate', ...pair });
    await clientOf(fake, { clock, credentials, ...(certificate ? { certificate } : {}) }).getCurrentUser();
    const [signIn] = fake.requests('POST');
    const { encodedData, encodedSignedData, encodedDataFormat } = JSON.parse(String(signIn?.body));
    const data = Buffer.from(encodedData, 'base64');
    expect(data.length).toBeGreaterThanOrEqual(100);
    expect(encodedDataFormat).toBe(format);
    if (format === 'v2') expect(data.readBigUInt64BE()).toBe(1_800_000_000n);
    const shown = Buffer.from(String(signIn?.headers.authorization).replace('CACertificate ', ''), 'base64').toString();
    expect(shown).toBe(pair.certificatePem);
    const key = { key: new X509Certificate(shown).publicKey, padding: constants.RSA_PKCS1_PADDING };
    expect(verify('RSA-SHA512', data, key, Buffer.from(encodedSignedData, 'base64'))).toBe(true);
  });

  it('can be shown as DER', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const credentials = async (): Promise<Credentials> => ({ kind: 'certificate', ...pair });
    await clientOf(fake, { credentials, certificate: { header: 'der' } }).getCurrentUser();
    const shown = Buffer.from(String(fake.requests('POST')[0]?.headers.authorization).split(' ')[1] ?? '', 'base64');
    expect(shown).toEqual(new X509Certificate(pair.certificatePem).raw);
  });

  it('signs something new each time', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const credentials = async (): Promise<Credentials> => ({ kind: 'certificate', ...pair });
    await clientOf(fake, { credentials }).getCurrentUser();
    await clientOf(fake, { credentials }).getCurrentUser();
    const [first, second] = fake.requests('POST').map((request) => String(request.body));
    expect(first).not.toBe(second);
  });

  it('may have a key with a passphrase', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const locked = testCertificate({ passphrase: 'open sesame' });
    const credentials = async (): Promise<Credentials> => ({
      kind: 'certificate',
      ...locked,
      passphrase: 'open sesame',
    });
    await expect(clientOf(fake, { credentials }).getCurrentUser()).resolves.toEqual({ id: 'u1' });
  });

  it.each([
    { says: 'a certificate that is none', credentials: { ...pair, certificatePem: 'hello' } },
    { says: 'a key that is none', credentials: { ...pair, privateKeyPem: 'hello' } },
    {
      says: 'a wrong passphrase',
      credentials: { ...testCertificate({ passphrase: 'right one' }), passphrase: 'wrong one' },
    },
  ])('is refused without asking Anaplan for $says', async ({ credentials }) => {
    await using fake = await fakeAnaplan();
    const client = clientOf(fake, { credentials: async () => ({ kind: 'certificate', ...credentials }) });
    const error = await client.getCurrentUser().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableCredentialsError);
    expect(String(error)).not.toContain('hello');
    expect(fake.seen).toHaveLength(0);
  });

  it('that Anaplan refuses is told as a certificate', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /token/authenticate', json(401, { status: 'FAILURE_BAD_CREDENTIAL' }));
    const credentials = async (): Promise<Credentials> => ({ kind: 'certificate', ...pair });
    await expect(clientOf(fake, { credentials }).getCurrentUser()).rejects.toMatchObject({
      failure: { call: 'sign-in', signsInWith: 'certificate' },
    });
  });

  it('tells whose it is and until when it is good', () => {
    expect(certificateFacts(pair.certificatePem)).toEqual({
      subject: 'CN=Plandrop test',
      validFrom: Date.parse('2026-01-01T00:00:00Z'),
      validTo: Date.parse('2027-06-30T12:00:00Z'),
    });
  });
});

describe('an OAuth refresh token', () => {
  const grant = (access: string, more: object = {}) =>
    json(200, { access_token: access, token_type: 'Bearer', expires_in: 2100, ...more });
  const credentials = async (): Promise<Credentials> => ({
    kind: 'oauth',
    clientId: 'c1',
    refreshToken: 'refresh-token-0',
  });

  it('brings an access token that is used like any other', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /oauth/token', grant('access-token-1'));
    const clock = jumpingClock();
    const client = clientOf(fake, { credentials, clock });
    await client.getCurrentUser();
    expect(JSON.parse(String(fake.seen[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'c1',
      refresh_token: 'refresh-token-0',
    });
    expect(fake.seen[1]?.headers.authorization).toBe('AnaplanAuthToken access-token-1');
    clock.advance(29 * 60_000);
    await client.getCurrentUser();
    clock.advance(2 * 60_000);
    await client.getCurrentUser();
    expect(fake.requests('POST').map((request) => request.path)).toEqual(['/oauth/token', '/oauth/token']);
  });

  it('that rotates is kept before the access token is used, and used next time', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on(
      'POST /oauth/token',
      grant('access-token-1', { refresh_token: 'refresh-token-1' }),
      grant('access-token-2', { refresh_token: 'refresh-token-2' }),
      grant('access-token-3', { refresh_token: 'refresh-token-3' }),
    );
    const kept: [string, number][] = [];
    const clock = jumpingClock();
    const onRefreshToken = async (token: string) => void kept.push([token, fake.requests('GET').length]);
    const client = clientOf(fake, { credentials, clock, onRefreshToken });
    for (let i = 0; i < 3; i++) {
      await client.getCurrentUser();
      clock.advance(31 * 60_000);
    }
    expect(kept).toEqual([
      ['refresh-token-1', 0],
      ['refresh-token-2', 1],
      ['refresh-token-3', 2],
    ]);
    const used = fake.requests('POST').map((request) => JSON.parse(String(request.body)).refresh_token);
    expect(used).toEqual(['refresh-token-0', 'refresh-token-1', 'refresh-token-2']);
  });

  it('that cannot be kept is not used', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /oauth/token', grant('access-token-1', { refresh_token: 'refresh-token-1' }));
    const onRefreshToken = async () => Promise.reject(new Error('disk full'));
    await expect(clientOf(fake, { credentials, onRefreshToken }).getCurrentUser()).rejects.toThrow('disk full');
    expect(fake.requests('GET')).toHaveLength(0);
  });

  it.each([{ status: 400 }, { status: 401 }, { status: 403 }])(
    'refused with $status is an AuthenticationError',
    async ({ status }) => {
      await using fake = await fakeAnaplan();
      fake.on(
        'POST /oauth/token',
        json(status, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' }),
      );
      const error = await clientOf(fake, { credentials })
        .getCurrentUser()
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({
        anaplanMessage: 'Unknown or invalid refresh token.',
        failure: { call: 'sign-in', signsInWith: 'oauth' },
      });
      expect(fake.seen).toHaveLength(1);
    },
  );
});

it('knows the hosts of every region', () => {
  expect(REGIONS.eu1.apiUrl).toBe('https://api.anaplan.com');
  expect(REGIONS.us9).toEqual({
    apiUrl: 'https://us9.api.anaplan.com',
    authUrl: 'https://us9.auth.anaplan.com',
    oauthUrl: 'https://us9.app.anaplan.com',
  });
  expect(REGIONS.au1.authUrl).toBe('https://au1a.app2.anaplan.com');
});
