import { describe, expect, it } from 'vitest';
import { AuthenticationError, ConnectionLostError, NotReachedError } from '../../shared/anaplan/index.ts';
import { redactText, registerSecret } from '../../shared/observe/index.ts';
import { clientOf, fakeAnaplan, json, jumpingClock, ok, refused, reset, text, tokenOf } from './fake-anaplan.ts';

const me = ok({ user: { id: 'u1', email: 'me@example.com', somethingNew: { a: 1 } } });
const minutes = (count: number) => count * 60_000;

describe('signing in', () => {
  it('sends user and password once, and the token with every call', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const client = clientOf(fake);
    await Promise.all([client.getCurrentUser(), client.getCurrentUser(), client.with({}).getCurrentUser()]);
    const [signIn, ...more] = fake.requests('POST');
    expect(more).toEqual([]);
    expect(signIn).toMatchObject({ path: '/token/authenticate' });
    expect(signIn?.headers.authorization).toBe(
      `Basic ${Buffer.from('me@example.com:correct horse').toString('base64')}`,
    );
    expect(signIn?.body).toHaveLength(0);
    expect(fake.requests('GET').map((request) => request.headers.authorization)).toEqual(
      Array(3).fill('AnaplanAuthToken token-one-of-the-fake'),
    );
  });

  it.each([
    {
      says: 'wrong credentials',
      status: 401,
      body: { status: 'FAILURE_BAD_CREDENTIAL', statusMessage: 'No such user' },
    },
    { says: 'a malformed header', status: 400, body: { status: 'FAILURE_BAD_HEADER', statusMessage: 'No such user' } },
  ])('refused for $says is one request and an AuthenticationError', async ({ status, body }) => {
    await using fake = await fakeAnaplan();
    fake.on('POST /token/authenticate', json(status, body));
    const error = await clientOf(fake)
      .getCurrentUser()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      status,
      anaplanMessage: 'No such user',
      failure: { kind: 'http', call: 'sign-in', signsInWith: 'basic', envelope: true, path: '/token/authenticate' },
    });
    expect(fake.seen).toHaveLength(1);
  });

  it('that meets a gateway is repeated with the GET it serves', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/authenticate', text(502, '<html>'), reset, json(201, tokenOf('late-but-good-token')));
    await expect(clientOf(fake).getCurrentUser()).resolves.toMatchObject({ id: 'u1' });
  });

  it('tells a sign-in service that is not there from one that hangs up', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /token/authenticate', reset);
    await expect(clientOf(fake).getCurrentUser()).rejects.toBeInstanceOf(ConnectionLostError);
    const nobody = clientOf(fake, { authUrl: 'http://127.0.0.1:1' });
    await expect(nobody.getCurrentUser()).rejects.toBeInstanceOf(NotReachedError);
  });

  it('does not believe a 200 full of HTML', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /token/authenticate', text(200, '<html>log in here</html>'));
    const failure = clientOf(fake).startTask({ workspaceId: 'w', modelId: 'm' }, { kind: 'imports', id: '1' });
    await expect(failure).rejects.toMatchObject({
      failure: { kind: 'unreadable', call: 'sign-in', problem: 'its body is not JSON' },
    });
    expect(fake.seen).toHaveLength(1);
  });
});

