import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueueConsumer, QueueName, Queues, ReceivedMessage } from '../../../shared/ports/queue.ts';

export interface QueueUnderTest {
  queues: Queues & QueueConsumer;
  /** Lets time pass, for the queue and for us. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface QueueDeviations {
  /** moto deletes a message by any receipt handle it ever had; SQS only by the latest. */
  staleReceiptsDelete?: boolean;
  /** moto does not tell where a message in a dead-letter queue came from; SQS does (DeadLetterQueueSourceArn). */
  poisonWithoutSource?: boolean;
}

/** After this many deliveries a message moves to the poison queue; whoever makes the queue under test configures it so. */
export const MAX_RECEIVE_COUNT = 3;

/** What every adapter of `Queues & QueueConsumer` does, as SQS's standard queues do it. */
export function describeQueue(
  name: string,
  make: () => Promise<QueueUnderTest>,
  deviations: QueueDeviations = {},
): void {
  describe(`Queues: ${name}`, () => {
    let subject: QueueUnderTest;
    let queues: Queues & QueueConsumer;
    beforeEach(async () => {
      subject = await make();
      queues = subject.queues;
    });
    afterEach(() => subject.close());

    const receive = (queue: QueueName, visibilitySeconds = 30, max = 10) =>
      queues.receive(queue, { max, visibilitySeconds });
    const receiveOne = async (queue: QueueName, visibilitySeconds = 30): Promise<ReceivedMessage> => {
      const [message] = await receive(queue, visibilitySeconds);
      if (message === undefined) throw new Error(`Nothing is visible in ${queue}`);
      return message;
    };

    it('delivers a message with its body, attributes and a receive count of 1', async () => {
      await queues.send('upload', '{"runId":"r1"}', { attributes: { pipeline: 'sales', category: 'not-found' } });
      const message = await receiveOne('upload');
      expect(message).toMatchObject({
        body: '{"runId":"r1"}',
        receiveCount: 1,
        attributes: { pipeline: 'sales', category: 'not-found' },
      });
      expect(message.sentAt).toBeGreaterThan(0);
      expect(message.deadLetterSource).toBeUndefined();
    });

    it.each([
      ['an accent and an emoji', 'März 😀 "zitiert"\n\ttab'],
      ['what XML must escape', '<a href="x">&amp;</a> ]]>'],
      ['200 kB', 'x'.repeat(200_000)],
    ])('keeps %s unchanged', async (_, body) => {
      await queues.send('upload', body);
      expect((await receiveOne('upload')).body).toBe(body);
    });

    it('keeps its queues apart', async () => {
      await queues.send('poll', 'for poll');
      expect(await receive('collect')).toEqual([]);
      expect((await receiveOne('poll')).body).toBe('for poll');
    });

    it('receives at most as many as asked for, and each message once while it is in flight', async () => {
      const sent = Array.from({ length: 12 }, (_, index) => `message ${index}`);
      for (const body of sent) await queues.send('upload', body);
      const seen: string[] = [];
      for (let round = 0; seen.length < sent.length && round < 12; round++) {
        const batch = await receive('upload', 30, 5);
        expect(batch.length).toBeLessThanOrEqual(5);
        seen.push(...batch.map(({ body }) => body));
      }
      expect(seen.toSorted()).toEqual(sent.toSorted());
      expect(await receive('upload')).toEqual([]);
    });

    it('never delivers a deleted message again', async () => {
      await queues.send('upload', 'done');
      await queues.delete('upload', (await receiveOne('upload', 1)).receiptHandle);
      await subject.pass(2);
      expect(await receive('upload')).toEqual([]);
    });

    it('hides a delayed message until its delay has passed', async () => {
      await queues.send('poll', 'later', { delaySeconds: 2 });
      await queues.send('poll', 'now');
      expect((await receive('poll')).map(({ body }) => body)).toEqual(['now']);
      await subject.pass(2.2);
      expect((await receive('poll')).map(({ body }) => body)).toEqual(['later']);
    });

    it('rounds a delay up: a wait is never shortened', async () => {
      await queues.send('poll', 'later', { delaySeconds: 1.2 });
      await subject.pass(1.5);
      expect(await receive('poll')).toEqual([]);
      await subject.pass(1);
      expect(await receive('poll')).toHaveLength(1);
    });

    it('delivers a message again when its visibility timeout has passed, counting receives', async () => {
      await queues.send('upload', 'twice');
      const first = await receiveOne('upload', 1);
      expect(await receive('upload')).toEqual([]);
      await subject.pass(1.2);
      const second = await receiveOne('upload');
      expect(second).toMatchObject({
        body: 'twice',
        messageId: first.messageId,
        receiveCount: 2,
        sentAt: first.sentAt,
      });
      expect(second.receiptHandle).not.toBe(first.receiptHandle);
    });

    it('extends and ends a visibility timeout', async () => {
      await queues.send('upload', 'slow');
      const { receiptHandle } = await receiveOne('upload', 1);
      await queues.changeVisibility('upload', receiptHandle, 60);
      await subject.pass(1.2);
      expect(await receive('upload')).toEqual([]);
      await queues.changeVisibility('upload', receiptHandle, 0);
      expect((await receiveOne('upload')).receiveCount).toBe(2);
    });

    it('does no harm with a stale receipt handle', async () => {
      await queues.send('upload', 'mine now');
      const stale = await receiveOne('upload', 0);
      const fresh = await receiveOne('upload', 1);
      if (deviations.staleReceiptsDelete !== true) await queues.delete('upload', stale.receiptHandle);
      await queues.changeVisibility('upload', stale.receiptHandle, 0).catch(() => undefined);
      await subject.pass(1.2);
      const again = await receiveOne('upload');
      expect(again).toMatchObject({ messageId: fresh.messageId, receiveCount: 3 });
      await queues.delete('upload', again.receiptHandle);
      await expect(queues.delete('upload', again.receiptHandle)).resolves.toBeUndefined();
    });

    it(`moves a message to the poison queue instead of delivering it more than ${MAX_RECEIVE_COUNT} times`, async () => {
      await queues.send('start', 'crasher', { attributes: { pipeline: 'sales' } });
      await queues.send('start', 'bystander', { delaySeconds: 900 });
      for (let count = 1; count <= MAX_RECEIVE_COUNT; count++) {
        expect((await receiveOne('start', 0)).receiveCount).toBe(count);
        expect(await receive('poison')).toEqual([]);
      }
      expect(await receive('start')).toEqual([]);
      expect(await receiveOne('poison')).toMatchObject({
        body: 'crasher',
        attributes: { pipeline: 'sales' },
        ...(deviations.poisonWithoutSource === true ? {} : { deadLetterSource: 'start' }),
      });
    });

    it('waits for a message when asked to', async () => {
      const waiting = queues.receive('collect', { max: 1, visibilitySeconds: 30, waitSeconds: 5 });
      await queues.send('collect', 'here');
      expect((await waiting).map(({ body }) => body)).toEqual(['here']);
    });

    it.each([
      ['a delay of more than 15 minutes', 'x', { delaySeconds: 901 }],
      ['a negative delay', 'x', { delaySeconds: -1 }],
      ['no body', '', {}],
      ['an empty attribute', 'x', { attributes: { run: '' } }],
      ['more than ten attributes', 'x', { attributes: Object.fromEntries([...'abcdefghijk'].map((n) => [n, n])) }],
      ['more than a mebibyte', 'é'.repeat(600_000), {}],
    ])('refuses %s, sending nothing', async (_, body, options) => {
      await expect(queues.send('upload', body, options)).rejects.toThrow(RangeError);
      expect(await receive('upload')).toEqual([]);
    });
  });
}
