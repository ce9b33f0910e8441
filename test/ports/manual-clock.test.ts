import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';

describe('ManualClock', () => {
  it('wakes sleepers in the order they are due, each at its own time', async () => {
    const clock = new ManualClock(0);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    };
    void sleeper('late', 300);
    void sleeper('early', 100).then(() => sleeper('early again', 100));
    expect(clock.nextDue).toBe(100);
    await clock.advance(299);
    expect(woken).toEqual([
      ['early', 100],
      ['early again', 200],
    ]);
    await clock.advance(1);
    expect(woken).toHaveLength(3);
    expect(clock.nextDue).toBeUndefined();
  });

  it('ends a sleep when its signal aborts, and does not begin one after that', async () => {
    const clock = new ManualClock(0);
    const signal = new AbortController();
    const sleep = clock.sleep(1000, signal.signal);
    signal.abort();
    await sleep;
    await clock.sleep(1000, signal.signal);
    expect(clock.nextDue).toBeUndefined();
  });
});
