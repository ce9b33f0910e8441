import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../../infra/local/file-store.ts';
import { SqliteQueues } from '../../../infra/local/sqlite-queue.ts';
import { ManualClock } from '../../../shared/ports/memory/manual-clock.ts';
import { describeQueue, MAX_RECEIVE_COUNT } from './queue-contract.ts';
import { describeStore } from './store-contract.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'plandrop-contract-'));

describeQueue('SQLite', async () => {
  const clock = new ManualClock();
  const folder = await newFolder();
  const queues = new SqliteQueues(join(folder, 'queues.sqlite'), { clock, maxReceiveCount: MAX_RECEIVE_COUNT });
  return {
    queues,
    pass: (seconds) => clock.advance(seconds * 1000),
    close: async () => {
      queues.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeStore('files', async () => {
  const folder = await newFolder();
  const store = new FileStore(folder, { bucket: 'plandrop-drops', clock: new ManualClock() });
  return {
    store,
    tags: async (key) => store.tags(key) ?? {},
    close: async () => {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
});
