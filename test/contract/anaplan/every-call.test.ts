import { describe, expect, it } from 'vitest';
import { type AnaplanClientOptions, CALLS } from '../../../shared/anaplan/index.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { breaches, contractsOf } from './breaches.ts';
import { CONTRACTS, type Contract } from './contracts.ts';
import { keys, onAWalk, TENANT, WALKS, type Walk } from './walks.ts';

const used = new Set<Contract>();

/** Waits for nothing. */
const IMPATIENT = { clock: { now: () => Date.now(), sleep: async () => {} } };

async function checked(
  walkOf: (walk: Walk) => Promise<unknown>,
  options: Partial<AnaplanClientOptions> = {},
  tenant = TENANT,
) {
  await using simulator = await startSimulator({ tenant, taskSeconds: 1 });
  const { walk, exchanges } = onAWalk(simulator, options);
  await walkOf(walk);
  await walk.client.close();
  expect(exchanges.flatMap(breaches)).toEqual([]);
  expect(exchanges.length).toBeGreaterThan(1);
  for (const exchange of exchanges) for (const contract of contractsOf(exchange)) used.add(contract);
  return exchanges;
}

describe('what the client sends and what the simulator answers is what the reference says', () => {
  it.each(Object.entries(WALKS))('when calling %s', async (_, walkOf) => {
    await checked(walkOf);
  });

  it.each([
    { by: 'user and password', options: {} },
    {
      by: 'certificate v2',
      options: {
        credentials: async () => ({
          kind: 'certificate',
          certificatePem: keys.certificate,
          privateKeyPem: keys.privateKey,
        }),
      },
    },
    {
      by: 'certificate v1 in DER',
      options: {
        credentials: async () => ({
          kind: 'certificate',
          certificatePem: keys.certificate,
          privateKeyPem: keys.privateKey,
        }),
        certificate: { payload: 'v1', header: 'der' },
      },
    },
    {
      by: 'OAuth refresh token',
      options: {
        credentials: async () => ({ kind: 'oauth', clientId: 'client', clientSecret: 'secret', refreshToken: 'first' }),
      },
    },
  ] satisfies { by: string; options: Partial<AnaplanClientOptions> }[])(
    'when signing in and out by $by',
    async ({ options }) => {
      await checked(async ({ client }) => {
        await client.getCurrentUser();
        await client.signOut();
        await client.getCurrentUser();
      }, options);
    },
  );

  it('when a token is renewed, and when it has died', async () => {
    let ahead = 0;
    const clock = {
      now: () => Date.now() + ahead,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
    };
    const exchanges = await checked(
      async ({ client, simulator }) => {
        await client.getCurrentUser();
        ahead = 31 * 60_000;
        await simulator.advance(ahead);
        await client.getCurrentUser();
        simulator.changeWeather({ rules: [{ match: { nth: 1 }, do: { expireTokens: true } }] });
        await client.getCurrentUser();
      },
      { clock },
    );
    expect(exchanges.map(({ url, status }) => `${url.pathname} ${status}`)).toEqual([
      '/token/authenticate 201',
      '/2/0/users/me 200',
      '/token/refresh 200',
      '/2/0/users/me 200',
      '/2/0/users/me 401',
      '/token/authenticate 201',
      '/2/0/users/me 200',
    ]);
  });

  it('when something is not there, or not now', async () => {
    const exchanges = await checked(async ({ client, model, simulator, id }) => {
      await expect(client.getImport(model, '112999999999')).rejects.toThrow('500');
      await expect(client.getExport(model, '116999999999')).rejects.toThrow('404');
      for (const status of [422, 423, 424, 425]) {
        simulator.changeWeather({ rules: [{ do: { answer: { status } } }] });
        await expect(client.startTask(model, id('imports', 'Load'))).rejects.toThrow(String(status));
      }
    }, IMPATIENT);
    expect(new Set(exchanges.map(({ status }) => status))).toEqual(new Set([201, 500, 404, 422, 423, 424, 425]));
  });

  it('when the tenant has no requests left', async () => {
    const settings = { requestsPerMinute: 2, retryAfterSeconds: 1 };
    const exchanges = await checked(
      async ({ client }) => {
        for (let i = 0; i < 2; i++) await client.getCurrentUser();
        await expect(client.getCurrentUser()).rejects.toThrow('429');
      },
      IMPATIENT,
      { ...TENANT, settings },
    );
    expect(exchanges.at(-1)).toMatchObject({ status: 429, responseHeaders: { 'retry-after': '1' } });
  });
});

describe('the contract', () => {
  it('is used up: each of its paths was asked by a walk above', () => {
    expect(CONTRACTS.filter((contract) => !used.has(contract)).map(({ call }) => call)).toEqual([]);
  });

  it('has no word for a path that no shape was written for', () => {
    const exchange = {
      method: 'GET',
      url: new URL('http://127.0.0.1/2/0/models/0123456789ABCDEF0123456789ABCDEF/lists'),
      requestHeaders: {},
      requestBody: new Uint8Array(),
      status: 200,
      responseHeaders: {},
      responseBody: new Uint8Array(),
    };
    expect(breaches(exchange)).toEqual([
      'GET /2/0/models/0123456789ABCDEF0123456789ABCDEF/lists: no contract has this path',
    ]);
  });

  it('knows every call the client makes', () => {
    expect(Object.keys(WALKS).sort()).toEqual(Object.keys(CALLS).sort());
  });
});
