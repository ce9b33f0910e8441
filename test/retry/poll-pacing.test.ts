import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPollSeconds } from '../../shared/retry/index.ts';

const startedAt = 1_700_000_000_000;
const at = (elapsedSeconds: number) => startedAt + elapsedSeconds * 1000;
const half = () => 0.5;

/** The moments, in seconds after the start, at which a task that never ends is polled. */
function pollMoments(
  count: number,
  options: { past?: readonly number[]; random?: () => number; share?: number } = {},
): number[] {
  const moments: number[] = [];
  let elapsed = 0;
  for (let polls = 0; polls < count; polls++) {
    elapsed += nextPollSeconds({
      startedAt,
      now: at(elapsed),
      polls,
      random: options.random ?? half,
      minSeconds: 5,
      pastDurationsSeconds: options.past ?? [],
      share: options.share ?? 1,
    });
    moments.push(elapsed);
  }
  return moments;
}

describe('nextPollSeconds', () => {
  it('polls about 2 s after the start, however late it is asked', () => {
    expect(nextPollSeconds({ startedAt, now: at(0), polls: 0, random: () => 0, minSeconds: 5 })).toBe(2);
    expect(nextPollSeconds({ startedAt, now: at(1.5), polls: 0, random: () => 0, minSeconds: 5 })).toBe(0.5);
    expect(nextPollSeconds({ startedAt, now: at(60), polls: 0, random: () => 0, minSeconds: 5 })).toBe(0);
  });

  it('polls once more within the first minute', () => {
    const [, second] = pollMoments(2);
    expect(second).toBeGreaterThan(7);
    expect(second).toBeLessThan(60);
  });

  it.each([
    {
      says: 'an action of half a minute is polled again as it ends',
      past: [29, 30, 31, 30],
      poll: 1,
      from: 30,
      to: 35,
    },
    { says: 'an action of ten minutes is looked at early', past: [600, 590, 610], poll: 1, from: 7, to: 60 },
    { says: 'and then as it ends', past: [600, 590, 610], poll: 2, from: 600, to: 675 },
    { says: 'an action of four hours is still asked every 20 min', past: [14_400], poll: 2, from: 1200, to: 1220 },
  ])('$says', ({ past, poll, from, to }) => {
    const moment = pollMoments(poll + 1, { past })[poll];
    expect(moment).toBeGreaterThanOrEqual(from);
    expect(moment).toBeLessThanOrEqual(to);
  });

  it('follows the time elapsed when nothing is known of the action', () => {
    const delay = nextPollSeconds({ startedAt, now: at(600), polls: 7, random: half, minSeconds: 5 });
    expect(delay).toBeCloseTo(270, 6);
  });

  it('needs fewer than twenty polls for an hour', () => {
    const moments = pollMoments(20);
    expect(moments.at(-1)).toBeGreaterThan(3600);
  });

  it('is stretched when several tasks share the budget, but never beyond 20 min', () => {
    expect(nextPollSeconds({ startedAt, now: at(100), polls: 4, random: half, minSeconds: 5, share: 4 })).toBeCloseTo(
      180,
      6,
    );
    expect(nextPollSeconds({ startedAt, now: at(4000), polls: 9, random: half, minSeconds: 5, share: 4 })).toBe(1200);
  });

  it('never polls within minSeconds of the previous poll, never later than 20 min', () => {
    fc.assert(
      fc.property(
        fc.record({
          elapsed: fc.integer({ min: -100, max: 1_000_000 }),
          polls: fc.integer({ min: 1, max: 1000 }),
          random: fc.double({ min: 0, max: 0.999999, noNaN: true }),
          minSeconds: fc.integer({ min: 1, max: 60 }),
          past: fc.array(fc.oneof(fc.double(), fc.integer({ min: 0, max: 100_000 }))),
          share: fc.integer({ min: 1, max: 500 }),
        }),
        ({ elapsed, polls, random, minSeconds, past, share }) => {
          const seconds = nextPollSeconds({
            startedAt,
            now: at(elapsed),
            polls,
            random: () => random,
            minSeconds,
            pastDurationsSeconds: past,
            share,
          });
          expect(seconds).toBeGreaterThanOrEqual(minSeconds);
          expect(seconds).toBeLessThanOrEqual(1200);
        },
      ),
    );
  });
});
