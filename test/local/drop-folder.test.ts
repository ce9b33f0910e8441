import {
  appendFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reading } from '../../infra/local/drop-walk.ts';
import { DropPlace } from './drop-place.ts';

let place: DropPlace;
beforeEach(async () => {
  place = await DropPlace.build();
});
afterEach(() => place[Symbol.asyncDispose]());

describe('the drop folder', () => {
  it('takes a file when it has not changed for five seconds', async () => {
    const watched = place.watch();
    await place.write('sales/FY26 plan + März.csv', 'a,b\n');
    expect(await watched.look()).toEqual([]);
    await place.clock.advance(4000);
    expect(await watched.look()).toEqual([]);
    await appendFile(join(place.drops, 'sales/FY26 plan + März.csv'), '1,2\n');
    await place.clock.advance(1500);
    expect(await watched.look()).toEqual([]);
    await place.clock.advance(5000);
    expect(await watched.look()).toEqual(['sales/FY26 plan + März.csv']);

    const head = await place.folder.drops.head('sales/FY26 plan + März.csv');
    expect(JSON.parse(place.announced()[0] ?? '')).toMatchObject({
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: {
            bucket: { name: 'plandrop-drops' },
            object: { key: 'sales/FY26+plan+%2B+M%C3%A4rz.csv', size: 8, versionId: head?.versionId },
          },
        },
      ],
    });
    expect(place.announcedKeys()).toEqual(['sales/FY26 plan + März.csv']);
    expect(await readFile(place.folder.drops.address('sales/FY26 plan + März.csv'), 'utf8')).toBe('a,b\n1,2\n');
    expect(await place.files()).toEqual(['taken/sales/FY26 plan + März.csv']);
    await place.clock.advance(10_000);
    expect(await watched.look()).toEqual([]);
  });

  it('takes a file that was renamed in as soon as it has looked twice', async () => {
    const watched = place.watch();
    await writeFile(join(place.parent, 'ready.csv'), 'x');
    await utimes(join(place.parent, 'ready.csv'), 1_700_000_000, 1_700_000_000);
    await rename(join(place.parent, 'ready.csv'), join(place.drops, 'ready.csv'));
    expect(await watched.look()).toEqual([]);
    expect(await watched.look()).toEqual(['ready.csv']);
  });

  it('takes a file whose name is as long as a name can be', async () => {
    const name = `${'n'.repeat(251)}.csv`;
    const watched = place.watch();
    await place.write(name, 'x');
    expect(await place.lookTwice(watched)).toEqual([name]);
    await place.write(name, 'y');
    expect(await place.lookTwice(watched)).toEqual([name]);
    expect(await place.files()).toEqual([`taken/${'n'.repeat(249)}.2.csv`, `taken/${name}`]);
  });

  it('takes a file under the name of a folder that files were taken from', async () => {
    const watched = place.watch();
    for (const name of ['sales/a.csv', 'sales']) {
      await rm(join(place.drops, 'sales'), { recursive: true, force: true });
      await place.write(name, 'x');
      expect(await place.lookTwice(watched)).toEqual([name]);
    }
    expect(await place.files()).toEqual(['taken/sales.2', 'taken/sales/a.csv']);
  });

  it('keeps no file waiting behind one that cannot have its place in taken/, and says so once', async () => {
    await place.write('taken/.moving/folder/x.csv', 'nobody has stored it');
    await symlink('/etc/hostname', join(place.drops, 'folder'));
    await place.write('sales.csv', 'a\n1\n');
    const watched = place.watch();
    for (let look = 0; look < 4; look++) {
      await place.lookInTime(watched);
      await place.clock.advance(5000);
    }
    expect(place.announcedKeys()).toEqual(['sales.csv']);
    expect(place.said).toEqual([expect.stringContaining('folder/x.csv was taken, and cannot be moved')]);
  });

  it('gives a file its place when that is free, also when others were taken meanwhile', async () => {
    await place.write('taken/.moving/folder/x.csv', 'nobody has stored it');
    await symlink('/etc/hostname', join(place.drops, 'folder'));
    await place.write('sales.csv', 'a\n1\n');
    const watched = place.watch();
    expect(await place.lookTwice(watched)).toEqual(['sales.csv']);
    await rm(join(place.drops, 'folder'));
    await watched.look();
    expect(await place.files()).toEqual(['folder/x.csv', 'taken/sales.csv']);
  });

  it('never overwrites a file in taken/', async () => {
    const watched = place.watch();
    for (const text of ['first', 'second', 'third']) {
      await place.write('drop.csv', text);
      expect(await place.lookTwice(watched)).toEqual(['drop.csv']);
    }
    expect(await place.files()).toEqual(['taken/drop.2.csv', 'taken/drop.3.csv', 'taken/drop.csv']);
    expect(await readFile(join(place.drops, 'taken/drop.2.csv'), 'utf8')).toBe('second');
    expect(new Set(place.announced()).size).toBe(3);
  });

  it('takes also a file that comes under the name of one that is just being moved', async () => {
    await place.write('drop.csv', 'first');
    const replaced = place.watchSending(async (send) => {
      await send();
      await writeFile(join(place.drops, 'drop.csv.partial'), 'the second');
      await rename(join(place.drops, 'drop.csv.partial'), join(place.drops, 'drop.csv'));
    });
    await place.lookTwice(replaced);
    expect(await place.files()).toEqual(['drop.csv', 'taken/drop.csv']);
    const watched = place.watch();
    expect(await place.lookTwice(watched)).toEqual(['drop.csv']);
    const sizes = place.announced().map((body) => JSON.parse(body).Records[0].s3.object.size);
    expect(sizes).toEqual(['first'.length, 'the second'.length]);
    expect(await place.files()).toEqual(['taken/drop.2.csv', 'taken/drop.csv']);
  });

  it('leaves hidden files, links and what is in taken/ alone', async () => {
    const watched = place.watch();
    for (const name of ['.DS_Store', '.part/x.csv', 'taken/old.csv']) await place.write(name, 'x');
    await symlink('/etc/hostname', join(place.drops, 'link.csv'));
    await watched.look();
    await place.clock.advance(60_000);
    expect(await watched.look()).toEqual([]);
  });

  it('takes each file that a sender writes in place and publishes with a link', async () => {
    const watched = place.watch();
    await mkdir(join(place.drops, 'sales'));
    for (const [day, text] of ['first', 'second', 'third'].entries()) {
      await writeFile(join(place.parent, 'export.csv'), text);
      await utimes(join(place.parent, 'export.csv'), 1_700_000_000 + day, 1_700_000_000 + day);
      await link(join(place.parent, 'export.csv'), join(place.drops, 'sales/sales.csv'));
      await watched.look();
      expect(await place.lookInTime(watched)).toEqual(['sales/sales.csv']);
      expect(await readFile(place.folder.drops.address('sales/sales.csv'), 'utf8')).toBe(text);
    }
    expect(new Set(place.announced()).size).toBe(3);
  });

  it.each([
    ['while it runs', false],
    ['at its start', true],
  ])('makes a new drop of a file that is linked back from taken/, %s', async (_, isStart) => {
    let watched = place.watch();
    await place.write('drop.csv', 'x');
    await place.lookTwice(watched);
    if (isStart) watched = place.watch();
    await link(join(place.drops, 'taken/drop.csv'), join(place.drops, 'drop.csv'));
    expect(await place.lookTwice(watched)).toEqual(['drop.csv']);
    expect(new Set(place.announced()).size).toBe(2);
    expect(await place.files()).toEqual(['taken/drop.2.csv', 'taken/drop.csv']);
  });

  it('tells nobody of a file that cannot move, as a file called taken stands in the way', async () => {
    await place.write('taken', 'x');
    await place.write('sales.csv', 'a\n1\n');
    const watching = place.watch();
    for (let look = 0; look < 3; look++) {
      await watching.look();
      await place.clock.advance(40_000);
    }
    expect(place.announced()).toEqual([]);
    expect(place.said[0]).toContain('a file stands where a folder is needed');
    await rm(join(place.drops, 'taken'));
    await watching.look();
    expect(place.announcedKeys()).toEqual(['sales.csv']);
  });

  it('tells once of a name that is not UTF-8', async () => {
    const watching = place.watch();
    await writeFile(Buffer.concat([Buffer.from(`${place.drops}/`), Buffer.from([0xe9]), Buffer.from('.csv')]), 'x');
    for (let look = 0; look < 3; look++) {
      await watching.look();
      await place.clock.advance(40_000);
    }
    expect(place.said).toEqual([expect.stringContaining('its name is not UTF-8. Rename it.')]);
    expect(place.announced()).toEqual([]);
  });

  it('takes the rest beside a folder whose name is not UTF-8, which cannot be entered', async () => {
    const watching = place.watch();
    const folderName = Buffer.concat([Buffer.from(`${place.drops}/`), Buffer.from([0xe9])]);
    await mkdir(folderName);
    await writeFile(Buffer.concat([folderName, Buffer.from('/x.csv')]), 'x');
    await place.write('z/sales.csv', 'x');
    expect(await place.lookTwice(watching)).toEqual(['z/sales.csv']);
    expect(place.said).toEqual([expect.stringContaining('its name is not UTF-8. Rename it.')]);
  });

  it.each([
    ['a folder that this user may not read', 'readFolder', 'lost+found', 'EACCES', 'permission denied'],
    ['a folder that the system keeps for itself', 'readFolder', 'lost+found', 'EPERM', 'permission denied'],
    ['a folder on a failing disk', 'readFolder', 'lost+found', 'EIO', 'the disk reports an error (EIO)'],
    ['a file in a folder that may only be listed', 'stat', 'a/secret.csv', 'EACCES', 'permission denied'],
  ] as const)('tells once of %s, and takes the rest', async (_, what, name, code, why) => {
    const path = join(place.drops, name);
    const refuse = async (asked: string) => {
      if (asked === path) throw Object.assign(new Error(code), { code, syscall: what });
    };
    const reading: Reading = {
      readFolder: async (asked) => {
        if (what === 'readFolder') await refuse(asked);
        return readdir(asked, { withFileTypes: true });
      },
      stat: async (asked) => {
        if (what === 'stat') await refuse(asked);
        return lstat(asked, { bigint: true });
      },
    };
    const watching = place.watch(reading);
    for (const key of ['a/secret.csv', 'lost+found/x.csv', 'z/sales.csv']) await place.write(key, 'x');
    await watching.look();
    await place.clock.advance(5000);
    expect(await place.lookInTime(watching)).toContain('z/sales.csv');
    await watching.look();
    expect(place.said).toEqual([expect.stringContaining(`${path}: ${why}`)]);
    expect(place.said[0]).toContain('The rest of the drop folder is taken.');
    expect(place.said[0]).not.toContain('data folder');
  });

  it('enters neither hidden folders nor taken/', async () => {
    const entered: string[] = [];
    const readFolder = async (path: string) => {
      entered.push(path.slice(place.drops.length));
      return readdir(path, { withFileTypes: true });
    };
    for (const name of ['.Trashes/x.csv', 'taken/2025/old.csv', 'sales/taken/new.csv']) await place.write(name, 'x');
    const watching = place.watch({ readFolder });
    await watching.look();
    expect([...new Set(entered)]).toEqual(['', '/sales', '/sales/taken']);
  });

  it('says once, and what to do, when the drop folder itself cannot be read', async () => {
    const denied = Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'scandir' });
    const reading = { readFolder: async () => Promise.reject(denied) };
    const watching = place.watch(reading);
    await watching.start();
    for (let look = 0; look < 3; look++) await place.clock.advance(1000);
    await watching.stop();
    expect(place.said).toEqual([
      `Cannot read or write ${place.drops}: permission denied. Give this user both rights, or watch another folder with --drops.`,
    ]);
  });

  it('makes a new drop of a file that is put back', async () => {
    const watched = place.watch();
    await place.write('drop.csv', 'x');
    await place.lookTwice(watched);
    await rename(join(place.drops, 'taken/drop.csv'), join(place.drops, 'drop.csv'));
    expect(await place.lookTwice(watched)).toEqual(['drop.csv']);
    expect(new Set(place.announced()).size).toBe(2);
  });

  it('keeps a file that cannot be taken, says why, and tries again later', async () => {
    const watched = place.watch();
    await place.write('drop.csv', 'x');
    const put = vi.spyOn(place.folder.drops, 'putStream').mockRejectedValueOnce(new Error('the disk is full'));
    expect(await place.lookTwice(watched)).toEqual([]);
    expect(place.said).toEqual(['drop.csv stays in the drop folder for now: the disk is full']);
    expect(await watched.look()).toEqual([]);
    expect(put).toHaveBeenCalledTimes(1);
    put.mockRejectedValueOnce(new Error('the disk is full'));
    await place.clock.advance(30_000);
    expect(await watched.look()).toEqual([]);
    await place.clock.advance(30_000);
    expect(await watched.look()).toEqual(['drop.csv']);
    expect(place.said).toHaveLength(1);
  });

  it('says when a file stands where it is to be', async () => {
    await writeFile(place.drops, '');
    expect(() => place.watch()).toThrow(`Cannot open ${place.drops}: a file stands where a folder is needed.`);
  });
});
