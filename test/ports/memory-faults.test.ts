import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues, type QueueFault } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore, type StoreFault } from '../../shared/ports/memory/memory-store.ts';

const clock = new ManualClock();

describe('MemoryStore under faults', () => {
  const failing = (fault: StoreFault) => new MemoryStore({ bucket: 'state', clock, faults: () => fault });

  it.each<[StoreFault, 'throws' | 'says not written', boolean]>([
    ['fail', 'throws', false],
    ['conflict', 'throws', false],
    ['denied', 'throws', false],
    ['lost-acknowledgement', 'throws', true],
    ['lost-then-refused', 'says not written', true],
  ])('%s: create %s; written: %s', async (fault, answer, written) => {
    const store = failing(fault);
    const creating = store.create('run', '{}');
    if (answer === 'throws') await expect(creating).rejects.toThrow(`create run: ${fault}`);
    else expect(await creating).toEqual({ written: false });
    expect(store.text('run')).toBe(written ? '{}' : undefined);
  });

  it('lets the caller choose by operation and key, and wait', async () => {
    const store = new MemoryStore({ bucket: 'state', clock });
    const asked: string[] = [];
    store.faults = async ({ name, key }) => {
      asked.push(`${name} ${key}`);
      return key === 'bad' ? 'fail' : undefined;
    };
    await store.put('good', 'x');
    await expect(store.put('bad', 'x')).rejects.toMatchObject({ name: 'InjectedFault' });
    expect(asked).toEqual(['put good', 'put bad']);
    expect(store.keys()).toEqual(['good']);
  });

  it('never lets a caller change what is stored', async () => {
    const store = new MemoryStore({ bucket: 'state', clock });
    const body = Buffer.from('abc');
    await store.put('key', body);
    body.fill('x');
    (await store.get('key'))?.body.fill(0);
    expect(store.text('key')).toBe('abc');
  });
});

describe('MemoryQueues under faults', () => {
  const failing = (fault: QueueFault) =>
    new MemoryQueues({ clock, faults: ({ name }) => (name === 'send' ? fault : undefined) });

  it.each<[QueueFault, 'throws' | 'resolves', number]>([
    ['fail', 'throws', 0],
    ['lost-acknowledgement', 'throws', 1],
    ['duplicate', 'resolves', 2],
  ])('%s: send %s; deliveries: %d', async (fault, answer, deliveries) => {
    const queues = failing(fault);
    const sending = queues.send('poll', 'x');
    if (answer === 'throws') await expect(sending).rejects.toThrow(`send poll: ${fault}`);
    else await sending;
    const received = await queues.receive('poll', { max: 10, visibilitySeconds: 60 });
    expect(received).toHaveLength(deliveries);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBeLessThanOrEqual(1);
    expect(queues.depth('poll')).toEqual({ visible: 0, delayed: 0, inFlight: deliveries });
  });

  it('receives in random order where it is given randomness', async () => {
    const numbers = [0.99, 0, 0];
    const queues = new MemoryQueues({ clock, random: () => numbers.shift() ?? 0 });
    for (const body of ['a', 'b', 'c']) await queues.send('poll', body);
    const received = await queues.receive('poll', { max: 3, visibilitySeconds: 60 });
    expect(received.map(({ body }) => body)).toEqual(['c', 'a', 'b']);
  });
});
