import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../infra/local/file-store.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';

describe('FileStore', () => {
  let folder: string;
  let store: FileStore;
  const opened: FileStore[] = [];
  const open = (keepVersions?: number) => {
    const options = { bucket: 'plandrop-state', clock: new ManualClock() };
    const store = new FileStore(folder, keepVersions === undefined ? options : { ...options, keepVersions });
    opened.push(store);
    return store;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plandrop-store-'));
    store = open();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) store.close();
    await rm(folder, { recursive: true });
  });

  const objects = async () =>
    (await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  it('shows a person the exact bytes of the current object under its own name', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a, 0xff]);
    await store.put('dumps/r1/1-0-112.csv', 'old');
    await store.put('dumps/r1/1-0-112.csv', bytes);
    expect(store.address('dumps/r1/1-0-112.csv')).toBe(join(folder, 'current/dumps/r1/1-0-112.csv'));
    expect(await readFile(store.address('dumps/r1/1-0-112.csv'))).toEqual(bytes);
    await store.delete('dumps/r1/1-0-112.csv');
    expect(existsSync(store.address('dumps/r1/1-0-112.csv'))).toBe(false);
  });

  it('makes its files read-only, so that an editor does not change an object', async () => {
    await store.put('a.csv', 'x');
    expect((await stat(store.address('a.csv'))).mode & 0o222).toBe(0);
  });

  it('is the same after it was closed and opened', async () => {
    const head = await store.put('runs/r1.json', '{}', { tags: { state: 'ended' } });
    store.close();
    const again = open();
    expect(await again.head('runs/r1.json')).toEqual(head);
    expect(again.tags('runs/r1.json')).toEqual({ state: 'ended' });
  });

  it('keeps as many versions as it is told to', async () => {
    const kept = open(2);
    const versions = [];
    for (const body of ['1', '2', '3']) versions.push((await kept.put('ledger', body)).versionId);
    const bodies = await Promise.all(versions.map((versionId) => kept.get('ledger', versionId)));
    expect(bodies.map((object) => object && Buffer.from(object.body).toString())).toEqual([undefined, '2', '3']);
    expect(await objects()).toHaveLength(2);
  });

  it('sweeps away what killed processes left behind, and nothing else', async () => {
    const { versionId } = await store.put('good', 'x');
    await writeFile(join(folder, 'incoming', '999999999-abc'), 'half');
    await writeFile(join(folder, 'incoming', '1-abc'), 'of a living process');
    await writeFile(join(folder, 'objects', versionId.slice(0, 2), 'orphan'), 'never committed');
    expect(await store.sweep()).toBe(2);
    expect(await readdir(join(folder, 'incoming'))).toEqual(['1-abc']);
    expect(await objects()).toHaveLength(1);
  });

  it('shows an object again whose readable name was lost in a kill', async () => {
    await store.put('a.csv', 'first');
    await store.put('b.csv', 'x');
    await unlink(store.address('a.csv'));
    expect(await store.sweep()).toBe(0);
    expect(await readFile(store.address('a.csv'), 'utf8')).toBe('first');
  });

  it('says when somebody removed an object by hand', async () => {
    const { versionId } = await store.put('a.csv', 'x');
    const path = join(folder, 'objects', versionId.slice(0, 2), versionId);
    await unlink(path);
    await expect(store.get('a.csv')).rejects.toThrow(
      `Cannot read ${path}: it is not there. Was it moved or deleted by hand?`,
    );
  });

  it('leaves nothing behind when a condition does not hold or a stream breaks', async () => {
    await store.put('a', 'x');
    await store.create('a', 'y');
    await store.replace('a', 'y', '"other"');
    const broken = async function* () {
      yield Buffer.from('half');
      throw new Error('cut');
    };
    await expect(store.putStream('b', broken())).rejects.toThrow('cut');
    expect(await objects()).toHaveLength(1);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });
});
