import { describe, expect, it } from 'vitest';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { seededRandom } from '../simulation/random.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World } from '../simulation/world.ts';

const FILES = [1, 2].map((units) => ({
  key: `sales/${units}.csv`,
  text: `Product,Month,Units\nTea,Jan 26,${units}\nCoffee,Feb 26,2\nMug,Mar 26,3\nTea,Apr 26,4\n`,
}));

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** Every message comes twice, so that somebody always looks at the claim; every second process has a slow clock. */
async function live(seed: number, slowMs: number): Promise<World> {
  const random = seededRandom(seed);
  const world = await World.build({
    seed,
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
    taskSeconds: 60,
    concurrency: 5,
    choose: (choices) => Math.floor(random() * choices),
    fate: ({ kind }) => (kind === 'queue' ? { kind: 'queue-fault', fault: 'duplicate' } : GOES),
    skew: () => (random() < 0.5 ? -slowMs : 0),
  });
  for (const { key, text } of FILES) await world.drop(key, text);
  await world.runUntilQuiet();
  return world;
}

describe('a claim whose owner has a slow clock', () => {
  it('holds as long as the clock is less than the margin behind', { timeout: 60_000 }, async () => {
    for (const seed of SEEDS) {
      await using world = await live(seed, 25_000);
      expect([seed, ...violationsOf(world)]).toEqual([seed]);
      expect([seed, world.watcher.ours.length]).toEqual([seed, 2]);
    }
  });

  // A late announcement of the owner may then erase what another has sent, which nobody can fence off: the import reads nothing.
  it('even when others take it for dead starts nothing twice', { timeout: 60_000 }, async () => {
    for (const seed of SEEDS) {
      await using world = await live(seed, 600_000);
      const aboutBytes = /was sent again|without a claim that lives|was never started|no task of it is complete/;
      const found = violationsOf(world).filter((what) => !aboutBytes.test(what));
      expect([seed, ...found]).toEqual([seed]);
      expect([seed, world.watcher.ours.length]).toEqual([seed, 2]);
    }
  });
});

describe('a claim whose owner died while a chunk was on its way', () => {
  const UNANSWERED = 'Anaplan has not answered since a file call of this run was cut off';

  it.each([
    ['is cancelled', true],
    ['goes on past its deadline', false],
  ] as const)('keeps the lane of a run that %s, until the model answers a file call', async (_, isCancelled) => {
    let died = false;
    const fate = ({ name, about }: Operation): Fate => {
      if (died || name !== 'PUT' || !about.includes('/chunks/')) return GOES;
      died = true;
      return { kind: 'killed-after' };
    };
    await using world = await World.build({
      like: 'aws',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
      taskSeconds: 20,
      fate,
    });
    const [file] = FILES;
    await world.drop(file?.key ?? '', file?.text ?? '');
    while (!died) await world.step();
    if (isCancelled)
      await world.doing(requestCancel(world.servicesOf(world.newProcess()), world.runs()[0]?.runId ?? '', 'ann'));
    else await world.clock.advance(100 * 3_600_000);
    await world.runUntilQuiet();
    expect(world.runs()[0]?.ended).toMatchObject({ outcome: 'cancelled', holdLane: UNANSWERED });
    expect(world.heldLanes()).toHaveLength(1);
    await world.clock.advance(300_000);
    world.watch();
    await world.runUntilQuiet();
    expect(world.runs()[0]?.settled).toMatchObject({ as: 'failed', by: 'watch' });
    expect(world.heldLanes()).toEqual([]);
    expect(violationsOf(world)).toEqual([]);
  });

  it('is another than one that was given back, whose run leaves the lane at its deadline', async () => {
    const refused = { match: { method: 'PUT', path: '**/chunks/*' }, do: { answer: { status: 429 } } };
    await using world = await World.build({
      like: 'aws',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
      scenario: { rules: [refused] },
    });
    const [file] = FILES;
    await world.drop(file?.key ?? '', file?.text ?? '');
    while (world.runs()[0]?.steps[0]?.epoch == null || world.runs()[0]?.claim !== null) await world.step();
    await world.clock.advance(100 * 3_600_000);
    await world.runUntilQuiet();
    expect(world.runs()[0]?.ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.heldLanes()).toEqual([]);
  });
});

it('a claim that took long to be written is outlived by no request', async () => {
  let written = 0;
  let sent = 0;
  await using world = await World.build({
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    slowness: ({ name, about }) => {
      if (name === 'replace' && about.startsWith('runs/') && ++written === 1) return 140_000;
      return name === 'PUT' && ++sent === 1 ? 90_000 : 0;
    },
  });
  for (const { key, text } of FILES.slice(0, 1)) await world.drop(key, text);
  await world.runUntilQuiet();
  expect([written > 1, sent > 1]).toEqual([true, true]);
  expect(violationsOf(world)).toEqual([]);
  expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
});
