import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, joinDataFolder } from '../../infra/local/data-folder.ts';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import { lockDropFolder } from '../../infra/local/drop-folder-lock.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';

describe('a drop folder', () => {
  let parent: string;
  let drops: string;
  let folder: DataFolder;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'plandrop-watched-'));
    drops = join(parent, 'drops');
    folder = joinDataFolder(join(parent, 'data'));
  });
  afterEach(async () => {
    folder.close();
    await rm(parent, { recursive: true });
  });
  const held: (() => void)[] = [];
  const lock = () => lockDropFolder(drops, { log: memoryLogger(), clock: folder.clock });
  const inUse = (who: string) =>
    `The drop folder ${drops} is watched by another plandrop${who}. Stop that one first, or watch another folder with --drops.`;

  it('is watched by one process only, is free as soon as that is killed, and again when it is left', async () => {
    const child = join(import.meta.dirname, 'children/hold-drops.ts');
    const other = spawn(process.execPath, [child, drops, join(parent, 'other')]);
    const [line] = await once(other.stdout, 'data');
    expect(String(line)).toBe('watching\n');
    const refused = new DropFolder(drops, folder);
    await expect(refused.start()).rejects.toThrow(inUse(` (pid ${other.pid})`));
    other.kill('SIGKILL');
    await once(other, 'exit');
    const watched = new DropFolder(drops, folder);
    await watched.start();
    await watched.stop();
    (await lock())();
  });

  it('is in use also by a process that this machine does not know', async () => {
    new DropFolder(drops, folder);
    const unlock = await lock();
    await writeFile(join(drops, '.plandrop-drops/engine.pid'), 'of another machine');
    await expect(lock()).rejects.toThrow(
      `${inUse(', perhaps on another machine')} If none does, remove ${join(drops, '.plandrop-drops')}.`,
    );
    unlock();
  });

  it('is watched by neither of two processes in silence where one begins while the other writes its name', async () => {
    new DropFolder(drops, folder);
    const unlock = await lock();
    const pid = join(drops, '.plandrop-drops/engine.pid');
    await rm(pid);
    const second = expect(lock()).rejects.toThrow(inUse(` (pid ${process.pid})`));
    await writeFile(pid, `${process.pid}\n`);
    await second;
    unlock();
  });

  it.each([
    ['takes no lock file', () => writeFile(join(drops, '.plandrop-drops'), '')],
    [
      'refuses each lock, though nobody has one',
      async () => {
        // Forgotten, it would be freed by the garbage collector.
        held.push(await lock());
        await rm(join(drops, '.plandrop-drops/engine.pid'));
      },
    ],
  ])('is watched with a warning where it %s', async (_, act) => {
    const log = memoryLogger();
    const watched = new DropFolder(drops, folder, { log, settleSeconds: 0, lookSeconds: 0.01 });
    await act();
    await writeFile(join(drops, 'sales.csv'), 'x');
    await watched.start();
    while ((await folder.drops.head('sales.csv')) === undefined) await folder.clock.sleep(10);
    await watched.stop();
    expect(log.entries.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        message: `Nothing keeps a second plandrop from watching ${drops} too: it cannot be locked. Watch it with one only.`,
      },
    ]);
  });
});
