import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../infra/local/data-folder.ts';

describe('openDataFolder', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'plandrop-folder-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('creates the folder, with two buckets and the queues', async () => {
    using folder = await openDataFolder(join(parent, 'new/.plandrop'));
    expect(folder.state.bucket).toBe('plandrop-state');
    expect(folder.drops.bucket).toBe('plandrop-drops');
    expect(folder.engineId).toMatch(/^[0-9a-f]{16}$/);
    expect(folder.state.address('dumps/r1/1-0-112.csv')).toBe(
      join(parent, 'new/.plandrop/state/current/dumps/r1/1-0-112.csv'),
    );
  });

  it('is open to one engine only, which is free again when it is closed', async () => {
    const first = await openDataFolder(parent);
    await expect(openDataFolder(parent)).rejects.toMatchObject({
      name: 'DataFolderInUseError',
      pid: process.pid,
      message: `The data folder ${parent} is in use by another plandrop (pid ${process.pid}). Stop that one first, or choose another folder with --data-dir.`,
    });
    first.close();
    (await openDataFolder(parent)).close();
  });

  it('names the process that holds it, and is free as soon as that is killed', async () => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'children/hold-folder.ts'), parent]);
    const [line] = await once(holder.stdout, 'data');
    expect(String(line)).toBe('open\n');
    await expect(openDataFolder(parent)).rejects.toMatchObject({ name: 'DataFolderInUseError', pid: holder.pid });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await openDataFolder(parent)).close();
  });

  it('says when a file stands in its place', async () => {
    const path = join(parent, 'file');
    await writeFile(path, '');
    await expect(openDataFolder(path)).rejects.toThrow(
      `Cannot open ${path}: a file stands where a folder is needed. Move it away, or choose another data folder.`,
    );
  });

  it('says when its database is damaged', async () => {
    await writeFile(
      join(parent, 'queues.sqlite'),
      'not a database, but long enough to look like a page of one'.repeat(99),
    );
    await expect(openDataFolder(parent)).rejects.toThrow(
      `Cannot open ${join(parent, 'queues.sqlite')}: it is damaged. Move it away (keep it for analysis) and start again.`,
    );
    await rm(join(parent, 'queues.sqlite'));
    (await openDataFolder(parent)).close();
  });

  it.skipIf(process.getuid?.() === 0)('says when it may not be written', async () => {
    await chmod(parent, 0o500);
    await expect(openDataFolder(parent)).rejects.toMatchObject({ name: 'StorageError' });
    await chmod(parent, 0o700);
  });
});
