import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Burial, decideBurial, RESURRECTIONS, withTries } from '../../shared/run/bury.ts';
import { runMessage } from '../../shared/run/message.ts';
import type { Run } from '../../shared/run/run.ts';
import { AT, aRun } from './a-run.ts';

const MINUTE = 60_000;
/** Five deliveries, each of which is away for a quarter of an hour. */
const DELIVERED_MINUTES = 75;
/** After another quarter of an hour, in which it is delayed. */
const TRIED_MINUTES = 90;

const atMinute = (minutes: number) => ({ now: AT + minutes * MINUTE });
const buriedOnce = { turn: 5, times: 1, at: new Date(AT).toISOString() };
const claim = { nonce: 'n', until: new Date(AT + 100 * MINUTE).toISOString() };

describe('a buried message', () => {
  it.each<[string, Partial<Run>, number, { turn?: number; engine?: string }, Burial]>([
    ['of a turn that was never buried is tried again', {}, 0, {}, 'try-again'],
    ['that comes soon after another is a copy', { buried: buriedOnce }, 1, {}, 'nothing'],
    ['that was sent before the last try is a copy', { buried: buriedOnce }, 74, {}, 'nothing'],
    ['that may have been sent after the last try counts', { buried: buriedOnce }, 75, {}, 'try-again'],
    ['that is a copy is none of the last try', { buried: { ...buriedOnce, times: 2 } }, 74, {}, 'nothing'],
    ['that was tried twice is given up', { buried: { ...buriedOnce, times: 2 } }, 75, {}, 'give-up'],
    ['that is a copy need not wait for who works on the turn', { buried: buriedOnce, claim }, 74, {}, 'nothing'],
    ['whose turn is worked on comes back', { buried: buriedOnce, claim }, 75, {}, 'leave'],
    ['is tried again where nobody noted when', { buried: { turn: 5, times: 1 } }, 1, {}, 'try-again'],
    ['is given up where nobody noted when', { buried: { turn: 5, times: 2 } }, 1, {}, 'give-up'],
    ['counts anew in each turn', { buried: { ...buriedOnce, turn: 4, times: 2 } }, 1, {}, 'try-again'],
    ['of the turn before has the next one sent', { buried: buriedOnce }, 1, { turn: 4 }, 'resend-next'],
    ['of a turn long over does nothing', { buried: buriedOnce }, 100, { turn: 3 }, 'nothing'],
    ['counts at once on one machine', { buried: buriedOnce }, 1, { engine: 'e' }, 'try-again'],
  ])('%s', (_, change, minute, { turn = 5, engine }, expected) => {
    const run = { ...aRun(), ...change };
    const delivery = { ...atMinute(minute), ...(engine === undefined ? {} : { engine }) };
    expect(decideBurial(run, runMessage(run.runId, turn), delivery)).toBe(expected);
  });

  it('is tried twice, each time with all its deliveries, and then given up, whatever copies come', () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 1000 }));
    fc.assert(
      fc.property(minutes, fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 5 }), (copies, late) => {
        const { tries, givenUpAt } = bury(copies, late);
        expect(tries).toHaveLength(RESURRECTIONS);
        const ends = [...tries.slice(1), givenUpAt];
        for (const [index, at] of tries.entries())
          expect((ends[index] ?? 0) - at).toBeGreaterThanOrEqual(DELIVERED_MINUTES);
        expect(givenUpAt).toBeLessThanOrEqual(RESURRECTIONS * (TRIED_MINUTES + 15));
      }),
    );
  });

  it('is given up three hours after it came first, when no copy comes', () => {
    expect(bury([], [0])).toEqual({ tries: [0, TRIED_MINUTES], givenUpAt: 2 * TRIED_MINUTES });
  });
});

/**
 * Buries the message of a turn that nobody can get through, and copies of it that come at these minutes after it.
 * @param late by how many minutes the message that was sent again comes later than it can
 */
function bury(copies: readonly number[], late: readonly number[]): { tries: number[]; givenUpAt: number } {
  let run: Run = aRun();
  const tries: number[] = [];
  const coming = [0, ...copies];
  for (;;) {
    coming.sort((a, b) => a - b);
    const minute = coming.shift();
    if (minute === undefined) throw new Error('nothing of the run is left, and it was not given up');
    const what = decideBurial(run, runMessage(run.runId, run.turn), atMinute(minute));
    if (what === 'give-up') return { tries, givenUpAt: minute };
    if (what !== 'try-again') continue;
    run = withTries(run, tries.push(minute), AT + minute * MINUTE);
    coming.push(minute + TRIED_MINUTES + (late[tries.length - 1] ?? 0));
  }
}