describe('a token', () => {
  it('is renewed about 5 min before its end, and whatever comes back is used', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/refresh', json(200, tokenOf('token-two-of-the-fake')));
    const clock = jumpingClock();
    const client = clientOf(fake, { clock });
    await client.getCurrentUser();
    clock.advance(minutes(29));
    await client.getCurrentUser();
    expect(fake.requests('POST', 'refresh')).toHaveLength(0);
    clock.advance(minutes(0.7)); // 35 min less 5, less half a minute of spread
    await client.getCurrentUser();
    const [renewal] = fake.requests('POST', 'refresh');
    expect(renewal?.headers.authorization).toBe('AnaplanAuthToken token-one-of-the-fake');
    expect(fake.seen.at(-1)?.headers.authorization).toBe('AnaplanAuthToken token-two-of-the-fake');
  });

  it.each([
    { says: 'an hour ahead', skewMinutes: 60 },
    { says: 'an hour behind', skewMinutes: -60 },
  ])('lives as long when our clock is $says', async ({ skewMinutes }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/refresh', json(200, tokenOf('token-two-of-the-fake')));
    const clock = jumpingClock(Date.now() + minutes(skewMinutes));
    const client = clientOf(fake, { clock });
    await client.getCurrentUser();
    clock.advance(minutes(29));
    await client.getCurrentUser();
    expect(fake.requests('POST', 'refresh')).toHaveLength(0);
    clock.advance(minutes(2));
    await client.getCurrentUser();
    expect(fake.requests('POST', 'refresh')).toHaveLength(1);
  });

  it('that is only ever refreshed leaves the password known to redaction, however many tokens were registered since', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/refresh', json(200, tokenOf('token-two-of-the-fake')));
    const clock = jumpingClock();
    const client = clientOf(fake, { clock });
    await client.getCurrentUser();
    for (let token = 0; token < 600; token += 1) registerSecret(`token-of-somebody-${token}`);
    expect(redactText('correct horse')).toBe('correct horse');
    clock.advance(minutes(31));
    await client.getCurrentUser();
    expect(redactText('correct horse')).not.toContain('horse');
  });

  it('that cannot be refreshed is replaced by a new sign-in', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/refresh', json(401, { status: 'FAILURE_BAD_CREDENTIAL' }));
    const clock = jumpingClock();
    const client = clientOf(fake, { clock });
    await client.getCurrentUser();
    clock.advance(minutes(31));
    await client.getCurrentUser();
    expect(fake.requests('POST').map((request) => request.path)).toEqual([
      '/token/authenticate',
      '/token/refresh',
      '/token/authenticate',
    ]);
  });

  it('is used to its end while the sign-in service is down', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    const clock = jumpingClock();
    const client = clientOf(fake, { clock });
    await client.getCurrentUser();
    fake.on('POST /token/*', text(503));
    clock.advance(minutes(31));
    await expect(client.getCurrentUser()).resolves.toMatchObject({ id: 'u1' });
    clock.advance(minutes(5));
    await expect(client.getCurrentUser()).rejects.toMatchObject({ failure: { call: 'sign-in', status: 503 } });
  });

  it('that is refused with 401 is replaced once, by one sign-in for all who were refused', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      'POST /token/authenticate',
      json(201, tokenOf('token-one-of-the-fake')),
      json(201, tokenOf('token-two-of-the-fake')),
    );
    fake.on('GET /2/0/users/me', (request, response) => {
      const good = request.headers.authorization?.endsWith('two-of-the-fake');
      return (good ? me : refused(401, 'Not Authenticated.'))(request, response);
    });
    const client = clientOf(fake);
    await Promise.all([1, 2, 3, 4].map(() => client.getCurrentUser()));
    expect(fake.requests('POST')).toHaveLength(2);
  });

  it('refused twice is an AuthenticationError, not a loop', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', refused(401, 'Not Authenticated.'));
    await expect(clientOf(fake).getCurrentUser()).rejects.toBeInstanceOf(AuthenticationError);
    expect(fake.requests('GET')).toHaveLength(2);
  });

  it('dies at once when we sign out, and the next call signs in again', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', me);
    fake.on('POST /token/logout', text(204));
    const client = clientOf(fake);
    await client.getCurrentUser();
    await client.signOut();
    await client.signOut();
    await client.getCurrentUser();
    expect(fake.requests('POST').map((request) => request.path)).toEqual([
      '/token/authenticate',
      '/token/logout',
      '/token/authenticate',
    ]);
  });
});
