import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LockedDataFolder, openDataFolder } from '../../infra/local/data-folder.ts';
import { LocalWatch } from '../../infra/local/local-watch.ts';
import { expire, expireTaken } from '../../infra/local/retention.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { ENDED } from '../../shared/ports/store.ts';
import { World } from '../simulation/world.ts';

const DAY_MS = 86_400_000;

describe('on one machine', () => {
  const clock = new ManualClock();
  let path: string;
  let folder: LockedDataFolder;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'plandrop-retention-'));
    folder = await openDataFolder(path, { clock });
  });
  afterEach(async () => {
    folder.close();
    await rm(path, { recursive: true, force: true });
  });

  const stateKeys = async () => {
    const keys: string[] = [];
    for await (const { key } of folder.state.list('')) keys.push(key);
    return keys;
  };
  const files = async (store: 'state' | 'drops') => {
    const entries = await readdir(join(path, store, 'objects'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it('what has ended goes after its time with every version, and what has not stays', async () => {
    const { state } = folder;
    const run = 'runs/2026-01-05/20260105-1.json';
    await state.put(run, 'under way');
    await state.put(run, 'ended', { tags: ENDED });
    for (const key of ['dumps/20260105-1/1-1-1.csv', 'repairs/a', 'failures/20260105-1.json', 'alerts/bursts/a.json'])
      await state.put(key, 'x', { tags: ENDED });
    const kept = ['exports/board.csv', 'lanes/M/holder', 'plandrop.lock.json', 'runs/2026-01-05/20260105-2.json'];
    for (const key of kept) await state.put(key, 'x');
    await state.put('lanes/M/tickets/t', 'a ticket that is deleted');
    await state.delete('lanes/M/tickets/t');
    await clock.advance(29 * DAY_MS);
    await state.put('dumps/20260203-1/1-1-1.csv', 'young', { tags: ENDED });
    expect(await expire(folder, 30)).toEqual({ objects: 0, drops: 0 });
    await clock.advance(2 * DAY_MS);
    await expire(folder, 30);
    await expire(folder, 30);
    expect(await stateKeys()).toEqual(['dumps/20260203-1/1-1-1.csv', ...kept]);
    expect(existsSync(state.address(run))).toBe(false);
    // The file that an overwritten or deleted version had is gone as well.
    expect(await files('state')).toBe(5);
  });

  it('requests to Anaplan go after 90 days, or sooner where less is kept', async () => {
    await folder.state.put('requests/a', 'x');
    await clock.advance(31 * DAY_MS);
    expect((await expire(folder, 400)).objects).toBe(0);
    expect((await expire(folder, 30)).objects).toBe(1);
  });

  it('a drop goes when no unfinished run, no set and no message names it', async () => {
    const { state, drops, queues } = folder;
    const put = async (key: string) => (await drops.put(key, key)).versionId;
    const needed = {
      run: await put('sales/run.csv'),
      set: await put('sales/set.csv'),
      message: await put('sales/message.csv'),
    };
    await put('sales/done.csv');
    await put('sales/replaced.csv');
    const mended = await state.put('mended/20260105-1.1/a.csv', 'x');
    await state.put('mended/20260105-9.1/b.csv', 'x');
    const trigger = (versionId: string) => JSON.stringify({ trigger: { kind: 'drop', versionId } });
    await state.put('runs/2026-01-05/20260105-1.json', trigger(needed.run));
    await state.put('lanes/M/tickets/2026-01-05T06:00:00.000Z-20260105-1', '{}');
    await state.put('runs/2026-01-05/20260105-1.1.json', trigger(mended.versionId));
    await state.put('lanes/M/tickets/2026-01-05T06:00:00.000Z-20260105-1.1', '{}');
    await state.put('sets/january', JSON.stringify({ members: [{ versionId: needed.set }] }));
    await queues.send('drops', JSON.stringify({ Records: [{ s3: { object: { versionId: needed.message } } }] }));
    await clock.advance(31 * DAY_MS);
    await put('sales/replaced.csv');
    expect(await expire(folder, 30)).toEqual({ objects: 1, drops: 2 });
    const left: string[] = [];
    for await (const { key } of drops.list('')) left.push(key);
    expect(left).toEqual(['sales/message.csv', 'sales/replaced.csv', 'sales/run.csv', 'sales/set.csv']);
    expect(await files('drops')).toBe(4);
    expect(await stateKeys()).toContain('mended/20260105-1.1/a.csv');
  });

  it('taken files go, and nothing else in the folder of drops', async () => {
    const names = ['taken/sales/a.csv', 'sales/b.csv'];
    for (const name of names) {
      await mkdir(join(path, 'in', name, '..'), { recursive: true });
      await writeFile(join(path, 'in', name), 'x');
    }
    const at = (days: number) => Date.now() + days * DAY_MS;
    expect(await expireTaken(join(path, 'in'), 30, at(29))).toBe(0);
    expect(await expireTaken(join(path, 'in'), 30, at(31))).toBe(1);
    expect(names.map((name) => existsSync(join(path, 'in', name)))).toEqual([false, true]);
    expect(await expireTaken(join(path, 'nowhere'), 30, at(31))).toBe(0);
  });
});

it('the watch looks for what is too old when it starts, and once a day', async () => {
  await using world = await World.build({ pipelines: { sales: { model: 'Plan 1', steps: ['import'] } } });
  const services = { ...world.servicesOf(world.newProcess()), state: world.state, clock: world.clock };
  let looks = 0;
  const watch = new LocalWatch(services, async () => {
    looks++;
    throw new Error('the disk is full');
  });
  watch.start();
  await world.clock.advance(3 * DAY_MS - 1);
  const stopped = watch.stop();
  await world.clock.advance(1);
  await stopped;
  expect(looks).toBe(3);
});
