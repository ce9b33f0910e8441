import {
  appendFile,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readS3Message } from '../../functions/receive-drop/s3-event.ts';
import { type DataFolder, joinDataFolder } from '../../infra/local/data-folder.ts';
import { DropFolder } from '../../infra/local/drop-folder.ts';
import type { Reading } from '../../infra/local/drop-walk.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';

const OLD_TIME = { preserveTimestamps: true };

describe('the drop folder', () => {
  let parent: string;
  let drops: string;
  let clock: ManualClock;
  let folder: DataFolder;
  let said: string[];

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'plandrop-drops-'));
    drops = join(parent, 'drops');
    clock = new ManualClock();
    folder = joinDataFolder(join(parent, 'data'), { clock });
    said = [];
  });
  afterEach(async () => {
    folder.close();
    await rm(parent, { recursive: true });
  });

  const log = { ...silentLogger, error: (message: string) => void said.push(message) };
  const watch = () => new DropFolder(drops, folder, { log });
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(drops, name)), { recursive: true });
    await writeFile(join(drops, name), text);
  };
  /** Does `act` again until the change time of `name` is later than that of `than`: file systems count in ticks of some milliseconds. */
  const later = async (than: string, name: string, act: () => Promise<void>) => {
    const changedAt = async (of: string) => (await lstat(join(drops, of), { bigint: true })).ctimeNs;
    do await act();
    while ((await changedAt(name)) <= (await changedAt(than)));
  };
  /** Looks while time goes by, as two files are never stored in one millisecond. */
  const lookInTime = async (watched: DropFolder) => {
    let isDone = false;
    const looking = watched.look().finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(1);
    return looking;
  };
  const files = async () =>
    (await readdir(drops, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(drops.length + 1))
      .toSorted();
  const announced = () => folder.queues.peek('drops').map(({ body }) => body);
  const announcedKeys = () =>
    announced().map((body) => {
      const message = readS3Message(body);
      return message.kind === 'created' ? message.objects[0]?.key : message.because;
    });

  it('takes a file when it has not changed for five seconds', async () => {
    const watched = watch();
    await write('sales/FY26 plan + März.csv', 'a,b\n');
    expect(await watched.look()).toEqual([]);
    await clock.advance(4000);
    expect(await watched.look()).toEqual([]);
    await appendFile(join(drops, 'sales/FY26 plan + März.csv'), '1,2\n');
    await clock.advance(1500);
    expect(await watched.look()).toEqual([]);
    await clock.advance(5000);
    expect(await watched.look()).toEqual(['sales/FY26 plan + März.csv']);

    const head = await folder.drops.head('sales/FY26 plan + März.csv');
    expect(JSON.parse(announced()[0] ?? '')).toMatchObject({
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
    expect(announcedKeys()).toEqual(['sales/FY26 plan + März.csv']);
    expect(await readFile(folder.drops.address('sales/FY26 plan + März.csv'), 'utf8')).toBe('a,b\n1,2\n');
    expect(await files()).toEqual(['taken/sales/FY26 plan + März.csv']);
    await clock.advance(10_000);
    expect(await watched.look()).toEqual([]);
  });

  it('takes a file that was renamed in as soon as it has looked twice', async () => {
    const watched = watch();
    await writeFile(join(parent, 'ready.csv'), 'x');
    await utimes(join(parent, 'ready.csv'), 1_700_000_000, 1_700_000_000);
    await rename(join(parent, 'ready.csv'), join(drops, 'ready.csv'));
    expect(await watched.look()).toEqual([]);
    expect(await watched.look()).toEqual(['ready.csv']);
  });

  describe('takes files in the order in which they came', () => {
    const outside = async () => {
      await writeFile(join(parent, 'outside.csv'), 'x');
      await utimes(join(parent, 'outside.csv'), 1_700_000_000, 1_700_000_000);
    };
    const fix = () => join(drops, 'facts/sales-fix.csv');

    it.each<[how: string, act: () => Promise<void>]>([
      ['written', () => writeFile(fix(), 'x')],
      ['copied with its old time', () => outside().then(() => cp(join(parent, 'outside.csv'), fix(), OLD_TIME))],
      ['renamed in', () => outside().then(() => rename(join(parent, 'outside.csv'), fix()))],
      [
        'linked in',
        async () => {
          await rm(fix(), { force: true });
          await outside();
          await link(join(parent, 'outside.csv'), fix());
        },
      ],
    ])('also when the second was %s, has the smaller name and was there at the first look', async (_, act) => {
      await write('master/products.csv', 'x');
      await mkdir(join(drops, 'facts'));
      await later('master/products.csv', 'facts/sales-fix.csv', act);
      await later('facts/sales-fix.csv', 'facts/sales.csv', () => write('facts/sales.csv', 'x'));
      const watched = watch();
      await watched.look();
      await clock.advance(5000);
      const order = ['master/products.csv', 'facts/sales-fix.csv', 'facts/sales.csv'];
      expect(await lookInTime(watched)).toEqual(order);
      expect(announcedKeys()).toEqual(order);
      const stored = await Promise.all(order.map(async (key) => (await folder.drops.head(key))?.lastModified));
      expect(stored).toEqual([...new Set(stored)].toSorted());
    });

    it('where one that is known to be whole waits for an earlier one that still settles', async () => {
      const watched = watch();
      await write('products.csv', 'x');
      await watched.look();
      await clock.advance(1000);
      await outside();
      await rename(join(parent, 'outside.csv'), join(drops, 'facts.csv'));
      for (let second = 1; second < 5; second++) {
        expect(await watched.look()).toEqual([]);
        await clock.advance(1000);
      }
      expect(await lookInTime(watched)).toEqual(['products.csv', 'facts.csv']);
    });

    it('where one that cannot be taken keeps none waiting', async () => {
      const watched = watch();
      vi.spyOn(folder.drops, 'putStream').mockRejectedValueOnce(new Error('no'));
      await write('a.csv', 'x');
      await watched.look();
      await write('b.csv', 'x');
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual(['b.csv']);
      await clock.advance(30_000);
      expect(await watched.look()).toEqual(['a.csv']);
    });

    it('where a folder that is moved in comes with its move, however old its files are', async () => {
      await mkdir(join(parent, 'day'));
      await writeFile(join(parent, 'day/sales.csv'), 'x');
      await write('products.csv', 'x');
      const watched = watch();
      await watched.look();
      await clock.advance(1000);
      await rename(join(parent, 'day'), join(drops, 'day'));
      await watched.look();
      await clock.advance(5000);
      expect(await lookInTime(watched)).toEqual(['products.csv', 'day/sales.csv']);
    });

    it('also when the first came into a folder that had just been read', async () => {
      await mkdir(join(drops, 'a'), { recursive: true });
      await mkdir(join(drops, 'b'));
      let hasCome = false;
      const readFolder = async (path: string) => {
        const entries = await readdir(path, { withFileTypes: true });
        if (path !== join(drops, 'a') || hasCome) return entries;
        hasCome = true;
        await write('a/products.csv', 'x');
        await later('a/products.csv', 'b/facts.csv', () => write('b/facts.csv', 'x'));
        return entries;
      };
      const watched = new DropFolder(drops, folder, { log, reading: { readFolder } });
      await watched.look();
      await clock.advance(5000);
      expect(await lookInTime(watched)).toEqual(['a/products.csv', 'b/facts.csv']);
    });

    it('also when more come each time the folders are read', async () => {
      await mkdir(join(drops, 'a'), { recursive: true });
      await mkdir(join(drops, 'b'));
      const order: string[] = [];
      const come = async (key: string) => {
        const before = order.at(-1);
        if (before === undefined) await write(key, 'x');
        else await later(before, key, () => write(key, 'x'));
        order.push(key);
      };
      const readFolder = async (path: string) => {
        const entries = await readdir(path, { withFileTypes: true });
        if (path === join(drops, 'a') && order.length < 6) {
          await come(`a/z${order.length}.csv`);
          await come(`b/z${order.length}.csv`);
        }
        return entries;
      };
      const watched = new DropFolder(drops, folder, { log, reading: { readFolder } });
      const taken: string[] = [];
      for (let look = 0; look < 10; look++) {
        taken.push(...(await lookInTime(watched)));
        await clock.advance(1000);
      }
      expect(taken).toEqual(order);
      expect(order).toHaveLength(6);
    });
  });

  it('takes a file whose name is as long as a name can be', async () => {
    const name = `${'n'.repeat(251)}.csv`;
    const watched = watch();
    await write(name, 'x');
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual([name]);
    await write(name, 'y');
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual([name]);
    expect(await files()).toEqual([`taken/${'n'.repeat(249)}.2.csv`, `taken/${name}`]);
  });

  it('takes a file under the name of a folder that files were taken from', async () => {
    const watched = watch();
    for (const name of ['sales/a.csv', 'sales']) {
      await rm(join(drops, 'sales'), { recursive: true, force: true });
      await write(name, 'x');
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual([name]);
    }
    expect(await files()).toEqual(['taken/sales.2', 'taken/sales/a.csv']);
  });

  it('keeps no file waiting behind one that cannot have its place in taken/, and says so once', async () => {
    await write('taken/.moving/folder/x.csv', 'nobody has stored it');
    await symlink('/etc/hostname', join(drops, 'folder'));
    await write('sales.csv', 'a\n1\n');
    const watched = watch();
    for (let look = 0; look < 4; look++) {
      await lookInTime(watched);
      await clock.advance(5000);
    }
    expect(announcedKeys()).toEqual(['sales.csv']);
    expect(said).toEqual([expect.stringContaining('folder/x.csv was taken, and cannot be moved')]);
  });

  it('never overwrites a file in taken/', async () => {
    const watched = watch();
    for (const text of ['first', 'second', 'third']) {
      await write('drop.csv', text);
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual(['drop.csv']);
    }
    expect(await files()).toEqual(['taken/drop.2.csv', 'taken/drop.3.csv', 'taken/drop.csv']);
    expect(await readFile(join(drops, 'taken/drop.2.csv'), 'utf8')).toBe('second');
    expect(new Set(announced()).size).toBe(3);
  });

  it('leaves hidden files, links and what is in taken/ alone', async () => {
    const watched = watch();
    for (const name of ['.DS_Store', '.part/x.csv', 'taken/old.csv']) await write(name, 'x');
    await symlink('/etc/hostname', join(drops, 'link.csv'));
    await watched.look();
    await clock.advance(60_000);
    expect(await watched.look()).toEqual([]);
  });

  it('makes one drop of a file when it was killed after copying, before telling, and after it', async () => {
    await write('drop.csv', 'x');
    const lookTwice = async (watched: DropFolder) => {
      await watched.look();
      await clock.advance(5000);
      return watched.look();
    };
    const stat = async (path: string) => {
      if ((await folder.drops.head('drop.csv')) !== undefined) throw new Error('killed');
      return lstat(path, { bigint: true });
    };
    expect(await lookTwice(new DropFolder(drops, folder, { reading: { stat } }))).toEqual([]);
    const copied = await folder.drops.head('drop.csv');
    for (const isTold of [false, true]) {
      const queues = {
        send: async (...args: Parameters<typeof folder.queues.send>) => {
          if (isTold) await folder.queues.send(...args);
          throw new Error('killed');
        },
      };
      const killed = new DropFolder(drops, { ...folder, queues: Object.assign(Object.create(folder.queues), queues) });
      expect(await lookTwice(killed)).toEqual([]);
    }
    expect(await lookTwice(watch())).toEqual([]);
    expect(await files()).toEqual(['taken/drop.csv']);
    expect(await folder.drops.head('drop.csv')).toEqual(copied);
    expect(new Set(announced()).size).toBe(1);
  });

  describe('only finishes the move of a file that it has told of, when it was killed', () => {
    const stored = async () => {
      const watched = watch();
      await write('sales/drop.csv', 'x');
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual(['sales/drop.csv']);
      await mkdir(join(drops, 'taken/.moving/sales'), { recursive: true });
      await rename(join(drops, 'taken/sales/drop.csv'), join(drops, 'taken/.moving/sales/drop.csv'));
    };
    const remove = async () =>
      folder.drops.deleteVersion('sales/drop.csv', (await folder.drops.head('sales/drop.csv'))?.versionId ?? '');

    it.each<[when: string, act: () => Promise<unknown>, left: string[]]>([
      ['before it had its name in taken/', async () => {}, ['taken/sales/drop.csv']],
      [
        'when it had it',
        () => link(join(drops, 'taken/.moving/sales/drop.csv'), join(drops, 'taken/sales/drop.csv')),
        ['taken/sales/drop.csv'],
      ],
      ['and its run has removed it from the bucket since', remove, ['taken/sales/drop.csv']],
      [
        'and another has that name',
        () => write('taken/sales/drop.csv', 'other'),
        ['taken/sales/drop.2.csv', 'taken/sales/drop.csv'],
      ],
    ])('%s', async (_, act, left) => {
      await stored();
      await act();
      const watched = watch();
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual([]);
      expect(await files()).toEqual(left);
      expect(new Set(announced()).size).toBe(1);
    });

    it('and takes one that came under its name', async () => {
      await stored();
      await write('sales/drop.csv', 'the next');
      const watched = watch();
      await watched.look();
      await clock.advance(5000);
      expect(await watched.look()).toEqual(['sales/drop.csv']);
      expect(await files()).toEqual(['taken/sales/drop.2.csv', 'taken/sales/drop.csv']);
    });
  });

  it('takes each file that a sender writes in place and publishes with a link', async () => {
    const watched = watch();
    await mkdir(join(drops, 'sales'));
    for (const [day, text] of ['first', 'second', 'third'].entries()) {
      await writeFile(join(parent, 'export.csv'), text);
      await utimes(join(parent, 'export.csv'), 1_700_000_000 + day, 1_700_000_000 + day);
      await link(join(parent, 'export.csv'), join(drops, 'sales/sales.csv'));
      await watched.look();
      expect(await lookInTime(watched)).toEqual(['sales/sales.csv']);
      expect(await readFile(folder.drops.address('sales/sales.csv'), 'utf8')).toBe(text);
    }
    expect(new Set(announced()).size).toBe(3);
  });

  it.each([
    ['while it runs', false],
    ['at its start', true],
  ])('makes a new drop of a file that is linked back from taken/, %s', async (_, isStart) => {
    let watched = watch();
    await write('drop.csv', 'x');
    await watched.look();
    await clock.advance(5000);
    await watched.look();
    if (isStart) watched = watch();
    await link(join(drops, 'taken/drop.csv'), join(drops, 'drop.csv'));
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual(['drop.csv']);
    expect(new Set(announced()).size).toBe(2);
    expect(await files()).toEqual(['taken/drop.2.csv', 'taken/drop.csv']);
  });

  it('takes also a file that comes under the name of one that is just being moved', async () => {
    await write('drop.csv', 'first');
    const queues = {
      send: async (...args: Parameters<typeof folder.queues.send>) => {
        await folder.queues.send(...args);
        await writeFile(join(drops, 'drop.csv.partial'), 'the second');
        await rename(join(drops, 'drop.csv.partial'), join(drops, 'drop.csv'));
      },
    };
    const replaced = new DropFolder(drops, { ...folder, queues: Object.assign(Object.create(folder.queues), queues) });
    await replaced.look();
    await clock.advance(5000);
    await replaced.look();
    expect(await files()).toEqual(['drop.csv', 'taken/drop.csv']);
    const watched = watch();
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual(['drop.csv']);
    const sizes = announced().map((body) => JSON.parse(body).Records[0].s3.object.size);
    expect(sizes).toEqual(['first'.length, 'the second'.length]);
    expect(await files()).toEqual(['taken/drop.2.csv', 'taken/drop.csv']);
  });

  it('puts back what was on its way when it was killed, and finishes the move of what was taken', async () => {
    await write('taken/.moving/sales/unknown.csv', 'nobody has stored it');
    await write('taken/sales/known.csv', 'x');
    await link(join(drops, 'taken/sales/known.csv'), join(drops, 'taken/.moving/sales/known.csv'));
    const watched = watch();
    await watched.look();
    expect(await files()).toEqual(['sales/unknown.csv', 'taken/sales/known.csv']);
    await clock.advance(5000);
    expect(await watched.look()).toEqual(['sales/unknown.csv']);
  });

  it('does not take a file again whose run has removed it from the bucket', async () => {
    await write('drop.csv', 'x');
    const queues = {
      send: async (...args: Parameters<typeof folder.queues.send>) => {
        await folder.queues.send(...args);
        throw new Error('killed');
      },
    };
    const killed = new DropFolder(drops, { ...folder, queues: Object.assign(Object.create(folder.queues), queues) });
    await killed.look();
    await clock.advance(5000);
    await killed.look();
    await folder.drops.deleteVersion('drop.csv', (await folder.drops.head('drop.csv'))?.versionId ?? '');
    const watched = watch();
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual([]);
    expect(await files()).toEqual(['taken/drop.csv']);
    expect(await folder.drops.head('drop.csv')).toBeUndefined();
    expect(announced()).toHaveLength(1);
  });

  it('tells nobody of a file that cannot move, as a file called taken stands in the way', async () => {
    await write('taken', 'x');
    await write('sales.csv', 'a\n1\n');
    const watching = watch();
    for (let look = 0; look < 3; look++) {
      await watching.look();
      await clock.advance(40_000);
    }
    expect(announced()).toEqual([]);
    expect(said[0]).toContain('a file stands where a folder is needed');
    await rm(join(drops, 'taken'));
    await watching.look();
    expect(announcedKeys()).toEqual(['sales.csv']);
  });

  it('tells once of a name that is not UTF-8', async () => {
    const watching = watch();
    await writeFile(Buffer.concat([Buffer.from(`${drops}/`), Buffer.from([0xe9]), Buffer.from('.csv')]), 'x');
    for (let look = 0; look < 3; look++) {
      await watching.look();
      await clock.advance(40_000);
    }
    expect(said).toEqual([expect.stringContaining('its name is not UTF-8. Rename it.')]);
    expect(announced()).toEqual([]);
  });

  it('takes the rest beside a folder whose name is not UTF-8, which cannot be entered', async () => {
    const watching = watch();
    const folderName = Buffer.concat([Buffer.from(`${drops}/`), Buffer.from([0xe9])]);
    await mkdir(folderName);
    await writeFile(Buffer.concat([folderName, Buffer.from('/x.csv')]), 'x');
    await write('z/sales.csv', 'x');
    await watching.look();
    await clock.advance(5000);
    expect(await watching.look()).toEqual(['z/sales.csv']);
    expect(said).toEqual([expect.stringContaining('its name is not UTF-8. Rename it.')]);
  });

  it.each([
    ['a folder that this user may not read', 'readFolder', 'lost+found', 'EACCES', 'permission denied'],
    ['a folder that the system keeps for itself', 'readFolder', 'lost+found', 'EPERM', 'permission denied'],
    ['a folder on a failing disk', 'readFolder', 'lost+found', 'EIO', 'the disk reports an error (EIO)'],
    ['a file in a folder that may only be listed', 'stat', 'a/secret.csv', 'EACCES', 'permission denied'],
  ] as const)('tells once of %s, and takes the rest', async (_, what, name, code, why) => {
    const path = join(drops, name);
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
    const watching = new DropFolder(drops, folder, { log, reading });
    for (const key of ['a/secret.csv', 'lost+found/x.csv', 'z/sales.csv']) await write(key, 'x');
    await watching.look();
    await clock.advance(5000);
    expect(await lookInTime(watching)).toContain('z/sales.csv');
    await watching.look();
    expect(said).toEqual([expect.stringContaining(`${path}: ${why}`)]);
    expect(said[0]).toContain('The rest of the drop folder is taken.');
    expect(said[0]).not.toContain('data folder');
  });

  it('enters neither hidden folders nor taken/', async () => {
    const entered: string[] = [];
    const readFolder = async (path: string) => {
      entered.push(path.slice(drops.length));
      return readdir(path, { withFileTypes: true });
    };
    for (const name of ['.Trashes/x.csv', 'taken/2025/old.csv', 'sales/taken/new.csv']) await write(name, 'x');
    const watching = new DropFolder(drops, folder, { log, reading: { readFolder } });
    await watching.look();
    expect([...new Set(entered)]).toEqual(['', '/sales', '/sales/taken']);
  });

  it('says once, and what to do, when the drop folder itself cannot be read', async () => {
    const denied = Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'scandir' });
    const reading = { readFolder: async () => Promise.reject(denied) };
    const watching = new DropFolder(drops, folder, { log, reading });
    await watching.start();
    for (let look = 0; look < 3; look++) await clock.advance(1000);
    await watching.stop();
    expect(said).toEqual([
      `Cannot read or write ${drops}: permission denied. Give this user both rights, or watch another folder with --drops.`,
    ]);
  });

  it('makes a new drop of a file that is put back', async () => {
    const watched = watch();
    await write('drop.csv', 'x');
    await watched.look();
    await clock.advance(5000);
    await watched.look();
    await rename(join(drops, 'taken/drop.csv'), join(drops, 'drop.csv'));
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual(['drop.csv']);
    expect(new Set(announced()).size).toBe(2);
  });

  it('keeps a file that cannot be taken, says why, and tries again later', async () => {
    const watched = watch();
    await write('drop.csv', 'x');
    const put = vi.spyOn(folder.drops, 'putStream').mockRejectedValueOnce(new Error('the disk is full'));
    await watched.look();
    await clock.advance(5000);
    expect(await watched.look()).toEqual([]);
    expect(said).toEqual(['drop.csv stays in the drop folder for now: the disk is full']);
    expect(await watched.look()).toEqual([]);
    expect(put).toHaveBeenCalledTimes(1);
    put.mockRejectedValueOnce(new Error('the disk is full'));
    await clock.advance(30_000);
    expect(await watched.look()).toEqual([]);
    await clock.advance(30_000);
    expect(await watched.look()).toEqual(['drop.csv']);
    expect(said).toHaveLength(1);
  });

  it('says when a file stands where it is to be', async () => {
    await writeFile(drops, '');
    expect(watch).toThrow(`Cannot open ${drops}: a file stands where a folder is needed.`);
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
