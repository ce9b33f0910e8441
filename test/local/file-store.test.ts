import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../infra/local/file-store.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { PartsGoneError } from '../../shared/ports/store.ts';

describe('FileStore', () => {
  let folder: string;
  let store: FileStore;
  const opened: FileStore[] = [];
  const clock = new ManualClock();
  const open = (keepVersions?: number) => {
    const options = { bucket: 'plandrop-state', clock };
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

  describe('a write in parts', () => {
    const parts = () => readdir(join(folder, 'parts'));
    const begun = async () => {
      const write = await store.beginParts('exports/board.csv');
      return { write, part: await store.putPart(write, { number: 1, start: 0 }, Buffer.from('first,')) };
    };

    it('goes on after a kill, also where the kill left half of the next part behind', async () => {
      const { write, part } = await begun();
      await store.putPart(write, { number: 2, start: 6 }, Buffer.from('a part that nobody recorded'));
      store.close();
      const again = open();
      await again.sweep();
      const second = await again.putPart(write, { number: 2, start: 6 }, Buffer.from('second'));
      await again.completeParts(write, [part, second]);
      expect(await readFile(again.address('exports/board.csv'), 'utf8')).toBe('first,second');
      expect((await stat(again.address('exports/board.csv'))).mode & 0o222).toBe(0);
      expect(await parts()).toEqual([]);
    });

    it('is gone when its file is: no hole is ever taken for a part', async () => {
      const { write, part } = await begun();
      await unlink(join(folder, 'parts', write.writeId));
      const second = store.putPart(write, { number: 2, start: 6 }, Buffer.from('second'));
      await expect(second).rejects.toThrow(PartsGoneError);
      await expect(store.completeParts(write, [part])).rejects.toThrow(PartsGoneError);
    });

    it('is gone when it was given up', async () => {
      const { write, part } = await begun();
      await store.abandonParts(write);
      await expect(store.completeParts(write, [part])).rejects.toThrow(PartsGoneError);
      expect(await parts()).toEqual([]);
    });

    it('is gone when its file was cut short', async () => {
      const { write, part } = await begun();
      await writeFile(join(folder, 'parts', write.writeId), 'fir');
      await expect(store.completeParts(write, [part])).rejects.toThrow(PartsGoneError);
    });

    it('takes no more parts after it was completed', async () => {
      const { write, part } = await begun();
      await store.completeParts(write, [part]);
      const second = store.putPart(write, { number: 2, start: 6 }, Buffer.from('second'));
      await expect(second).rejects.toThrow(PartsGoneError);
      expect(await readFile(store.address('exports/board.csv'), 'utf8')).toBe('first,');
    });

    it('is swept away when nobody completed it for a week', async () => {
      const { write } = await begun();
      await clock.advance(6 * 86_400_000);
      await begun();
      expect(await store.sweep()).toBe(0);
      await clock.advance(2 * 86_400_000);
      expect(await store.sweep()).toBe(1);
      expect(await parts()).not.toContain(write.writeId);
      expect(await parts()).toHaveLength(1);
    });
  });
});
