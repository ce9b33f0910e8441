import { describe, expect, it } from 'vitest';
import { anHourWithoutFunctions, heldForDays, outcomesOf } from './backlog-stories.ts';

/** The same promises for a small backlog with every test run, and for a large one with the heavy tests. */
export function describeBacklogs({ drops, days, runs }: { drops: number; days: number; runs: number }): void {
  describe('a backlog', { timeout: 900_000 }, () => {
    it(`of ${drops} drops waits for ${days} days behind a held lane at no cost, and then runs in order`, async () => {
      const story = await heldForDays({ drops, days });
      const { waited } = story;
      console.log(
        `${drops} runs waited for ${days} days: ${waited.messages} messages, ${waited.getsPerLook.toFixed(1)} GETs for each look of the watch`,
      );
      expect([waited.messages, waited.sent, waited.anaplan]).toEqual([0, 0, 0]);
      expect(waited.runs).toHaveLength(drops);
      for (const { turn, lane, deadline, spent, resent, requests } of waited.runs) {
        expect([turn, lane, deadline, resent, requests]).toEqual([1, null, null, undefined, []]);
        expect(spent).toEqual({ attempts: 0, conflicts: 0, looks: 0, waitingSince: null });
      }
      // The first twenty in each look, and each of the others once an hour.
      expect(waited.getsPerLook).toBeLessThanOrEqual(22 + drops / 12);
      expect(outcomesOf(story.runs)).toEqual({ succeeded: drops });
      expect(story.loaded).toBe(drops);
      expect(story.order).toEqual(story.order.toSorted());
    });

    it(`of ${runs} runs that stood still for an hour is not multiplied by the watch, and nobody is buried`, async () => {
      const story = await anHourWithoutFunctions({ runs });
      const copies = story.resent.reduce((sum, times) => sum + times, 0);
      console.log(
        `${runs} runs, an hour without functions at ${JSON.stringify(story.stages)}: ${story.left} messages left, ${copies} sent again by the watch, ` +
          `at most ${Math.max(...story.resent)} for a run; all over after ${story.minutes.toFixed(0)} min`,
      );
      expect(Object.keys(story.stages).length).toBeGreaterThan(1);
      // Some had waited for long enough before the stop to be sent once more.
      expect([story.left >= runs, story.left <= 2 * runs]).toEqual([true, true]);
      // After 15 min, and then after twice the wait each time: the copies of a run are as many as its wait has doublings.
      const doublings = Math.ceil(Math.log2(1 + story.minutes / 15));
      expect(Math.max(...story.resent)).toBeLessThanOrEqual(doublings);
      expect(copies).toBeLessThanOrEqual(2 * runs);
      // A copy of an old turn is dropped, so it sends nothing on.
      expect(story.sent).toBeLessThanOrEqual(copies + story.sentByPlainRun * runs);
      expect([story.buried, story.tickets]).toEqual([0, 0]);
      expect(outcomesOf(story.runs)).toEqual({ succeeded: runs });
      expect(new Set(story.starts)).toEqual(new Set([1]));
    });
  });
}
