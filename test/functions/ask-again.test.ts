import { describe, expect, it } from 'vitest';
import { askAgainLater, isTooEarly } from '../../functions/ask-again.ts';
import { sqsEvent } from '../../infra/local/sqs-event.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';

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
  return { clock, services, next };
}

describe('a look-up of names that has to wait', () => {
  it.each([7, 500, 901, 4000])(
    'for %i s, as Anaplan says, asks never sooner, however often it is passed on',
    async (seconds) => {
      const { clock, services, next } = await desk();
      const began = clock.now();
      const diagnosis = limited({ kind: 'after', seconds, budget: 'attempts' });
      expect(await askAgainLater('drops', await next(), diagnosis, services)).toBeUndefined();
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
    let given: Awaited<ReturnType<typeof askAgainLater>>;
    let attempts = 0;
    while (given === undefined) {
      const record = await next();
      if (await isTooEarly('drops', record, services)) continue;
      attempts++;
      given = await askAgainLater('drops', record, diagnosis, services);
    }
    expect([attempts, given.diagnosis.message, given.diagnosis.retry]).toEqual([
      8,
      'Listing what the model holds failed: Anaplan answered 429. Given up after 8 attempts.',
      { kind: 'no' },
    ]);
  });

  it('that no waiting heals is not tried again', async () => {
    const { services, next } = await desk();
    const diagnosis = limited({ kind: 'no' });
    expect(await askAgainLater('drops', await next(), diagnosis, services)).toEqual({ ok: false, diagnosis });
  });
});
