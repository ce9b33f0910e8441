import { describe, expect, it } from 'vitest';
import { EventSourceMapping, type QueueHandler } from '../../infra/local/event-source-mapping.ts';
import { Trouble } from '../../infra/local/trouble.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues, type QueueFault, type QueueOperation } from '../../shared/ports/memory/memory-queues.ts';

describe('an event source mapping on a disk that refuses for a while', () => {
  /** Runs one message while the first two operations of this name fail, and tells what happened. */
  async function withTrouble(name: QueueOperation['name'], handler: QueueHandler, fault: QueueFault = 'fail') {
    const clock = new ManualClock();
    const queues = new MemoryQueues({ clock });
    const said: string[] = [];
    let calls = 0;
    let troubles = 2;
    await queues.send('upload', 'x');
    queues.faults = (operation) => (operation.name === name && troubles-- > 0 ? fault : undefined);
    const mapping = new EventSourceMapping(
      {
        queue: 'upload',
        handler: async (event, context) => {
          calls++;
          return handler(event, context);
        },
      },
      {
        queues,
        clock,
        log: { ...silentLogger, error: (message) => void said.push(message) },
        failedVisibilitySeconds: 60,
        lookAgainMs: 1000,
        pause: () => undefined,
        trouble: new Trouble((reason) => void said.push(reason)),
        onSettled: () => undefined,
      },
    );
    mapping.start();
    await clock.advance(11_000);
    const stopped = mapping.stop();
    await clock.advance(1000);
    await stopped;
    return { calls, said, depth: queues.depth('upload') };
  }

  it('deletes a message that succeeded as soon as it can, without calling the handler again', async () => {
    expect(await withTrouble('delete', async () => undefined)).toEqual({
      calls: 1,
      said: ['delete upload: fail'],
      depth: { visible: 0, delayed: 0, inFlight: 0 },
    });
  });

  it('gives a failed message back as soon as it can', async () => {
    const failing = async () => Promise.reject(new Error('boom'));
    expect(await withTrouble('changeVisibility', failing)).toMatchObject({
      calls: 1,
      said: ['upload failed: boom', 'changeVisibility upload: fail'],
      depth: { visible: 0, delayed: 0, inFlight: 1 },
    });
  });

  it('goes on receiving when it can', async () => {
    expect(await withTrouble('receive', async () => undefined)).toMatchObject({
      calls: 1,
      said: ['receive upload: fail'],
      depth: { visible: 0, delayed: 0, inFlight: 0 },
    });
  });
});
