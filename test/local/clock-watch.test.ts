import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ClockWatch } from '../../infra/local/clock-watch.ts';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';

const HOUR = 3_600_000;

async function folderAt(start: number) {
  const path = await mkdtemp(join(tmpdir(), 'plandrop-clock-'));
  const time = { now: start };
  const folder = joinDataFolder(path, { clock: { now: () => time.now, sleep: async () => {} } });
  const log = memoryLogger();
  return {
    time,
    queues: folder.queues,
    watch: new ClockWatch(folder, log),
    told: () => log.entries.map(({ message }) => message),
    async [Symbol.asyncDispose]() {
      folder.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

describe('a clock that was set back by hours', () => {
  it('is told once, with how far, when a message waits that was sent before', async () => {
    await using at = await folderAt(10 * HOUR);
    await at.queues.send('poll', 'x', { delaySeconds: 600 });
    at.watch.look();
    expect(at.told()).toEqual([]);
    at.time.now = 7 * HOUR;
    for (let looks = 0; looks < 100; looks++) {
      at.watch.look();
      at.time.now += 10_000;
    }
    expect(at.told()).toEqual([expect.stringContaining('The clock of this machine was set back by 180 min')]);
  });

  it('is told after a restart too, and not when it only crept', async () => {
    await using at = await folderAt(10 * HOUR);
    await at.queues.send('poll', 'x', { delaySeconds: 600 });
    at.time.now -= 30_000;
    at.watch.look();
    expect(at.told()).toEqual([]);
    at.time.now -= HOUR;
    at.watch.look();
    expect(at.told()).toHaveLength(1);
  });

  it('concerns nobody when nothing waits', async () => {
    await using at = await folderAt(10 * HOUR);
    at.watch.look();
    at.time.now = HOUR;
    at.watch.look();
    expect(at.told()).toEqual([]);
  });
});
