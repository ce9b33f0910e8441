import { ManualClock } from '../../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../../shared/ports/memory/memory-store.ts';
import { describeQueue, MAX_RECEIVE_COUNT } from './queue-contract.ts';
import { describeStore } from './store-contract.ts';

describeQueue('memory', async () => {
  const clock = new ManualClock();
  return {
    queues: new MemoryQueues({ clock, maxReceiveCount: MAX_RECEIVE_COUNT }),
    pass: (seconds) => clock.advance(seconds * 1000),
    close: async () => undefined,
  };
});

describeStore('memory', async () => {
  const store = new MemoryStore({ bucket: 'plandrop-drops', clock: new ManualClock() });
  return { store, tags: async (key) => store.tags(key) ?? {}, close: async () => undefined };
});
