import { describe, expect, it } from 'vitest';
import { runningClock, turnableClock } from '../../simulator/index.ts';

describe('a clock that stands still', () => {
  it('wakes sleepers in the order of their times, each at its own', async () => {
    const clock = turnableClock(0);
    const woken: [string, number][] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    };
    const twice = async () => {
      await sleep('first half', 10);
      await sleep('second half', 10);
    };
    const all = [sleep('late', 30), twice(), sleep('early', 5)];
    await clock.advance(25);
    expect(woken).toEqual([
      ['early', 5],
      ['first half', 10],
      ['second half', 20],
    ]);
    expect([clock.now(), clock.nextWake()]).toEqual([25, 30]);
    await clock.advance(5);
    await Promise.all(all);
    expect(clock.nextWake()).toBeUndefined();
  });

  it('lets a sleeper go when it is told to', async () => {
    const clock = turnableClock(0);
    const stop = new AbortController();
    const slept = clock.sleep(1000, stop.signal);
    stop.abort();
    await slept;
    expect([clock.now(), clock.nextWake()]).toEqual([0, undefined]);
  });
});

describe('a running clock', () => {
  it('can be turned forward, and wakes who slept until then', async () => {
    const clock = runningClock();
    const began = clock.now();
    const slept = clock.sleep(3_600_000);
    await clock.advance(3_600_000);
    await slept;
    expect(clock.now() - began).toBeGreaterThanOrEqual(3_600_000);
    await clock.sleep(1);
  });
});
