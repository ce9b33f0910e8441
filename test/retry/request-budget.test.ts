import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestBudget } from '../../shared/retry/index.ts';

/** Time that moves only when everybody waits for it. */
function virtualClock(start = 0) {
  let now = start;
  const sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ at: now + ms, wake })),
    async advance(ms: number) {
      const until = now + ms;
      for (;;) {
        await Promise.resolve();
        const next = sleepers.filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        sleepers.splice(sleepers.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.wake();
        await Promise.resolve();
      }
      now = until;
    },
  };
}

describe('requestBudget', () => {
  it('lets a full bucket go at once and the rest at ten a second', async () => {
    const clock = virtualClock();
    const budget = requestBudget({ clock });
    const sentAt: number[] = [];
    for (let i = 0; i < 620; i++) void budget.take().then(() => sentAt.push(clock.now()));
    await clock.advance(0);
    expect(sentAt).toHaveLength(600);
    await clock.advance(1000);
    expect(sentAt.slice(600)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });

  it('serves callers in the order they came', async () => {
    const clock = virtualClock();
    const budget = requestBudget({ clock, requestsPerMinute: 60, capacity: 1 });
    const served: number[] = [];
    for (let i = 0; i < 5; i++) void budget.take().then(() => served.push(i));
    await clock.advance(10_000);
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });

  it('refills nothing when the clock jumps back', async () => {
    let now = 1_000_000;
    const slept: number[] = [];
    const clock = { now: () => now, sleep: async (ms: number) => void slept.push(ms) };
    const budget = requestBudget({ clock, requestsPerMinute: 60, capacity: 1 });
    await budget.take();
    now -= 500_000;
    await budget.take();
    expect(slept).toEqual([1000]);
  });

  it('refuses a budget of nothing', () => {
    expect(() => requestBudget({ clock: virtualClock(), requestsPerMinute: 0 })).toThrow(/above 0/);
  });

  it('never lets more through in any window than the bucket holds and the rate refills', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 1200 }),
        fc.integer({ min: 1, max: 20 }),
        async (pauses, requestsPerMinute, capacity) => {
          const clock = virtualClock();
          const budget = requestBudget({ clock, requestsPerMinute, capacity });
          const sentAt: number[] = [];
          for (const pause of pauses) {
            await clock.advance(pause);
            void budget.take().then(() => sentAt.push(clock.now()));
          }
          await clock.advance((60_000 / requestsPerMinute + 1) * (pauses.length + 1));
          expect(sentAt).toHaveLength(pauses.length);
          for (let from = 0; from < sentAt.length; from++) {
            for (let to = from; to < sentAt.length; to++) {
              const windowMs = (sentAt[to] ?? 0) - (sentAt[from] ?? 0) + 1; // the clock counts whole milliseconds
              expect(to - from + 1).toBeLessThanOrEqual(capacity + (windowMs * requestsPerMinute) / 60_000 + 1e-6);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
