import { randomBytes, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../simulator/index.ts';
import { basic, type Caller } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const MINUTE = 60_000;
const token = (caller: Caller) => `AnaplanAuthToken ${caller.token}`;

describe('sign-in by password', () => {
  it('answers 201 with a token for 35 minutes, in its own envelope', async () => {
    const { caller, clock } = await inProcess();
    const answer = await caller.send('POST', '/token/authenticate', { auth: basic('admin@x.test', 'a') });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      meta: { validationUrl: 'http://simulator/token/validate' },
      status: 'SUCCESS',
      statusMessage: 'Login successful',
      tokenInfo: {
        expiresAt: clock.now() + 35 * MINUTE,
        tokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        tokenValue: expect.any(String),
        refreshTokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
  });

  it.each([
    ['a wrong password', basic('admin@x.test', 'b'), 401, 'FAILURE_BAD_CREDENTIAL'],
    ['an unknown user', basic('other@x.test', 'a'), 401, 'FAILURE_BAD_CREDENTIAL'],
    ['no colon', `Basic ${btoa('admin')}`, 400, 'FAILURE_BAD_HEADER'],
    ['an unknown scheme', 'Digest abc', 400, 'FAILURE_BAD_HEADER'],
    ['an empty header', '', 400, 'FAILURE_BAD_HEADER'],
    ['a certificate that is none', `CACertificate ${btoa('x')}`, 400, 'FAILURE_BAD_HEADER'],
  ])('refuses %s', async (_, auth, status, word) => {
    const { caller } = await inProcess();
    const answer = await caller.send('POST', '/token/authenticate', { auth });
    expect([answer.status, await answer.json()]).toEqual([status, { status: word, statusMessage: expect.any(String) }]);
  });

  it.each([
    ['AnaplanAuthToken', 200],
    ['Bearer', 200],
    ['Basic', 401],
  ])('takes a token in the scheme %s on the Integration API: %i', async (scheme, status) => {
    const { caller } = await inProcess();
    const answer = await caller.send('GET', '/2/0/users/me', { auth: `${scheme} ${caller.token}` });
    expect(answer.status).toBe(status);
    if (status === 401) expect(await answer.json()).toEqual({ status: { code: 401, message: 'Not Authenticated.' } });
  });

  it('forgets a token after 35 minutes, unless it was refreshed; the value stays', async () => {
    const { caller, clock } = await inProcess();
    await clock.advance(30 * MINUTE);
    const refreshed = await (await caller.send('POST', '/token/refresh')).json();
    expect(refreshed).toMatchObject({
      statusMessage: 'Token refreshed',
      tokenInfo: { tokenValue: caller.token, expiresAt: clock.now() + 35 * MINUTE },
    });
    await clock.advance(34 * MINUTE);
    expect((await caller.send('GET', '/2/0/users/me')).status).toBe(200);
    await clock.advance(MINUTE);
    expect((await caller.send('GET', '/2/0/users/me')).status).toBe(401);
    expect((await caller.send('POST', '/token/refresh')).status).toBe(401);
  });

  it('validates a token and names its user', async () => {
    const { caller, clock } = await inProcess();
    expect(await (await caller.send('GET', '/token/validate')).json()).toMatchObject({
      status: 'SUCCESS',
      tokenInfo: { expiresAt: clock.now() + 35 * MINUTE },
      userInfo: { userId: 'admin@x.test', userGuid: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
  });

  it('logs out at once, with 204', async () => {
    const { caller } = await inProcess();
    const answer = await caller.send('POST', '/token/logout');
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect((await caller.send('GET', '/2/0/users/me')).status).toBe(401);
  });

  it.each([
    ['GET', '/token/validate', 400],
    ['POST', '/token/refresh', 400],
    ['POST', '/token/logout', 401],
  ])('%s %s with Bearer: %i', async (method, path, status) => {
    const { caller } = await inProcess();
    expect((await caller.send(method, path, { auth: `Bearer ${caller.token}` })).status).toBe(status);
  });
});

describe('sign-in by certificate', () => {
  const from = Date.UTC(2026, 0, 1);
  const until = Date.UTC(2026, 0, 31);
  const ours = selfSignedCertificate('plandrop', from, until);
  const other = selfSignedCertificate('stranger', from, until);
  const tenant = { ...smallTenant, users: [{ email: 'cert@x.test', password: 'c', certificate: ours.certificate }] };

  /** @param stamp epoch seconds of a v2 payload; without it v1 */
  function payload(privateKey: string, stamp?: number, length = 100) {
    const data = randomBytes(length);
    if (stamp !== undefined) data.writeBigUInt64BE(BigInt(Math.floor(stamp)));
    const encodedSignedData = sign('sha512', data, privateKey).toString('base64');
    const v2 = stamp === undefined ? {} : { encodedDataFormat: 'v2' };
    return JSON.stringify({ encodedData: data.toString('base64'), encodedSignedData, ...v2 });
  }
  const pem = Buffer.from(ours.certificate).toString('base64');
  const der = new X509Certificate(ours.certificate).raw.toString('base64');
  const now = Date.UTC(2026, 0, 5, 6) / 1000;

  it.each([
    ['PEM and v1', pem, payload(ours.privateKey), 201],
    ['PEM and v2', pem, payload(ours.privateKey, now), 201],
    ['DER and v2', der, payload(ours.privateKey, now + 60), 201],
    ['a v2 stamp of an hour ago', pem, payload(ours.privateKey, now - 3600), 401],
    ['too few bytes', pem, payload(ours.privateKey, undefined, 99), 401],
    ['a signature by another key', pem, payload(other.privateKey), 401],
    [
      'a certificate nobody registered',
      Buffer.from(other.certificate).toString('base64'),
      payload(other.privateKey),
      401,
    ],
    ['a payload without a signature', pem, JSON.stringify({ encodedData: 'AAAA' }), 400],
  ])('%s', async (_, header, body, status) => {
    const { caller } = await inProcess(tenant);
    const answer = await caller.send('POST', '/token/authenticate', { auth: `CACertificate ${header}`, body });
    expect(answer.status).toBe(status);
    if (status !== 201) return;
    const { tokenInfo } = (await answer.json()) as { tokenInfo: { tokenValue: string } };
    const me = await caller.send('GET', '/2/0/users/me', { auth: `AnaplanAuthToken ${tokenInfo.tokenValue}` });
    expect(await me.json()).toMatchObject({ user: { email: 'cert@x.test' } });
  });

  it.each([
    ['that is not valid yet', until, until + 1000],
    ['that has expired', from, from + 1000],
  ])('refuses a certificate %s', async (_, first, last) => {
    const { certificate, privateKey } = selfSignedCertificate('plandrop', first, last);
    const { caller } = await inProcess({ ...tenant, users: [{ email: 'cert@x.test', password: 'c', certificate }] });
    const auth = `CACertificate ${Buffer.from(certificate).toString('base64')}`;
    expect((await caller.send('POST', '/token/authenticate', { auth, body: payload(privateKey) })).status).toBe(401);
  });

  it('can insist on v2', async () => {
    const { caller } = await inProcess({ ...tenant, settings: { certificateV2Only: true } });
    const auth = `CACertificate ${pem}`;
    expect((await caller.send('POST', '/token/authenticate', { auth, body: payload(ours.privateKey) })).status).toBe(
      401,
    );
    const v2 = payload(ours.privateKey, now);
    expect((await caller.send('POST', '/token/authenticate', { auth, body: v2 })).status).toBe(201);
  });
});

describe('sign-in by OAuth', () => {
  const tenant = {
    ...smallTenant,
    oauthClients: [
      { id: 'rotating', refreshToken: 'first' },
      { id: 'fixed', refreshToken: 'kept', rotating: false, secret: 'hush' },
      { id: 'asking', approve: false, user: 'runner@x.test' },
    ],
  };
  const open = async () => {
    const { caller, clock } = await inProcess(tenant);
    const post = async (path: string, body: Record<string, string>, form = false) => {
      const sent = form ? new URLSearchParams(body).toString() : JSON.stringify(body);
      const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
      const answer = await caller.send('POST', `/oauth/${path}`, { body: sent, type });
      return { status: answer.status, json: (await answer.json()) as Record<string, string> };
    };
    return { caller, clock, post };
  };
  const refresh = (client_id: string, refresh_token: string) => ({
    grant_type: 'refresh_token',
    client_id,
    refresh_token,
  });

  it('rotates a refresh token: the answer has the next one, and the old one is dead', async () => {
    const { caller, post } = await open();
    const first = await post('token', refresh('rotating', 'first'));
    expect(first).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 2100 } });
    const me = await caller.send('GET', '/2/0/users/me', { auth: `Bearer ${first.json.access_token}` });
    expect(me.status).toBe(200);
    expect(await post('token', refresh('rotating', 'first'))).toMatchObject({
      status: 403,
      json: { error: 'invalid_grant' },
    });
    const next = await post('token', refresh('rotating', first.json.refresh_token ?? ''), true);
    expect(next.status).toBe(200);
  });

  it('lets a rotating token die of age', async () => {
    const { post, clock } = await open();
    const first = await post('token', refresh('rotating', 'first'));
    await clock.advance(43_000_000);
    expect((await post('token', refresh('rotating', first.json.refresh_token ?? ''))).json.error).toBe('invalid_grant');
  });

  it('keeps a fixed token, for who knows the secret', async () => {
    const { post } = await open();
    expect((await post('token', refresh('fixed', 'kept'))).status).toBe(401);
    for (const _ of [1, 2]) {
      const answer = await post('token', { ...refresh('fixed', 'kept'), client_secret: 'hush' });
      expect(answer).toMatchObject({ status: 200, json: { refresh_token: 'kept' } });
    }
  });

  it('waits for a person to approve a device, and minds the interval', async () => {
    const { caller, clock, post } = await open();
    const { json } = await post('device/code', { client_id: 'asking', scope: 'openid profile email offline_access' });
    expect(json).toMatchObject({ expires_in: 900, interval: 5, verification_uri: 'http://simulator/oauth/activate' });
    const ask = () =>
      post('token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'asking',
        device_code: json.device_code ?? '',
      });
    expect(await ask()).toMatchObject({ status: 403, json: { error: 'authorization_pending' } });
    expect((await ask()).json.error).toBe('slow_down');
    await clock.advance(5000);
    expect((await ask()).json.error).toBe('authorization_pending');
    await caller.send('GET', `/oauth/activate?user_code=${json.user_code}`);
    await clock.advance(5000);
    const granted = await ask();
    expect(granted.status).toBe(200);
    const me = await caller.send('GET', '/2/0/users/me', { auth: `AnaplanAuthToken ${granted.json.access_token}` });
    expect(await me.json()).toMatchObject({ user: { email: 'runner@x.test' } });
  });

  it.each([
    ['a denied device', '&deny', 0, 'access_denied'],
    ['a device nobody approved in time', '', 900_000, 'expired_token'],
  ])('refuses %s', async (_, decision, wait, error) => {
    const { caller, clock, post } = await open();
    const { json } = await post('device/code', { client_id: 'asking' });
    if (decision) await caller.send('GET', `/oauth/activate?user_code=${json.user_code}${decision}`);
    await clock.advance(wait);
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const answer = await post('token', { grant_type, client_id: 'asking', device_code: json.device_code ?? '' });
    expect(answer.json.error).toBe(error);
  });

  it.each([
    [{ grant_type: 'refresh_token' }, 'invalid_request'],
    [{ grant_type: 'refresh_token', client_id: 'who', refresh_token: 'x' }, 'unauthorized_client'],
    [{ grant_type: 'password', client_id: 'rotating' }, 'unauthorized_client'],
  ])('answers %j with %s', async (body, error) => {
    const { post } = await open();
    expect((await post('token', body as Record<string, string>)).json.error).toBe(error);
  });
});

it('never shows a token in the log of requests', async () => {
  const { caller } = await inProcess();
  await caller.send('GET', '/2/0/users/me', { auth: token(caller) });
  const log = await (await caller.send('GET', '/simulator/requests')).text();
  expect(log).toContain('admin@x.test');
  expect(log).not.toContain(caller.token);
});
