import { cp, link, mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DropPlace } from './drop-place.ts';

const OLD_TIME = { preserveTimestamps: true };

let place: DropPlace;
beforeEach(async () => {
  place = await DropPlace.build();
});
afterEach(() => place[Symbol.asyncDispose]());

describe('takes files in the order in which they came', () => {
  const outside = async () => {
    await writeFile(join(place.parent, 'outside.csv'), 'x');
    await utimes(join(place.parent, 'outside.csv'), 1_700_000_000, 1_700_000_000);
  };
  const fix = () => join(place.drops, 'facts/sales-fix.csv');

  it.each<[how: string, act: () => Promise<void>]>([
    ['written', () => writeFile(fix(), 'x')],
    ['copied with its old time', () => outside().then(() => cp(join(place.parent, 'outside.csv'), fix(), OLD_TIME))],
    ['renamed in', () => outside().then(() => rename(join(place.parent, 'outside.csv'), fix()))],
    [
      'linked in',
      async () => {
        await rm(fix(), { force: true });
        await outside();
        await link(join(place.parent, 'outside.csv'), fix());
      },
    ],
  ])('also when the second was %s, has the smaller name and was there at the first look', async (_, act) => {
    await place.write('master/products.csv', 'x');
    await mkdir(join(place.drops, 'facts'));
    await place.later('master/products.csv', 'facts/sales-fix.csv', act);
    await place.later('facts/sales-fix.csv', 'facts/sales.csv', () => place.write('facts/sales.csv', 'x'));
    const watched = place.watch();
    await watched.look();
    await place.clock.advance(5000);
    const order = ['master/products.csv', 'facts/sales-fix.csv', 'facts/sales.csv'];
    expect(await place.lookInTime(watched)).toEqual(order);
    expect(place.announcedKeys()).toEqual(order);
    const stored = await Promise.all(order.map(async (key) => (await place.folder.drops.head(key))?.lastModified));
    expect(stored).toEqual([...new Set(stored)].toSorted());
  });

  it('where one that is known to be whole waits for an earlier one that still settles', async () => {
    const watched = place.watch();
    await place.write('products.csv', 'x');
    await watched.look();
    await place.clock.advance(1000);
    await outside();
    await rename(join(place.parent, 'outside.csv'), join(place.drops, 'facts.csv'));
    for (let second = 1; second < 5; second++) {
      expect(await watched.look()).toEqual([]);
      await place.clock.advance(1000);
    }
    expect(await place.lookInTime(watched)).toEqual(['products.csv', 'facts.csv']);
  });

  it('where one that cannot be taken keeps none waiting', async () => {
    const watched = place.watch();
    vi.spyOn(place.folder.drops, 'putStream').mockRejectedValueOnce(new Error('no'));
    await place.write('a.csv', 'x');
    await watched.look();
    await place.write('b.csv', 'x');
    expect(await place.lookTwice(watched)).toEqual(['b.csv']);
    await place.clock.advance(30_000);
    expect(await watched.look()).toEqual(['a.csv']);
  });

  it('where a folder that is moved in comes with its move, however old its files are', async () => {
    await mkdir(join(place.parent, 'day'));
    await writeFile(join(place.parent, 'day/sales.csv'), 'x');
    await place.write('products.csv', 'x');
    const watched = place.watch();
    await watched.look();
    await place.clock.advance(1000);
    await rename(join(place.parent, 'day'), join(place.drops, 'day'));
    await watched.look();
    await place.clock.advance(5000);
    expect(await place.lookInTime(watched)).toEqual(['products.csv', 'day/sales.csv']);
  });

  it('also when the first came into a folder that had just been read', async () => {
    await mkdir(join(place.drops, 'a'), { recursive: true });
    await mkdir(join(place.drops, 'b'));
    let hasCome = false;
    const readFolder = async (path: string) => {
      const entries = await readdir(path, { withFileTypes: true });
      if (path !== join(place.drops, 'a') || hasCome) return entries;
      hasCome = true;
      await place.write('a/products.csv', 'x');
      await place.later('a/products.csv', 'b/facts.csv', () => place.write('b/facts.csv', 'x'));
      return entries;
    };
    const watched = place.watch({ readFolder });
    await watched.look();
    await place.clock.advance(5000);
    expect(await place.lookInTime(watched)).toEqual(['a/products.csv', 'b/facts.csv']);
  });

  it('also when more come each time the folders are read', async () => {
    await mkdir(join(place.drops, 'a'), { recursive: true });
    await mkdir(join(place.drops, 'b'));
    const order: string[] = [];
    const come = async (key: string) => {
      const before = order.at(-1);
      if (before === undefined) await place.write(key, 'x');
      else await place.later(before, key, () => place.write(key, 'x'));
      order.push(key);
    };
    const readFolder = async (path: string) => {
      const entries = await readdir(path, { withFileTypes: true });
      if (path === join(place.drops, 'a') && order.length < 6) {
        await come(`a/z${order.length}.csv`);
        await come(`b/z${order.length}.csv`);
      }
      return entries;
    };
    const watched = place.watch({ readFolder });
    const taken: string[] = [];
    for (let look = 0; look < 10; look++) {
      taken.push(...(await place.lookInTime(watched)));
      await place.clock.advance(1000);
    }
    expect(taken).toEqual(order);
    expect(order).toHaveLength(6);
  });
});
