import { describe, expect, it } from 'vitest';
import { GOES } from '../simulation/operation.ts';
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
      const aboutBytes = /was sent again|on bytes that are no drop's|was never started|no task of it is complete/;
      const found = violationsOf(world).filter((what) => !aboutBytes.test(what));
      expect([seed, ...found]).toEqual([seed]);
      expect([seed, world.watcher.ours.length]).toEqual([seed, 2]);
    }
  });
});
