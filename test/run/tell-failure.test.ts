import { describe, expect, it } from 'vitest';
import type { Alert } from '../../shared/ports/alerts.ts';
import { InjectedFault } from '../../shared/ports/memory/injected-fault.ts';
import { BURST_SECONDS, type Burst } from '../../shared/run/burst.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { closeBursts, openBursts, tellFailure } from '../../shared/run/tell-failure.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { pick, seededRandom } from '../simulation/random.ts';
import { ProcessDied } from '../simulation/simulated-process.ts';
import { World } from '../simulation/world.ts';
import { failedRun, remember } from './failed-runs.ts';

const aWorld = (options: Partial<Parameters<typeof World.build>[0]> = {}) =>
  World.build({ like: 'aws', pipelines: { sales: { model: 'Plan 1', steps: ['import'] } }, ...options });

/** Lets a world go on, also where only time has to pass, until `work` is done. */
async function until<T>(world: World, work: Promise<T>): Promise<T> {
  const ended = { is: false };
  const settled = work.finally(() => {
    ended.is = true;
  });
  settled.catch(() => {});
  for (let steps = 0; !ended.is; steps++) {
    if (steps > 50_000) throw new Error(`it does not end:\n${world.tail()}`);
    const now = world.clock.now();
    if (!(await world.step())) await world.clock.advance(Math.max(1, (world.clock.nextDue ?? now) - now));
  }
  return settled;
}

/** Tells of a run as its messages do: again, in a new process, until it has been told. */
async function tellOf(world: World, run: BegunRun): Promise<void> {
  for (;;) {
    try {
      return await tellFailure(world.servicesOf(world.newProcess()), run);
    } catch (error) {
      if (!(error instanceof ProcessDied || error instanceof InjectedFault)) throw error;
      await world.clock.sleep(900_000 * world.random());
    }
  }
}

async function watch(world: World, minutes = 60): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 5) {
    await world.clock.advance(300_000);
    await until(
      world,
      closeBursts(world.servicesOf(world.newProcess())).catch(() => {}),
    );
  }
}

const isSummary = ({ runs }: Alert) => runs !== undefined;
const markers = (world: World) => world.state.keys().filter((key) => key.startsWith('alerts/open/'));
const idsOf = (world: World) => world.alerts.published.map(({ id }) => id);

describe('a burst of like failures', () => {
  it('is one alert at once, and one summary that names how many more and since when', async () => {
    await using world = await aWorld();
    const runs = Array.from({ length: 12 }, (_, i) => failedRun(i));
    await remember(world, runs);
    await until(world, Promise.all(runs.map((run) => tellOf(world, run))));
    expect(idsOf(world)).toHaveLength(1);
    await watch(world, 20);
    const [first, summary, ...others] = world.alerts.published;
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      id: first?.run,
      pipeline: 'sales',
      model: 'M',
      category: 'mapping',
      outcome: 'failed',
    });
    expect(summary?.id).toBe(`${first?.id}-and-11-more`);
    expect(summary?.subject).toBe('Plandrop: 11 more runs of sales failed (mapping)');
    expect(summary?.text).toMatch(
      /^11 more runs failed like run 20260302-\d+, since 06:00 UTC on 2026-03-02 \(pipeline sales/,
    );
    expect([...(summary?.runs ?? []), first?.id].sort()).toEqual(runs.map(({ runId }) => runId).sort());
    expect(markers(world)).toEqual([]);
  });

  it('of 200 drops leaves 200 reports, one alert and one summary', async () => {
    await using world = await aWorld({ watchSeconds: 300, concurrency: 10 });
    for (let number = 0; number < 200; number++) {
      const head = await world.drops.put(`old/${number}.csv`, 'Product\n');
      const object = { key: head.key, size: head.size, versionId: head.versionId };
      const event = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: world.drops.bucket }, object } };
      const attributes = { pipeline: 'gone' };
      await world.queues.send('drops', JSON.stringify({ Records: [event] }), { attributes });
    }
    await world.runUntilDone();
    const runs = world.runs().map(({ runId }) => runId);
    const reports = world.state.keys().filter((key) => key.startsWith('failures/'));
    const fed = new Set(world.queues.peek('failures').map(({ body }) => JSON.parse(body).runId));
    expect([runs.length, reports.length, fed.size]).toEqual([200, 200, 200]);
    const [first, summary, ...others] = world.alerts.published;
    expect([others, summary?.id]).toEqual([[], `${first?.id}-and-199-more`]);
    expect([first?.run, ...(summary?.runs ?? [])].sort()).toEqual(runs.sort());
    expect(summary?.text).toContain('- and 179 more runs\n');
  });

  it('does not hide another cause, another pipeline, or a lane that is left held', async () => {
    await using world = await aWorld();
    const runs = [
      failedRun(1),
      failedRun(2, { category: 'source-file' }),
      failedRun(3, { pipeline: 'plans' }),
      failedRun(4, { holdLane: 'the pipeline says onFailure: hold' }),
      failedRun(5, { holdLane: 'the pipeline says onFailure: hold' }),
    ];
    await remember(world, runs);
    for (const run of runs) await until(world, tellOf(world, run));
    expect(idsOf(world)).toEqual(runs.map(({ runId }) => runId));
  });

  it('ends with its time: the next failure is told at once, after the summary of those before', async () => {
    await using world = await aWorld();
    const runs = [failedRun(1), failedRun(2), failedRun(3)];
    await remember(world, runs);
    for (const run of runs.slice(0, 2)) await until(world, tellOf(world, run));
    await world.clock.advance(BURST_SECONDS * 1000);
    await until(world, tellOf(world, failedRun(3)));
    expect(idsOf(world)).toEqual([runs[0]?.runId, `${runs[0]?.runId}-and-1-more`, runs[2]?.runId]);
    await watch(world);
    expect(idsOf(world)).toHaveLength(3);
    expect(markers(world)).toEqual([]);
  });

  it('is none where every call is one run: each is told by itself', async () => {
    await using world = await aWorld();
    const runs = [failedRun(1), failedRun(2)];
    await remember(world, runs);
    for (const run of runs)
      await until(world, tellFailure({ ...world.servicesOf(world.newProcess()), burstSeconds: 0 }, run));
    expect(idsOf(world)).toEqual(runs.map(({ runId }) => runId));
    expect(markers(world)).toEqual([]);
  });
});

