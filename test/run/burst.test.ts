import { describe, expect, it } from 'vitest';
import { BURST_SECONDS, type Burst, decideTelling, likenessOf, MOST_COUNTED, maySend } from '../../shared/run/burst.ts';
import { reportOf } from '../../shared/run/report-of.ts';
import { AT } from './a-run.ts';
import { type Failure, failedRun } from './failed-runs.ts';

const WINDOW = BURST_SECONDS * 1000;

const failureOf = (number: number, failure: Failure = {}, urgent = false) => ({
  report: reportOf(failedRun(number, failure)),
  urgent,
  route: '',
});

function written(burst: Burst | undefined, number: number, now = AT): Burst {
  const telling = decideTelling(burst, failureOf(number), now, WINDOW);
  if (telling.kind !== 'write') throw new Error(`it is ${telling.kind}`);
  return telling.burst;
}

const told = (burst: Burst): Burst => ({ ...burst, first: { ...burst.first, told: true } });
const kindOf = (burst: Burst, number: number, now = AT) => decideTelling(burst, failureOf(number), now, WINDOW).kind;

describe('two failures are like each other', () => {
  it.each<[string, boolean, Failure, Failure]>([
    ['of one pipeline and one category', true, {}, { key: 'sales/other.csv' }],
    ['of one pipeline and two categories', false, {}, { category: 'source-file' }],
    ['of one category and two codes', false, { code: 'a' }, { code: 'b' }],
    ['with another outcome', false, {}, { outcome: 'unknown' }],
    ['of two pipelines, by their files', false, {}, { pipeline: 'plans' }],
    [
      'of two pipelines of one model that is offline',
      true,
      { category: 'model-state' },
      { pipeline: 'plans', category: 'model-state' },
    ],
    ['of two models that are offline', false, { category: 'model-state' }, { model: 'N', category: 'model-state' }],
  ])('%s: %s', (_, expected, one, other) => {
    expect(likenessOf(failureOf(1, one)) === likenessOf(failureOf(2, other))).toBe(expected);
  });

  it('only where they reach the same people, and neither leaves a lane held', () => {
    const one = failureOf(1);
    expect(likenessOf(one)).not.toBe(likenessOf({ ...failureOf(2), route: 'others' }));
    expect(likenessOf(one)).not.toBe(likenessOf(failureOf(2, {}, true)));
    expect(likenessOf(failureOf(1, {}, true))).not.toBe(likenessOf(failureOf(2, {}, true)));
  });
});

describe('a failure', () => {
  const first = written(undefined, 1);
  const two = written(told(first), 2, AT + 1000);

  it('that is the first of its kind is to be told at once', () => {
    expect(first).toMatchObject({ window: 1, first: { told: false }, more: [], closed: false });
    expect(kindOf(first, 1)).toBe('send');
    expect(kindOf(told(first), 1)).toBe('covered');
  });

  it('that follows within the time is counted, once however often it is said', () => {
    expect(two.more).toEqual([{ runId: failedRun(2).runId, pipeline: 'sales', what: 'sales/2.csv' }]);
    expect(kindOf(two, 2)).toBe('covered');
    expect(kindOf(two, 2, AT + 2 * WINDOW)).toBe('covered');
  });

  it('that follows later waits until what was counted is told, and is told at once then', () => {
    expect(kindOf(two, 3, AT + WINDOW)).toBe('send');
    const anew = written({ ...two, closed: true }, 3, AT + WINDOW);
    expect(anew).toMatchObject({ window: 2, first: { runId: failedRun(3).runId, told: false }, more: [] });
  });

  it('that was told in the window before is not told again', () => {
    const closed = { ...two, closed: true };
    const anew = written(closed, 3, AT + WINDOW);
    for (const number of [1, 2]) expect([kindOf(closed, number), kindOf(anew, number)]).toEqual(['covered', 'covered']);
    for (const number of [1, 2]) expect(kindOf({ ...anew, closed: true }, number)).toBe('covered');
  });

  it('that is one too many to count makes the rest be told', () => {
    const more = Array.from({ length: MOST_COUNTED }, (_, i) => ({ runId: `r${i}`, pipeline: 'sales' }));
    expect(kindOf({ ...two, more }, 5)).toBe('send');
  });

  it('is counted while nothing can be sent', () => {
    const trouble = { times: 1, at: new Date(AT + WINDOW).toISOString(), because: 'it is dead' };
    const dead = { ...two, trouble };
    expect(kindOf(dead, 3, AT + WINDOW + 60_000)).toBe('write');
    expect(kindOf(dead, 3, AT + WINDOW + 5 * 60_000)).toBe('send');
  });

  it('is tried again after 5 minutes, and then each time twice as late, up to 6 hours', () => {
    const waits = Array.from({ length: 10 }, (_, i) => {
      const trouble = { times: i + 1, at: new Date(AT).toISOString(), because: '' };
      let minutes = 0;
      while (!maySend({ ...two, trouble }, AT + minutes * 60_000)) minutes++;
      return minutes;
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360, 360]);
  });
});
