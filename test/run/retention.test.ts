import { describe, expect, it } from 'vitest';
import { violationsOf } from '../simulation/violations.ts';
import { World } from '../simulation/world.ts';
import { LIVES, live } from './lives.ts';

const DAY_MS = 86_400_000;
const TEXT = 'Product,Month,Units\nTea,Jan 26,1\n';
const isRejecting = ({ name }: { name: string }) => name === 'an import with rejects';

describe('what a run leaves behind', () => {
  it('is marked as ended, so that it may expire, and the drop is not', async () => {
    const life = LIVES.find(isRejecting);
    if (life === undefined) throw new Error('there is no such life');
    await using world = await live(life);
    const left = ['runs/', 'dumps/', 'repairs/', 'failures/'].flatMap((folder) => {
      const keys = world.state.keys().filter((key) => key.startsWith(folder));
      return keys.map((key) => [folder, world.state.tags(key)]);
    });
    const ended = { ended: 'true' };
    expect(left).toEqual([
      ['runs/', ended],
      ['dumps/', ended],
      ['repairs/', ended],
      ['failures/', ended],
    ]);
    expect(world.drops.tags('sales/a.csv')).not.toHaveProperty('ended');
  });

  it('is not marked while the run waits in a held lane, however long', async () => {
    await using world = await World.build({ pipelines: { sales: { model: 'Plan 1', steps: ['import'] } } });
    await world.drop('sales/a.csv', 'Product,Month\nTea,Jan 26\n');
    await world.runUntilQuiet();
    await world.drop('sales/b.csv', TEXT);
    await world.runUntilQuiet();
    const waiting = world.runs().find(({ ended }) => ended === null);
    expect(waiting?.next?.due).toBe('lane');
    const key = world.state.keys().find((each) => each.endsWith(`${waiting?.runId}.json`) && each.startsWith('runs/'));
    expect(world.state.tags(key ?? '')).toEqual({});
  });
});

describe('a drop that is older than the retention', () => {
  async function droppedAndAnnouncedAfter(days: number): Promise<World> {
    const world = await World.build({ pipelines: { sales: { model: 'Plan 1', steps: ['import'] } } });
    const { key, versionId, size } = await world.drops.put('sales/old.csv', TEXT);
    await world.clock.advance(days * DAY_MS);
    const object = { key, versionId, size };
    const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: world.drops.bucket }, object } };
    await world.queues.send('drops', JSON.stringify({ Records: [event] }));
    await world.runUntilQuiet();
    return world;
  }

  it('is refused and reported, and starts nothing', async () => {
    await using world = await droppedAndAnnouncedAfter(401);
    const [run, ...others] = world.runs();
    expect([others, run?.ended?.outcome, run?.ended?.failure?.category]).toEqual([[], 'failed', 'source-file']);
    expect(world.alerts.published.map(({ text }) => text)).toEqual([
      expect.stringContaining(`plandrop failures redrive ${run?.runId}`),
    ]);
    expect(world.watcher.starts).toEqual([]);
    // No simulated story has such a drop, so that it fails is the one thing that is found strange.
    expect(violationsOf(world)).toEqual([expect.stringContaining('it failed by source-file')]);
  });

  it('is loaded like any other until then', async () => {
    await using world = await droppedAndAnnouncedAfter(399);
    expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
  });

  it('is put into no set, and is told of as a file that nothing is done with', async () => {
    const month = { model: 'Plan 1', steps: ['several-files'], on: '{ set: folder }' } as const;
    await using world = await World.build({ pipelines: { month }, watchSeconds: 300 });
    const { key, versionId, size } = await world.drops.put('month/03/sales.csv', TEXT);
    await world.clock.advance(401 * DAY_MS);
    const object = { key, versionId, size };
    const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: world.drops.bucket }, object } };
    await world.queues.send('drops', JSON.stringify({ Records: [event] }));
    await world.runUntilQuiet();
    world.watch();
    await world.runUntilQuiet();
    expect(world.state.keys().filter((each) => each.startsWith('sets/'))).toEqual([]);
    expect(world.alerts.published.map(({ text }) => text)).toEqual([
      expect.stringContaining('month/03/sales.csv (in plandrop-drops): it is of 20'),
    ]);
  });

  it('keeps the run that it has', async () => {
    await using world = await droppedAndAnnouncedAfter(1);
    const [before] = world.runs();
    await world.clock.advance(500 * DAY_MS);
    const { key, versionId, size } = (await world.drops.head('sales/old.csv')) ?? { key: '', versionId: '', size: 0 };
    const object = { key, versionId, size };
    const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: world.drops.bucket }, object } };
    await world.queues.send('drops', JSON.stringify({ Records: [event] }));
    await world.runUntilQuiet();
    expect(world.runs()).toEqual([before]);
    expect(world.alerts.published).toEqual([]);
  });
});
