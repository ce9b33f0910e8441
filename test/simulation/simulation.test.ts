import { describe, expect, it } from 'vitest';
import { replayOf } from './replay.ts';
import { simulate } from './simulate.ts';

const SEEDS = 150;

describe('a simulated installation', () => {
  it.each([1, 2, 3])('repeats with its seed (%i)', async (seed) => {
    const [first, second] = [await simulate(seed), await simulate(seed)];
    expect(second.trace).toEqual(first.trace);
  });

  it(`keeps every promise in ${SEEDS} stories`, { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const simulated = await simulate(seed);
      expect(simulated.violations, replayOf(simulated)).toEqual([]);
    }
  });
});
