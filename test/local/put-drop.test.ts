import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, joinDataFolder } from '../../infra/local/data-folder.ts';
import { FileChangedError, fingerprintOf, putDrop, storeDrop } from '../../infra/local/put-drop.ts';

describe('storing a drop', () => {
  let parent: string;
  let folder: DataFolder;
  let path: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'plandrop-put-'));
    folder = joinDataFolder(join(parent, 'data'));
    path = join(parent, 'sales.csv');
    await writeFile(path, 'a,b\n1,2\n'.repeat(20_000));
  });
  afterEach(async () => {
    folder.close();
    await rm(parent, { recursive: true });
  });

  const nothingIsKept = async () => {
    expect(await folder.drops.head('sales.csv')).toBeUndefined();
    expect(await readdir(join(parent, 'data/drops/incoming'))).toEqual([]);
  };

  it('keeps the whole file', async () => {
    const { size } = await storeDrop(folder.drops, { path, key: 'sales.csv' });
    expect(size).toBe(160_000);
  });

  it('refuses a file that grows while it is copied, and keeps nothing of it', async () => {
    const growing: Pick<DataFolder['drops'], 'putStream'> = {
      putStream: (key, body, options) => {
        async function* slowly() {
          let grown = false;
          for await (const piece of body) {
            if (!grown) await appendFile(path, '3,4\n');
            grown = true;
            yield piece;
          }
        }
        return folder.drops.putStream(key, slowly(), options);
      },
    };
    await expect(storeDrop(growing, { path, key: 'sales.csv' })).rejects.toThrow(FileChangedError);
    await nothingIsKept();
  });

  it('refuses a file that has grown since it was chosen', async () => {
    const asSeen = fingerprintOf(await stat(path, { bigint: true }));
    await appendFile(path, '3,4\n');
    await expect(storeDrop(folder.drops, { path, key: 'sales.csv' }, { asSeen })).rejects.toThrow(
      'is still being written',
    );
    await nothingIsKept();
  });
});

describe('putDrop', () => {
  it('lands a file and tells of it, with attributes for the run', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'plandrop-put-'));
    await writeFile(join(parent, 'clean.csv'), 'a\n1\n');
    using folder = joinDataFolder(join(parent, 'data'));
    const head = await putDrop(folder, {
      path: join(parent, 'clean.csv'),
      key: 'clean.csv',
      attributes: { pipeline: 'sales' },
    });
    expect(await folder.drops.get('clean.csv', head.versionId)).toMatchObject({ size: 4 });
    expect(folder.queues.peek('drops')[0]?.attributes).toEqual({ pipeline: 'sales' });
    await expect(putDrop(folder, { path: join(parent, 'none.csv'), key: 'none.csv' })).rejects.toThrow(
      `Cannot read ${join(parent, 'none.csv')}: it is not there.`,
    );
    await rm(parent, { recursive: true });
  });
});
