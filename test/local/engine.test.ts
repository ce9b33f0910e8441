import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinDataFolder, type LockedDataFolder, openDataFolder } from '../../infra/local/data-folder.ts';
import { type Engine, type EngineOptions, startEngine } from '../../infra/local/engine.ts';
import type { Mapping, QueueHandler } from '../../infra/local/event-source-mapping.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { altered } from '../end-to-end/landing.ts';

const DISK_ERROR = new Error('the disk reports an error.');

describe('the embedded engine', () => {
  let dataDir: string;
  let clock: ManualClock;
  let folder: LockedDataFolder;
  let engine: Engine | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'plandrop-engine-'));
    clock = new ManualClock();
    folder = await openDataFolder(dataDir, { clock });
  });
  afterEach(async () => {
    await engine?.stop(0);
    engine = undefined;
    folder.close();
    await rm(dataDir, { recursive: true });
  });

  const start = (mapping: Partial<Mapping> & { handler: QueueHandler }, options: EngineOptions = {}) => {
    engine = startEngine(folder, [{ queue: 'upload', ...mapping }], options);
    return engine;
  };
  const bodies = (event: SQSEvent) => event.Records.map(({ body }) => body);

  it('calls the handler with the event and the context of Lambda', async () => {
    const calls: [SQSEvent, Context][] = [];
    const remaining: number[] = [];
    await folder.queues.send('upload', '{"runId":"r1"}', { attributes: { pipeline: 'sales' } });
    const sentAt = clock.now();
    const handler: QueueHandler = async (event, context) => {
      calls.push([event, context]);
      remaining.push(context.getRemainingTimeInMillis());
      await clock.sleep(2000);
      remaining.push(context.getRemainingTimeInMillis());
    };
    start({ handler, timeoutSeconds: 120, functionName: 'upload-file' });
    await clock.advance(3000);
    const [event, context] = calls[0] ?? [];
    expect(calls).toHaveLength(1);
    expect(event?.Records).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: '{"runId":"r1"}',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(sentAt),
          SenderId: '000000000000',
          ApproximateFirstReceiveTimestamp: String(sentAt),
        },
        messageAttributes: { pipeline: { stringValue: 'sales', dataType: 'String' } },
        md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:local:000000000000:upload',
        awsRegion: 'local',
      },
    ]);
    expect(context?.functionName).toBe('upload-file');
    expect(remaining).toEqual([120_000, 118_000]);
    expect(folder.queues.nextVisibleAt('upload')).toBeUndefined();
  });

  it('sees a message the moment it is sent, and a delayed one exactly when it is due', async () => {
    const seen: [string, number][] = [];
    const began = clock.now();
    start({
      handler: async (event) => {
        for (const body of bodies(event)) seen.push([body, clock.now() - began]);
      },
    });
    await clock.advance(350);
    await folder.queues.send('upload', 'at once');
    await folder.queues.send('upload', 'later', { delaySeconds: 7 });
    await clock.advance(10_000);
    expect(seen).toEqual([
      ['at once', 350],
      ['later', 7350],
    ]);
  });

  it('delivers a message of a failed invocation again after a short while, then poisons it', async () => {
    const counts: number[] = [];
    const buried: SQSEvent[] = [];
    await folder.queues.send('upload', 'crasher', { attributes: { pipeline: 'sales' } });
    const crash: QueueHandler = async (event) => {
      counts.push(Number(event.Records[0]?.attributes.ApproximateReceiveCount), clock.now());
      throw new Error('boom');
    };
    const bury: QueueHandler = async (event) => {
      buried.push(event);
    };
    engine = startEngine(folder, [
      { queue: 'upload', handler: crash },
      { queue: 'poison', handler: bury },
    ]);
    const began = clock.now();
    await clock.advance(60_000);
    expect(counts).toEqual([1, 2, 3, 4, 5].flatMap((count) => [count, began + (count - 1) * 5000]));
    expect(buried[0]?.Records[0]).toMatchObject({
      body: 'crasher',
      attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:local:000000000000:upload' },
      messageAttributes: { pipeline: { stringValue: 'sales' } },
    });
    await engine.idle();
  });

  it.each([
    ['only the named messages', (ids: string[]) => ({ batchItemFailures: [{ itemIdentifier: ids[1] }] }), ['1']],
    ['none for an empty list', () => ({ batchItemFailures: [] }), []],
    ['none for no answer', () => undefined, []],
    ['all for an unknown identifier', () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] }), ['0', '1', '2']],
    ['all for an empty identifier', () => ({ batchItemFailures: [{ itemIdentifier: '' }] }), ['0', '1', '2']],
    ['all for another shape', () => ({ batchItemFailures: 'no' }), ['0', '1', '2']],
  ])('takes back %s', async (_, answer, expected) => {
    const batches: string[][] = [];
    for (const body of ['0', '1', '2']) await folder.queues.send('upload', body);
    const handler: QueueHandler = async (event) => {
      batches.push(bodies(event));
      return answer(event.Records.map(({ messageId }) => messageId));
    };
    start({ handler, batchSize: 10, maximumConcurrency: 1 });
    await clock.advance(5500);
    expect(batches).toEqual(expected.length === 0 ? [['0', '1', '2']] : [['0', '1', '2'], expected]);
  });

  it('runs at most as many invocations at once as it may', async () => {
    let running = 0;
    let most = 0;
    for (let index = 0; index < 10; index++) await folder.queues.send('upload', String(index));
    const handler: QueueHandler = async () => {
      most = Math.max(most, ++running);
      await clock.sleep(1000);
      running--;
    };
    const { idle } = start({ handler, maximumConcurrency: 3 });
    await clock.advance(5000);
    expect(most).toBe(3);
    await idle();
  });

  it('never delivers a message again while its handler is running, however long that takes', async () => {
    let calls = 0;
    await folder.queues.send('upload', 'slow');
    const handler: QueueHandler = async () => {
      calls++;
      await clock.sleep(3 * 60 * 60 * 1000);
    };
    start({ handler, timeoutSeconds: 10 });
    await clock.advance(4 * 60 * 60 * 1000);
    expect(calls).toBe(1);
    expect(folder.queues.depth('upload')).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  it('is idle only when nothing is visible, in flight or delayed', async () => {
    let idle = false;
    await folder.queues.send('upload', 'again');
    const handler: QueueHandler = async (event) => {
      if (event.Records[0]?.body === 'again') await folder.queues.send('upload', 'last', { delaySeconds: 30 });
    };
    void start({ handler })
      .idle()
      .then(() => {
        idle = true;
      });
    await clock.advance(29_000);
    expect(idle).toBe(false);
    await clock.advance(1000);
    expect(idle).toBe(true);
  });

  it('sees what another process sends', async () => {
    const seen: string[] = [];
    start({ handler: async (event) => void seen.push(...bodies(event)) });
    await clock.advance(100);
    using other = joinDataFolder(dataDir, { clock });
    await other.queues.send('upload', 'from outside');
    await clock.advance(1000);
    expect(seen).toEqual(['from outside']);
  });

  it('stops when its handlers have come back, and frees the folder', async () => {
    const seen: string[] = [];
    await folder.queues.send('upload', 'running');
    const handler: QueueHandler = async (event) => {
      await clock.sleep(1000);
      seen.push(...bodies(event));
    };
    const { stop } = start({ handler, maximumConcurrency: 1 });
    await clock.advance(500);
    await folder.queues.send('upload', 'waiting');
    const stopped = stop();
    await clock.advance(1000);
    expect(await stopped).toBe(true);
    using next = await openDataFolder(dataDir, { clock });
    expect(seen).toEqual(['running']);
    expect(next.recovered.messagesInFlight).toBe(0);
    expect(next.queues.peek('upload').map(({ body }) => body)).toEqual(['waiting']);
    expect(next.engineId).not.toBe(folder.engineId);
  });

  it('gives up waiting for a handler that hangs; the next engine delivers its message again', async () => {
    await folder.queues.send('upload', 'hangs');
    const { stop } = start({ handler: () => new Promise(() => undefined) });
    await clock.advance(100);
    const stopped = stop(10);
    await clock.advance(10_000);
    expect(await stopped).toBe(false);
    using next = await openDataFolder(dataDir, { clock });
    expect(next.recovered.messagesInFlight).toBe(1);
    expect(next.queues.depth('upload').visible).toBe(1);
  });

  it('receives no more at once, and waits no longer for what else works on the folder', async () => {
    const seen: string[] = [];
    const { stop } = start({ handler: async (event) => void seen.push(...bodies(event)) });
    await clock.advance(100);
    const stopped = stop(10, [new Promise(() => undefined)]);
    await folder.queues.send('upload', 'too late');
    await clock.advance(9_999);
    using beside = joinDataFolder(dataDir, { clock });
    expect([seen, beside.queues.peek('upload').map(({ body }) => body)]).toEqual([[], ['too late']]);
    await clock.advance(1);
    expect(await stopped).toBe(false);
    using next = await openDataFolder(dataDir, { clock });
    expect(next.recovered.messagesInFlight).toBe(0);
  });

  it.each(['nextVisibleAt', 'newestSentAt'] as const)(
    'waits, says why, and goes on when %s fails for a while',
    async (read) => {
      const said: string[] = [];
      const log = { ...silentLogger, error: (message: string) => void said.push(message) };
      let fails = false;
      const queues = altered(folder.queues, {
        nextVisibleAt: (queue) => {
          if (read === 'nextVisibleAt' && fails) throw DISK_ERROR;
          return folder.queues.nextVisibleAt(queue);
        },
        newestSentAt: () => {
          if (read === 'newestSentAt' && fails) throw DISK_ERROR;
          return folder.queues.newestSentAt();
        },
      });
      let calls = 0;
      engine = startEngine({ ...folder, queues }, [{ queue: 'upload', handler: async () => void calls++ }], { log });
      await clock.advance(1000);
      fails = true;
      await clock.advance(60_000);
      expect(said).toEqual([expect.stringMatching(/^Waiting: the disk reports an error\. Nothing is lost/)]);
      fails = false;
      await folder.queues.send('upload', 'x');
      await clock.advance(6000);
      expect(calls).toBe(1);
      await engine.idle();
    },
  );

  it('tells who waits for it to be idle that the queues cannot be read', async () => {
    let fails = false;
    const queues = altered(folder.queues, {
      nextVisibleAt: (queue) => {
        if (fails) throw DISK_ERROR;
        return folder.queues.nextVisibleAt(queue);
      },
    });
    await folder.queues.send('upload', 'x');
    engine = startEngine({ ...folder, queues }, [{ queue: 'upload', handler: () => clock.sleep(1000) }]);
    await clock.advance(100);
    const idle = engine.idle();
    fails = true;
    await Promise.all([expect(idle).rejects.toThrow(DISK_ERROR.message), clock.advance(1000)]);
    fails = false;
    await clock.advance(6000);
    await engine.idle();
  });

  it('receives nothing while the disk is almost full, and says so', async () => {
    const said: string[] = [];
    const log = { ...silentLogger, error: (message: string) => void said.push(message) };
    let calls = 0;
    await folder.queues.send('upload', 'x');
    start({ handler: async () => void calls++ }, { log, minimumFreeBytes: Number.MAX_SAFE_INTEGER });
    await clock.advance(20_000);
    expect(calls).toBe(0);
    expect(said).toEqual([expect.stringMatching(/disk of .* is almost full\. Free some space.*goes on by itself/)]);
    expect(folder.queues.peek('upload')[0]?.receiveCount).toBe(0);
  });
});
