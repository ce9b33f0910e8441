import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnaplanClient, type ExchangeNote } from '../../shared/anaplan/index.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { gapsOf, readRequests } from '../../shared/run/read-requests.ts';
import { type JournalLine, RequestJournal } from '../../shared/run/request-journal.ts';
import { jumpingClock } from '../anaplan/fake-anaplan.ts';
import { calls, canary, hostileAnswer, hostileTransport } from '../anaplan/hostile-answers.ts';
import { GOES } from '../simulation/operation.ts';
import type { World } from '../simulation/world.ts';
import { LIVES, live, requestsOf, wrongWith } from './lives.ts';

const RUN = '20260302-0123456789abcdef';

describe.each(LIVES)('the life of $name, like $like', (life) => {
  it('leaves every request of it, in order, with its status, and no gap', async () => {
    await using world = await live(life);
    const { saw, kept, gaps } = await requestsOf(world);
    expect(kept).toEqual(saw);
    expect(gaps).toEqual([]);
  });
});

describe.each(LIVES.filter(({ steps }) => steps.length === 1))('the life of $name, like $like', (life) => {
  it('goes its way when no request can be kept', async () => {
    await using world = await live(life, {
      fate: ({ kind, about }) =>
        kind === 'store' && about.startsWith('requests/') ? { kind: 'store-fault', fault: 'fail' } : GOES,
    });
    expect(wrongWith(life, world)).toEqual([]);
    expect((await requestsOf(world)).gaps).toEqual([expect.stringContaining('of which 0 are kept')]);
  });

  it('keeps a request once when the answer to the writing is lost', async () => {
    await using world = await live(life, {
      fate: ({ kind, about }) =>
        kind === 'store' && about.startsWith('requests/')
          ? { kind: 'store-fault', fault: 'lost-acknowledgement' }
          : GOES,
    });
    const { saw, kept } = await requestsOf(world);
    expect(kept).toEqual(saw);
  });
});

it('costs one write with each commit, however many chunks are sent', async () => {
  const [life] = LIVES;
  if (life === undefined) throw new Error('there is no life');
  const writes = (world: World) => world.state.keys().filter((key) => key.startsWith('requests/')).length;
  await using small = await live(life);
  const rows = Array.from({ length: 100 }, (_, i) => `Tea,Jan 26,${i}`);
  await using large = await live({ ...life, text: ['Product,Month,Units', ...rows, ''].join('\n') });
  const chunks = (await requestsOf(large)).requests.filter(({ call }) => call === 'chunk');
  expect(chunks.length).toBeGreaterThan(20);
  expect(writes(large)).toBe(writes(small));
  expect(chunks.every(({ requestBytes = 0, requestBody }) => requestBytes > 0 && requestBody === undefined)).toBe(true);
});

it('keeps whatever answers: every request can be read again, and none holds the token', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(calls)),
      fc.array(hostileAnswer, { minLength: 1, maxLength: 4 }),
      async (name, answers) => {
        const clock = new ManualClock();
        const state = new MemoryStore({ bucket: 'state', clock });
        const log = memoryLogger();
        const journal = new RequestJournal({ state, random: () => 0.5, log }, { runId: RUN, turn: 1, delivery: 1 });
        const notes: ExchangeNote[] = [];
        const client = new AnaplanClient({
          credentials: async () => ({ kind: 'basic', username: 'me', password: 'correct horse' }),
          transport: hostileTransport(answers).transport,
          clock: jumpingClock(),
          random: () => 0.5,
          onExchange: (note) => {
            notes.push(note);
            journal.add(note);
          },
        });
        await calls[name]?.(client).catch(() => {});
        journal.close();
        await journal.flush();
        const { requests, gaps } = await readRequests(state, { runId: RUN, turn: 1, ended: null });
        expect(gaps).toEqual([]);
        expect(requests).toHaveLength(notes.length);
        expect(log.entries).toEqual([]);
        const text = JSON.stringify(requests);
        for (const secret of [canary, 'correct horse', Buffer.from('me:correct horse').toString('base64')])
          expect(text).not.toContain(secret);
        for (const { requestBody = '', responseBody = '' } of requests) {
          expect(Buffer.byteLength(requestBody)).toBeLessThanOrEqual(4096);
          expect(Buffer.byteLength(responseBody)).toBeLessThanOrEqual(4096);
        }
      },
    ),
    { numRuns: 300 },
  );
});

