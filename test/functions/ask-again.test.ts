import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import { askAgainLater, givenUp, isAskedAgain, isTooEarly } from '../../functions/ask-again.ts';
import { createReceiveDrop } from '../../functions/receive-drop/handler.ts';
import type { Services } from '../../functions/services.ts';
import { sqsEvent } from '../../infra/local/sqs-event.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';

const limited = (retry: Diagnosis['retry']): Diagnosis => ({
  category: 'rate-limit',
  cause: 'Too many requests.',
  message: 'Listing what the model holds failed: Anaplan answered 429.',
  whatToCheck: ['Wait.'],
  retry,
  references: {},
});

async function desk() {
  const clock = new ManualClock();
  const queues = new MemoryQueues({ clock });
  const services = { clock, queues, random: () => 0.5, log: silentLogger };
  await queues.send('drops', '{"a":1}', { attributes: { pipeline: 'sales' } });
  /** The next message, when it comes, and its time. */
  const next = async () => {
    for (let seconds = 0; seconds < 10_000; seconds++) {
      const messages = await queues.receive('drops', { max: 1, visibilitySeconds: 30 });
      for (const { receiptHandle } of messages) await queues.delete('drops', receiptHandle);
      const [record] = sqsEvent('drops', messages, clock.now()).Records;
      if (record !== undefined) return record;
      await clock.advance(1000);
    }
    throw new Error('no message came');
  };
  return { clock, queues, services, next };
}

describe('a look-up of names that has to wait', () => {
  it.each([7, 500, 901, 4000])(
    'for %i s, as Anaplan says, asks never sooner, however often it is passed on',
    async (seconds) => {
      const { clock, services, next } = await desk();
      const began = clock.now();
      const diagnosis = limited({ kind: 'after', seconds, budget: 'attempts' });
      const sooner = limited({ kind: 'after', budget: 'attempts' });
      await askAgainLater('drops', await next(), [sooner, diagnosis, sooner], services);
      let record = await next();
      let passedOn = 0;
      for (; await isTooEarly('drops', record, services); record = await next()) passedOn++;
      expect((clock.now() - began) / 1000).toBeGreaterThanOrEqual(seconds);
      expect((clock.now() - began) / 1000).toBeLessThan(2 * seconds + 2);
      expect(passedOn > 0).toBe(seconds > 900);
      expect([record.body, record.messageAttributes.pipeline?.stringValue]).toEqual(['{"a":1}', 'sales']);
      expect(record.messageAttributes.attempt?.stringValue).toBe('2');
    },
  );

  it('gives up after eight attempts, and says so', async () => {
    const { services, next } = await desk();
    const diagnosis = limited({ kind: 'after', budget: 'attempts' });
    let record = await next();
    let asked = 0;
    for (; isAskedAgain(record, diagnosis); record = await next()) {
      if (await isTooEarly('drops', record, services)) continue;
      asked++;
      await askAgainLater('drops', record, [diagnosis], services);
    }
    const given = givenUp(record, diagnosis);
    expect([asked, given.diagnosis.message, given.diagnosis.retry]).toEqual([
      7,
      'Listing what the model holds failed: Anaplan answered 429. Given up after 8 attempts.',
      { kind: 'no' },
    ]);
  });

  it('that no waiting heals is not tried again', async () => {
    const { next } = await desk();
    const diagnosis = limited({ kind: 'no' });
    const record = await next();
    expect(isAskedAgain(record, diagnosis)).toBe(false);
    expect(givenUp(record, diagnosis)).toEqual({ ok: false, diagnosis });
  });

  it('sends a drop again once, however many pipelines take it', async () => {
    const { clock, services, queues, next } = await desk();
    await next();
    const state = new MemoryStore({ bucket: 'state', clock });
    const drops = new MemoryStore({ bucket: 'drops', clock });
    await drops.put('a.csv', 'x');
    const diagnosis = limited({ kind: 'after', budget: 'attempts' });
    let lookedUp = 0;
    const receive = createReceiveDrop({
      ...handServices({ state, queues }),
      ...services,
      alerts: { publish: async () => {} },
      source: () => drops,
      pipelines: {
        matching: () => ['one', 'two', 'three'],
        sets: () => [],
        isArchived: () => false,
        expectBy: () => undefined,
        freeze: async () => {
          lookedUp++;
          return { ok: false, diagnosis };
        },
      },
    } as unknown as Services);
    const object = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'drops' }, object: { key: 'a.csv' } } };
    await queues.send('drops', JSON.stringify({ Records: [object] }));
    let delivered = 0;
    while (state.keys('runs/').length === 0) {
      await receive({ Records: [await next()] }, {});
      delivered++;
    }
    expect([delivered, lookedUp, queues.peek('drops')]).toEqual([8, 24, []]);
    expect(state.keys('runs/')).toHaveLength(3);
  });
});
