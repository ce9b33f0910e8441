import { link, lstat, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DropPlace } from './drop-place.ts';

let place: DropPlace;
beforeEach(async () => {
  place = await DropPlace.build();
});
afterEach(() => place[Symbol.asyncDispose]());

describe('a drop folder whose process was killed', () => {
  it('makes one drop of a file when it was killed after copying, before telling, and after it', async () => {
    await place.write('drop.csv', 'x');
    const stat = async (path: string) => {
      if ((await place.folder.drops.head('drop.csv')) !== undefined) throw new Error('killed');
      return lstat(path, { bigint: true });
    };
    expect(await place.lookTwice(place.watch({ stat }))).toEqual([]);
    const copied = await place.folder.drops.head('drop.csv');
    for (const isTold of [false, true]) {
      const killed = place.watchSending(async (send) => {
        if (isTold) await send();
        throw new Error('killed');
      });
      expect(await place.lookTwice(killed)).toEqual([]);
    }
    expect(await place.lookTwice(place.watch())).toEqual([]);
    expect(await place.files()).toEqual(['taken/drop.csv']);
    expect(await place.folder.drops.head('drop.csv')).toEqual(copied);
    expect(new Set(place.announced()).size).toBe(1);
  });

  describe('only finishes the move of a file that it has told of, when it was killed', () => {
    const stored = async () => {
      const watched = place.watch();
      await place.write('sales/drop.csv', 'x');
      expect(await place.lookTwice(watched)).toEqual(['sales/drop.csv']);
      await mkdir(join(place.drops, 'taken/.moving/sales'), { recursive: true });
      await rename(join(place.drops, 'taken/sales/drop.csv'), join(place.drops, 'taken/.moving/sales/drop.csv'));
    };
    const remove = async () =>
      place.folder.drops.deleteVersion(
        'sales/drop.csv',
        (await place.folder.drops.head('sales/drop.csv'))?.versionId ?? '',
      );

    it.each<[when: string, act: () => Promise<unknown>, left: string[]]>([
      ['before it had its name in taken/', async () => {}, ['taken/sales/drop.csv']],
      [
        'when it had it',
        () => link(join(place.drops, 'taken/.moving/sales/drop.csv'), join(place.drops, 'taken/sales/drop.csv')),
        ['taken/sales/drop.csv'],
      ],
      ['and its run has removed it from the bucket since', remove, ['taken/sales/drop.csv']],
      [
        'and another has that name',
        () => place.write('taken/sales/drop.csv', 'other'),
        ['taken/sales/drop.2.csv', 'taken/sales/drop.csv'],
      ],
    ])('%s', async (_, act, left) => {
      await stored();
      await act();
      const watched = place.watch();
      expect(await place.lookTwice(watched)).toEqual([]);
      expect(await place.files()).toEqual(left);
      expect(new Set(place.announced()).size).toBe(1);
    });

    it('and takes one that came under its name', async () => {
      await stored();
      await place.write('sales/drop.csv', 'the next');
      const watched = place.watch();
      expect(await place.lookTwice(watched)).toEqual(['sales/drop.csv']);
      expect(await place.files()).toEqual(['taken/sales/drop.2.csv', 'taken/sales/drop.csv']);
    });
  });

  it('puts back what was on its way when it was killed, and finishes the move of what was taken', async () => {
    await place.write('taken/.moving/sales/unknown.csv', 'nobody has stored it');
    await place.write('taken/sales/known.csv', 'x');
    await link(join(place.drops, 'taken/sales/known.csv'), join(place.drops, 'taken/.moving/sales/known.csv'));
    const watched = place.watch();
    await watched.look();
    expect(await place.files()).toEqual(['sales/unknown.csv', 'taken/sales/known.csv']);
    await place.clock.advance(5000);
    expect(await watched.look()).toEqual(['sales/unknown.csv']);
  });

  it('does not take a file again whose run has removed it from the bucket', async () => {
    await place.write('drop.csv', 'x');
    const killed = place.watchSending(async (send) => {
      await send();
      throw new Error('killed');
    });
    await place.lookTwice(killed);
    await place.folder.drops.deleteVersion('drop.csv', (await place.folder.drops.head('drop.csv'))?.versionId ?? '');
    const watched = place.watch();
    expect(await place.lookTwice(watched)).toEqual([]);
    expect(await place.files()).toEqual(['taken/drop.csv']);
    expect(await place.folder.drops.head('drop.csv')).toBeUndefined();
    expect(place.announced()).toHaveLength(1);
  });
});
