import { describe, expect, it } from 'vitest';
import { expectationMessage } from '../../functions/receive-schedule/check-expectation.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const ROWS = 'Product,Month,Units\nTea,Jan 26,1\n';
const HOUR = 3_600_000;

interface Options extends Partial<WorldOptions> {
  sales?: Partial<PipelineOptions>;
}

/** A world at five in the morning whose pipeline expects a file by 06:30. */
async function morning({ sales = {}, ...options }: Options = {}): Promise<World> {
  const world = await World.build({
    like: 'local',
    pipelines: {
      sales: { model: 'Plan 1', steps: ['import'], more: 'expectBy: "06:30"', ...sales },
      other: { model: 'Plan 1', steps: ['import'] },
    },
    ...options,
  });
  const now = world.clock.now();
  const today = new Date(now).setUTCHours(5, 0, 0, 0);
  await world.clock.advance((today <= now ? today + 24 * HOUR : today) - now);
  return world;
}

/** The schedule of the expectation goes off, `days` days from now. */
async function expectFile(world: World, { days = 0, copies = 1 } = {}): Promise<string> {
  const at = new Date(world.clock.now()).setUTCHours(6, 30, 0, 0) + days * 24 * HOUR;
  await world.clock.advance(at - world.clock.now());
  const scheduledAt = new Date(at).toISOString();
  for (let copy = 0; copy < copies; copy++)
    await world.queues.send('schedules', expectationMessage({ pipeline: 'sales', scheduledAt }));
  await world.runUntilQuiet();
  return scheduledAt;
}

const alerts = (world: World) => world.alerts.published.map(({ id }) => id);

describe.each(['local', 'aws'] as const)('like %s, a file that is expected', (like) => {
  it('and does not come is one alert and no run, however often the schedule fires', async () => {
    await using world = await morning({ like });
    const scheduledAt = await expectFile(world, { copies: 2 });
    expect(alerts(world)).toEqual([`expected-sales-${scheduledAt}`]);
    expect(world.alerts.published[0]).toMatchObject({
      pipeline: 'sales',
      subject: 'Plandrop: nothing has come for sales by 06:30',
    });
    expect(world.runs()).toEqual([]);
    const noted = JSON.parse(world.state.text(`expected/sales/${scheduledAt}.json`) ?? '');
    expect(noted).toMatchObject({ arrived: null });
    await world.queues.send('schedules', expectationMessage({ pipeline: 'sales', scheduledAt }));
    await world.runUntilQuiet();
    expect(alerts(world)).toHaveLength(1);
  });

  it('and comes in time is no alert', async () => {
    await using world = await morning({ like });
    await world.drop('sales/a.csv', ROWS);
    const scheduledAt = await expectFile(world);
    expect(alerts(world)).toEqual([]);
    const noted = JSON.parse(world.state.text(`expected/sales/${scheduledAt}.json`) ?? '');
    expect(noted.arrived).toBe(world.runs()[0]?.runId);
  });

  it('comes anew each day: that of yesterday does not count, nor that of another pipeline', async () => {
    await using world = await morning({ like });
    await world.drop('sales/a.csv', ROWS);
    await expectFile(world);
    await world.clock.advance(HOUR);
    await world.drop('sales/late-for-yesterday-early-for-today.csv', ROWS);
    await expectFile(world, { days: 1 });
    await world.drop('other/a.csv', ROWS);
    expect(alerts(world)).toEqual([]);
    const missed = await expectFile(world, { days: 1 });
    expect(alerts(world)).toEqual([`expected-sales-${missed}`]);
  });

  it('of a set that is not whole is told with what is missing', async () => {
    const sales = { steps: ['several-files'], on: '{ set: folder }', more: 'expectBy: "06:30"' } as const;
    await using world = await morning({ like, sales });
    await world.drop('sales/03/sales.csv', ROWS);
    await expectFile(world);
    expect(world.alerts.published[0]?.text).toContain('No whole set of pipeline sales has come by');
    expect(world.alerts.published[0]?.text).toContain('Set sales/03/ waits for Load Products.');
  });

  it('by a pipeline that no longer expects it is nothing', async () => {
    await using world = await morning({ like, sales: { more: '' } });
    await expectFile(world);
    expect(alerts(world)).toEqual([]);
  });

  it.each(['killed-before', 'killed-after'] as const)('%s each operation, is one alert all the same', async (kind) => {
    await using plain = await morning({ like });
    await expectFile(plain);
    const problems: string[] = [];
    for (let at = 1; at <= plain.operations; at++) {
      const fate = ({ number }: Operation): Fate => (number === at ? { kind } : GOES);
      await using world = await morning({ like, fate });
      const scheduledAt = await expectFile(world);
      // Twice, with one id, where it died before it had noted the alert.
      const ids = new Set(alerts(world));
      if (ids.size !== 1 || !ids.has(`expected-sales-${scheduledAt}`)) problems.push(`${at}: ${alerts(world).join()}`);
      if (world.state.text(`expected/sales/${scheduledAt}.json`) === undefined) problems.push(`${at}: it is not noted`);
    }
    expect(problems).toEqual([]);
  });
});

it('on AWS is looked for two minutes later, because S3 may tell late of a file that came in time', async () => {
  await using world = await morning({ like: 'aws' });
  await world.clock.advance(HOUR + 29 * 60_000);
  await world.drop('sales/a.csv', ROWS, { delaySeconds: 100 });
  await expectFile(world);
  expect(alerts(world)).toEqual([]);
  expect(world.runs()).toHaveLength(1);
});