const bodies: [string, Buffer<ArrayBuffer>][] = [
  ['a huge answer of many bytes a letter', Buffer.from('€'.repeat(400_000))],
  ['a huge page', Buffer.from(`<html>${'<p>Service Unavailable</p>'.repeat(40_000)}</html>`)],
  ['binary noise', Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256))],
  ['a token that the cut would halve', Buffer.from(`${'x'.repeat(4090)} AnaplanAuthToken ${canary} and more`)],
  ['a token just before the cut of what is read', Buffer.from(`${'x'.repeat(65_530)}${canary}`)],
];

it.each(bodies)('keeps the first 4 KB of %s, whole letters, and no part of a token', async (_, body) => {
  const notes: ExchangeNote[] = [];
  const headers = {};
  const client = new AnaplanClient({
    credentials: async () => ({ kind: 'basic', username: 'me', password: 'correct horse' }),
    transport: hostileTransport([{ status: 400, headers, body, breaks: false }]).transport,
    clock: jumpingClock(),
    onExchange: (note) => notes.push(note),
  });
  await calls.getModel?.(client).catch(() => {});
  const { responseBody = '', responseBytes = 0, problem = '' } = notes[1] ?? {};
  expect(Buffer.byteLength(responseBody)).toBeLessThanOrEqual(4096);
  expect(responseBody.length).toBeGreaterThan(1000);
  expect(responseBytes).toBeGreaterThan(4096);
  expect(`${responseBody}${problem}`).not.toMatch(/canary|token-of/);
  if (body.toString('utf8').includes('\uFFFD')) return;
  expect(responseBody).not.toContain('\uFFFD');
});

describe('what is missing is told', () => {
  const attempt = (turn: number, delivery: number, requests: number, total: number | undefined): JournalLine[] => {
    const of = { attempt: `${turn}-${delivery}`, turn, delivery };
    const asked = { host: 'h', call: 'poll', method: 'GET', path: '/', ms: 1, at: '2026-03-02T06:00:00.000Z' };
    const lines: JournalLine[] = Array.from({ length: requests }, (_, i) => ({
      kind: 'request',
      ...of,
      ...asked,
      n: i + 1,
    }));
    return total === undefined ? lines : [...lines, { kind: 'end', ...of, requests: total }];
  };

  it.each([
    ['nothing, where each attempt is whole', [attempt(1, 1, 2, 2), attempt(2, 1, 1, 1)], []],
    ['an attempt that never said its last word', [attempt(1, 1, 2, 2), attempt(2, 1, 1, undefined)], ['cut short']],
    ['lines that could not be kept', [attempt(1, 1, 3, 5)], ['5 requests, of which 2']],
    ['a delivery without any', [attempt(1, 1, 2, 2), attempt(2, 2, 1, 1)], ['Turn 2 (delivery 1) left no requests']],
    ['fewer than the ledger counts', [attempt(1, 1, 2, 2)], ['at least 3 requests, of which 2 are kept']],
    [
      'not those before the first turn, which the ledger does not count',
      [attempt(0, 2, 5, 5), attempt(1, 1, 3, 3)],
      [],
    ],
  ])('%s', (_, attempts, gaps) => {
    const ended = { outcome: 'failed' as const, at: '2026-03-02T06:00:00.000Z', todo: [] };
    expect(gapsOf(attempts.flat(), { asked: 3, turn: 4, ended })).toEqual(
      gaps.map((gap) => expect.stringContaining(gap)),
    );
  });
});
