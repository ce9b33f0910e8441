import { beforeEach, describe, expect, it } from 'vitest';
import { LocalScheduler, type PipelineSchedule, schedulesOf } from '../../infra/local/local-scheduler.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';

const DAILY: PipelineSchedule = { pipeline: 'recalculate', expression: 'cron(0 6 * * ? *)', timezone: 'UTC' };
const OFTEN: PipelineSchedule = { pipeline: 'sync', expression: 'cron(0/5 * * * ? *)', timezone: 'UTC' };

describe('LocalScheduler', () => {
  let clock: ManualClock;
  let state: MemoryStore;
  let queues: MemoryQueues;
  let said: string[];
  beforeEach(() => {
    clock = new ManualClock(Date.parse('2026-11-20T05:58:30Z'));
    state = new MemoryStore({ bucket: 'plandrop-state', clock });
    queues = new MemoryQueues({ clock });
    said = [];
  });

  const scheduler = (...schedules: PipelineSchedule[]) =>
    new LocalScheduler({
      state,
      queues,
      clock,
      schedules,
      log: {
        ...silentLogger,
        warn: (message) => void said.push(message),
        error: (message) => void said.push(message),
      },
    });
  const sent = () =>
    queues.peek('schedules').map(({ body }) => {
      const { pipeline, scheduledAt } = JSON.parse(body);
      return `${pipeline} ${scheduledAt.slice(11, 16)}`;
    });
  const minutes = (count: number) => clock.advance(count * 60_000);

  it('fires each schedule at its time, with that time', async () => {
    const running = scheduler(DAILY, OFTEN);
    running.start();
    await minutes(1);
    expect(sent()).toEqual([]);
    await minutes(11);
    expect(sent()).toEqual(['recalculate 06:00', 'sync 06:00', 'sync 06:05', 'sync 06:10']);
    expect(queues.peek('schedules').map(({ sentAt }) => new Date(sentAt).toISOString().slice(11, 19))).toEqual([
      '06:00:00',
      '06:00:00',
      '06:05:00',
      '06:10:00',
    ]);
    await running.stop();
    await minutes(10);
    expect(sent()).toHaveLength(4);
  });

  it('says of an expectation that nothing is to run, and keeps its firings apart from those of a schedule', async () => {
    const text = (on: string, more: string) =>
      `pipelines: { daily: { workspace: W, model: M, on: ${on}, ${more} steps: [{ import: Load }] } }`;
    const schedules = ['{ drop: "a/*.csv" }', '{ schedule: "cron(0 6 * * ? *)" }'].flatMap((on, index) => {
      const loaded = loadConfiguration(text(on, index === 0 ? 'expectBy: "06:00",' : ''));
      return loaded.ok ? schedulesOf(loaded.configuration) : [];
    });
    const running = scheduler(...schedules);
    running.start();
    await minutes(3);
    expect(queues.peek('schedules').map(({ body }) => JSON.parse(body))).toEqual([
      { pipeline: 'daily', expect: true, scheduledAt: '2026-11-20T06:00:00.000Z' },
      { pipeline: 'daily', scheduledAt: '2026-11-20T06:00:00.000Z' },
    ]);
    await running.stop();
  });

  it('fires what was due while it was down for a short time, once', async () => {
    await scheduler(OFTEN).fireDue();
    await minutes(9);
    await scheduler(OFTEN).fireDue();
    expect(sent()).toEqual(['sync 06:00', 'sync 06:05']);
    await scheduler(OFTEN).fireDue();
    expect(sent()).toHaveLength(2);
  });

  it('leaves out what was due long ago, and says so', async () => {
    await scheduler(DAILY).fireDue();
    await minutes(26 * 60);
    await scheduler(DAILY).fireDue();
    expect(sent()).toEqual([]);
    expect(said).toEqual([
      'Nothing was running when recalculate was due at 2026-11-20T06:00:00.000Z; what was due until 2026-11-21T07:43:30.000Z is left out',
    ]);
  });

  it('does not catch up on a schedule that is new or was changed', async () => {
    await scheduler(DAILY).fireDue();
    await minutes(7);
    await scheduler({ ...DAILY, expression: 'cron(3 6 * * ? *)' }, OFTEN).fireDue();
    expect(sent()).toEqual([]);
  });

  it('sends again, with the same time, what it may have sent before it was killed', async () => {
    await scheduler(OFTEN).fireDue();
    await minutes(2);
    state.faults = ({ name }) => (name === 'put' ? 'fail' : undefined);
    await expect(scheduler(OFTEN).fireDue()).rejects.toThrow();
    const killed = scheduler(OFTEN);
    let puts = 0;
    state.faults = ({ name }) => (name === 'put' && ++puts === 2 ? 'fail' : undefined);
    await expect(killed.fireDue()).rejects.toThrow();
    state.faults = () => undefined;
    await scheduler(OFTEN).fireDue();
    expect(sent()).toEqual(['sync 06:00', 'sync 06:00']);
  });

  it('goes on when the disk refuses for a while, losing nothing', async () => {
    const running = scheduler(OFTEN);
    await running.fireDue();
    queues.faults = () => 'fail';
    running.start();
    await minutes(3);
    expect(sent()).toEqual([]);
    expect(said[0]).toMatch('send schedules: fail');
    queues.faults = () => undefined;
    await minutes(1);
    expect(sent()).toEqual(['sync 06:00']);
    await running.stop();
  });

  it('fires one time once, also after a restart, and then says that it is over', async () => {
    const once: PipelineSchedule = {
      pipeline: 'close',
      expression: 'at(2026-11-20T07:05:00)',
      timezone: 'Europe/Berlin',
    };
    await scheduler(once).fireDue();
    expect(said).toEqual([]);
    await minutes(8);
    const running = scheduler(once);
    expect(await running.fireDue()).toBeUndefined();
    await minutes(30);
    await running.fireDue();
    await scheduler(once).fireDue();
    expect(sent()).toEqual(['close 06:05']);
    expect(said.slice(-1)).toEqual(['The schedule of close fires no more: at(2026-11-20T07:05:00) in Europe/Berlin.']);
  });

  it('counts a rate from when it was first seen, through restarts, and fires at once', async () => {
    const often: PipelineSchedule = { pipeline: 'sync', expression: 'rate(10 minutes)', timezone: 'UTC' };
    await scheduler(often).fireDue();
    await minutes(4);
    await scheduler(often).fireDue();
    await minutes(7);
    await scheduler(often).fireDue();
    expect(sent()).toEqual(['sync 05:58', 'sync 06:08']);
  });

  it('says when it is to be asked again', async () => {
    expect(await scheduler(DAILY, OFTEN).fireDue()).toBe(Date.parse('2026-11-20T06:00:00Z'));
    expect(await scheduler({ ...DAILY, expression: 'at(2020-01-01T00:00:00)' }).fireDue()).toBeUndefined();
    expect(await scheduler().fireDue()).toBeUndefined();
  });

  describe('whose clock was ahead', () => {
    it.each([
      ['by hours', 8 * 60],
      ['by a year', 365 * 24 * 60],
    ])('%s fires at its true time all the same, also after a restart, and says so once', async (_, ahead) => {
      await scheduler(DAILY).fireDue();
      await minutes(ahead);
      await scheduler(DAILY).fireDue();
      expect(sent()).toEqual([]);
      said = [];
      await minutes(-ahead);
      const running = scheduler(DAILY);
      await running.fireDue();
      await minutes(2);
      await running.fireDue();
      expect(sent()).toEqual(['recalculate 06:00']);
      await scheduler(DAILY).fireDue();
      expect(sent()).toHaveLength(1);
      expect(said).toEqual([expect.stringContaining('The clock of this machine was ahead by')]);
    });

    it('fires what became due since the clock was set right', async () => {
      await scheduler(DAILY).fireDue();
      await minutes(8 * 60);
      const running = scheduler(DAILY);
      await running.fireDue();
      await minutes(2 - 8 * 60);
      await running.fireDue();
      expect(sent()).toEqual(['recalculate 06:00']);
    });

    it('sends what has fired again with the same time, and says nothing of a small step', async () => {
      const running = scheduler(OFTEN);
      await running.fireDue();
      await minutes(1.5);
      await running.fireDue();
      await clock.advance(-5000);
      await running.fireDue();
      await clock.advance(5000);
      await running.fireDue();
      expect(sent()).toEqual(['sync 06:00', 'sync 06:00']);
      expect(said).toEqual([]);
    });

    it('goes on with what it saw first in that time, and does not catch up on a past that this did not have', async () => {
      const rate: PipelineSchedule = { pipeline: 'rated', expression: 'rate(10 minutes)', timezone: 'UTC' };
      await minutes(8 * 60);
      await scheduler(rate, DAILY).fireDue();
      await minutes(3 - 8 * 60);
      const running = scheduler(rate, DAILY);
      await running.fireDue();
      await minutes(10);
      await running.fireDue();
      expect(sent()).toEqual(['rated 13:58', 'rated 06:08']);
    });

    it('keeps the time of day of a rate, also where the clock is behind for a while', async () => {
      const rate: PipelineSchedule = { pipeline: 'rated', expression: 'rate(1 day)', timezone: 'UTC' };
      await scheduler(rate).fireDue();
      const behind = 120 * 24 * 60 + 90;
      await minutes(-behind);
      await scheduler(rate).fireDue();
      expect(sent()).toEqual(['rated 05:58']);
      await minutes(behind + 24 * 60 + 1);
      await scheduler(rate).fireDue();
      expect(sent()).toEqual(['rated 05:58', 'rated 05:58']);
    });

    it('fires nothing by a clock that begins in another age', async () => {
      await scheduler(OFTEN).fireDue();
      const behind = clock.now() / 60_000 - 10;
      await minutes(-behind);
      await scheduler(OFTEN).fireDue();
      expect(sent()).toEqual([]);
      await minutes(behind + 2);
      await scheduler(OFTEN).fireDue();
      expect(sent()).toEqual(['sync 06:00']);
    });
  });
});
