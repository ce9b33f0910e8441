import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteQueues } from '../../infra/local/sqlite-queue.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';

describe('SqliteQueues', () => {
  let folder: string;
  let clock: ManualClock;
  let queues: SqliteQueues;
  const open = () => new SqliteQueues(join(folder, 'queues.sqlite'), { clock });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plandrop-queue-'));
    clock = new ManualClock();
    queues = open();
  });
  afterEach(async () => {
    queues.close();
    await rm(folder, { recursive: true });
  });

  it('makes every message in flight visible at once, keeping receive counts and delays', async () => {
    await queues.send('upload', 'in flight');
    const [received] = await queues.receive('upload', { max: 1, visibilitySeconds: 900 });
    await queues.send('poll', 'delayed', { delaySeconds: 60 });
    queues.close();
    queues = open();
    expect(queues.makeAllVisible()).toBe(1);
    await queues.delete('upload', received?.receiptHandle ?? '');
    expect(await queues.receive('upload', { max: 1, visibilitySeconds: 900 })).toMatchObject([
      { body: 'in flight', receiveCount: 2 },
    ]);
    expect(await queues.receive('poll', { max: 1, visibilitySeconds: 900 })).toEqual([]);
  });

  it('delivers what was in flight before what waited behind it', async () => {
    for (const body of ['first', 'second']) {
      await queues.send('drops', body);
      await clock.advance(1000);
    }
    await queues.receive('drops', { max: 1, visibilitySeconds: 900 });
    queues.close();
    queues = open();
    queues.makeAllVisible();
    expect(await queues.receive('drops', { max: 2, visibilitySeconds: 900 })).toMatchObject([
      { body: 'first' },
      { body: 'second' },
    ]);
  });

  it('does not hold kills against a message: it is delivered again, and counts as redelivered', async () => {
    await queues.send('upload', 'in flight');
    for (let kill = 1; kill <= 8; kill++) {
      expect(await queues.receive('upload', { max: 1, visibilitySeconds: 900 })).toMatchObject([
        { receiveCount: kill },
      ]);
      queues.close();
      queues = open();
      queues.makeAllVisible();
    }
    for (let crash = 1; crash <= 5; crash++)
      expect(await queues.receive('upload', { max: 1, visibilitySeconds: 0 })).toHaveLength(1);
    expect(await queues.receive('upload', { max: 1, visibilitySeconds: 0 })).toEqual([]);
    expect(queues.depth('poison').visible).toBe(1);
  });

  it('moves a message to the poison queue after five deliveries', async () => {
    await queues.send('start', 'crasher');
    for (let count = 1; count <= 5; count++)
      expect(await queues.receive('start', { max: 1, visibilitySeconds: 0 })).toHaveLength(1);
    expect(await queues.receive('start', { max: 1, visibilitySeconds: 0 })).toEqual([]);
    expect(queues.peek('poison')).toMatchObject([{ body: 'crasher', deadLetterSource: 'start' }]);
  });

  it('tells when the next message is due, and how many there are', async () => {
    expect(queues.nextVisibleAt('poll')).toBeUndefined();
    await queues.send('poll', 'later', { delaySeconds: 60 });
    expect(queues.nextVisibleAt('poll')).toBe(clock.now() + 60_000);
    await queues.send('poll', 'now');
    await queues.send('poll', 'waiting');
    await queues.receive('poll', { max: 1, visibilitySeconds: 30 });
    expect(queues.depth('poll')).toEqual({ visible: 1, delayed: 1, inFlight: 1 });
    expect(queues.peek('poll').map(({ body, inFlight }) => [body, inFlight])).toEqual([
      ['waiting', false],
      ['now', true],
      ['later', false],
    ]);
    expect(queues.depth('collect')).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  it('tells whoever listens that something has changed', async () => {
    const heard: string[] = [];
    const stop = queues.onChange((queue) => heard.push(queue));
    await queues.send('poll', 'x');
    const [message] = await queues.receive('poll', { max: 1, visibilitySeconds: 30 });
    await queues.changeVisibility('poll', message?.receiptHandle ?? '', 60);
    await queues.delete('poll', message?.receiptHandle ?? '');
    stop();
    await queues.send('poll', 'y');
    expect(heard).toEqual(['poll', 'poll', 'poll']);
  });
});