describe('an address that takes no alert', () => {
  const dead = ({ kind }: Operation): Fate => (kind === 'alert' ? { kind: 'alert-fault', fault: 'fail' } : GOES);

  it('keeps nothing waiting, is asked ever more seldom, and gets one alert and one summary when it lives', async () => {
    await using world = await aWorld({ fate: dead });
    const runs = [failedRun(1), failedRun(2), failedRun(3)];
    await remember(world, runs);
    for (const run of runs) await until(world, tellFailure(world.servicesOf(world.newProcess()), run));
    const tries = () =>
      world.log.entries.filter(({ message }) => message.startsWith('An alert could not be sent')).length;
    await watch(world, 24 * 60);
    expect(tries()).toBe(10);
    const bursts: Burst[] = [];
    for await (const burst of openBursts({ state: world.state })) bursts.push(burst);
    expect(bursts).toMatchObject([{ trouble: { times: 10, because: 'nobody takes this alert' } }]);
    expect(idsOf(world)).toEqual([]);
    world.fate = () => GOES;
    await watch(world, 7 * 60);
    expect(idsOf(world)).toEqual([runs[0]?.runId, `${runs[0]?.runId}-and-2-more`]);
    expect(markers(world)).toEqual([]);
  });
});

describe('with deaths, faults, repeats and races', () => {
  const FAULTS = ['fail', 'lost-acknowledgement', 'lost-then-refused', 'conflict'] as const;

  it.each(Array.from({ length: 60 }, (_, i) => i + 1))(
    'every failure is told, and counts once (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const stormy = ({ kind, name }: Operation): Fate => {
        if (random() < 0.06) return { kind: random() < 0.5 ? 'killed-before' : 'killed-after' };
        if (kind === 'alert' && random() < 0.3) return { kind: 'alert-fault', fault: 'fail' };
        const isSwap = name === 'create' || name === 'replace';
        if (kind === 'store' && random() < 0.06)
          return { kind: 'store-fault', fault: isSwap ? pick(random, FAULTS) : 'fail' };
        return GOES;
      };
      await using world = await aWorld({
        seed,
        fate: stormy,
        choose: (choices) => Math.floor(random() * choices),
        skew: () => Math.floor((random() - 0.5) * 10_000),
      });
      const runs = Array.from({ length: 8 }, (_, i) => failedRun(i, i % 4 === 0 ? { category: 'source-file' } : {}));
      await remember(world, runs);
      const told = runs.flatMap((run) => (random() < 0.4 ? [run, run] : [run]));
      const telling = told.map(async (run) => {
        // Every other seed has them all fail at the same moment.
        if (seed % 2 === 0) await world.clock.sleep(Math.floor(random() * random() * 1_800_000));
        await tellOf(world, run);
      });
      await until(world, Promise.all(telling));
      await watch(world, 40);
      world.fate = () => GOES;
      await watch(world, 12 * 60);
      const firsts = new Set(world.alerts.published.filter((alert) => !isSummary(alert)).map(({ id }) => id));
      const counted = new Set(world.alerts.published.flatMap(({ runs: more = [] }) => more));
      expect([...firsts, ...counted].sort()).toEqual(runs.map(({ runId }) => runId).sort());
      expect(markers(world)).toEqual([]);
    },
  );
});
