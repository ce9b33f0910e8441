import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffSeconds, modelWaitSeconds } from '../../shared/retry/index.ts';

const almostOne = 1 - 2 ** -53;
const unit = fc.double({ min: 0, max: almostOne, noNaN: true });

describe('backoffSeconds', () => {
  it.each([
    { says: 'the widest first wait is a second', attempt: 1, random: almostOne, seconds: 1 },
    { says: 'the widest wait doubles', attempt: 2, random: almostOne, seconds: 2 },
    { says: 'and doubles', attempt: 6, random: almostOne, seconds: 32 },
    { says: 'until one message can carry no more', attempt: 40, random: almostOne, seconds: 900 },
    { says: 'full jitter may wait nothing', attempt: 9, random: 0, seconds: 0 },
    { says: 'a Retry-After is a floor', attempt: 1, random: 0, retryAfterSeconds: 7, seconds: 7 },
    { says: 'with jitter on top', attempt: 3, random: 0.5, retryAfterSeconds: 7, seconds: 9 },
    { says: 'which the cap does not shorten', attempt: 1, random: 0, retryAfterSeconds: 5000, seconds: 5000 },
    { says: 'a 429 without Retry-After waits 10 s', attempt: 1, random: 0, rateLimited: true, seconds: 10 },
    {
      says: 'a 429 with a longer one waits that',
      attempt: 1,
      random: 0,
      rateLimited: true,
      retryAfterSeconds: 30,
      seconds: 30,
    },
  ])('$says', ({ attempt, random, seconds, retryAfterSeconds, rateLimited }) => {
    const waited = backoffSeconds({
      attempt,
      random: () => random,
      retryAfterSeconds,
      rateLimited: rateLimited ?? false,
    });
    expect(waited).toBeCloseTo(seconds, 9);
  });

  it('never waits less than a Retry-After, nor twice as long and more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        unit,
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (attempt, random, after) => {
          const seconds = backoffSeconds({ attempt, random: () => random, retryAfterSeconds: after });
          expect(seconds).toBeGreaterThanOrEqual(after);
          expect(seconds).toBeLessThanOrEqual(after * 2);
        },
      ),
    );
  });

  it('stays between nothing and the cap of its policy, for any attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 10_000 }),
        unit,
        fc.integer({ min: 1, max: 900 }),
        (attempt, random, capSeconds) => {
          const seconds = backoffSeconds({ attempt, random: () => random, policy: { baseSeconds: 1, capSeconds } });
          expect(seconds).toBeGreaterThanOrEqual(0);
          expect(seconds).toBeLessThanOrEqual(capSeconds);
        },
      ),
    );
  });
});

describe('modelWaitSeconds', () => {
  it('looks again after 15 s, then ever later, at most every 5 min', () => {
    const waits = [0, 1, 2, 3, 4, 5, 500].map((looks) => modelWaitSeconds({ looks, random: () => 0 }));
    expect(waits).toEqual([15, 30, 60, 120, 240, 300, 300]);
  });

  it('stays between 15 s and 5 min whatever the dice say', () => {
    fc.assert(
      fc.property(fc.nat(1000), unit, (looks, random) => {
        const seconds = modelWaitSeconds({ looks, random: () => random });
        expect(seconds).toBeGreaterThanOrEqual(15);
        expect(seconds).toBeLessThanOrEqual(300);
      }),
    );
  });
});
