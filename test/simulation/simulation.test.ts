import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { storyOf } from './story.ts';

const SEEDS = 300;
const SLOW_SEEDS = 60;

describe('a simulated installation', () => {
  it.each([1, 2, 3, 4, 5])('repeats with its seed (%i)', async (seed) => {
    const [first, second] = [
      await simulate(storyOf(seed), { traced: true }),
      await simulate(storyOf(seed), { traced: true }),
    ];
    expect(second.trace).toEqual(first.trace);
  });

  it(`keeps every promise in ${SEEDS} stories`, { timeout: 240_000 }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await simulate(storyOf(seed));
      expect(violations, `npm run simulation -- --first ${seed} --seeds 1 --trace`).toEqual([]);
    }
  });

  it('keeps them where dumps and exports take several messages', { timeout: 240_000 }, async () => {
    for (let seed = 1; seed <= SLOW_SEEDS; seed++) {
      const { violations } = await simulate({ ...storyOf(seed), slowChunks: true });
      expect(violations, `npm run simulation -- --first ${seed} --seeds 1 --trace --slow-chunks`).toEqual([]);
    }
  });
});
