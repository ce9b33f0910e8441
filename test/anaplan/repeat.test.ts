import { describe, expect, expectTypeOf, it } from 'vitest';
import { type AnaplanClient, CALLS, type CallName, type RepeatableClient, repeat } from '../../shared/anaplan/index.ts';
import { clientOf, fakeAnaplan, model, ok, refused, text } from './fake-anaplan.ts';

describe('repeat', () => {
  it('repeats what is safe to repeat until it succeeds, waiting at least as long as it is told', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /2/0/models/75A40874/open', refused(429, 'Slow down', { 'retry-after': '30' }), text(503), ok({}));
    const slept: number[] = [];
    const sleep = async (ms: number) => void slept.push(ms);
    await expect(repeat(clientOf(fake), (client) => client.wakeModel(model), { sleep, random: () => 0 })).resolves.toBe(
      'open',
    );
    expect(slept).toEqual([30_000, 0]);
  });

  it('throws the last failure when its attempts are spent, and at once what time does not heal', async () => {
    await using fake = await fakeAnaplan();
    fake.on('POST /2/0/models/75A40874/open', text(503));
    const sleep = async () => {};
    const spent = repeat(clientOf(fake), (client) => client.wakeModel(model), { sleep, attempts: 3 });
    await expect(spent).rejects.toMatchObject({ status: 503 });
    expect(fake.requests('POST', 'open')).toHaveLength(3);
    fake.on('POST /2/0/models/75A40874/open', refused(404, 'Not Found'));
    await expect(repeat(clientOf(fake), (client) => client.wakeModel(model), { sleep })).rejects.toMatchObject({
      status: 404,
    });
    expect(fake.requests('POST', 'open')).toHaveLength(4);
  });

  it('does not take a start, an announcement or a completion', () => {
    const misuse = (client: AnaplanClient) =>
      // @ts-expect-error a start is not repeatable
      repeat(client, (c) => c.startTask(model, { kind: 'imports', id: '1' }), { sleep: async () => {} });
    expect(misuse).toBeTypeOf('function');
    expectTypeOf<RepeatableClient>().not.toHaveProperty('startTask');
    expectTypeOf<RepeatableClient>().not.toHaveProperty('announceFile');
    expectTypeOf<RepeatableClient>().not.toHaveProperty('completeFile');
    expectTypeOf<RepeatableClient>().toHaveProperty('getTask');
  });
});

it('every call of the table is a method of the client, and every method that asks Anaplan is in the table', () => {
  expectTypeOf<CallName>().toExtend<keyof AnaplanClient>();
  expectTypeOf<Exclude<keyof AnaplanClient, CallName>>().toEqualTypeOf<'with' | 'signOut' | 'close'>();
  expect(CALLS.startTask.safeToRepeat).toBe(false);
});
