import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleMistake } from '../../shared/pipeline/schedule-expression.ts';
import { nextFiring } from '../../shared/pipeline/schedule-times.ts';

/** The first `count` firings after a time, in UTC. */
function firings(expression: string, timezone: string, after: string, count: number): string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(after);
  const anchor = at;
  while (found.length < count) {
    at = nextFiring({ expression, timezone }, at, anchor);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().replace(':00.000Z', ''));
  }
  return found;
}

describe('when a schedule fires', () => {
  it.each([
    ['working days at six', 'cron(0 6 ? * MON-FRI *)', ['2026-11-20T06:00', '2026-11-23T06:00', '2026-11-24T06:00']],
    [
      'numbered weekdays, Sunday being 1',
      'cron(0 6 ? * 2-6 *)',
      ['2026-11-20T06:00', '2026-11-23T06:00', '2026-11-24T06:00'],
    ],
    [
      'every 20 minutes from five past, mornings',
      'cron(5/20 9-10 * * ? *)',
      ['2026-11-20T09:05', '2026-11-20T09:25', '2026-11-20T09:45', '2026-11-20T10:05'],
    ],
    [
      'the first and the last of the month',
      'cron(30 4 1,L * ? *)',
      ['2026-11-30T04:30', '2026-12-01T04:30', '2026-12-31T04:30'],
    ],
    [
      'the last working day of the month',
      'cron(0 18 LW * ? *)',
      ['2026-11-30T18:00', '2026-12-31T18:00', '2027-01-29T18:00'],
    ],
    [
      'the working day nearest to the 15th',
      'cron(0 8 15W * ? *)',
      ['2026-12-15T08:00', '2027-01-15T08:00', '2027-02-15T08:00'],
    ],
    ['the third Monday', 'cron(0 8 ? * 2#3 *)', ['2026-12-21T08:00', '2027-01-18T08:00']],
    ['the third Monday, by name', 'cron(0 8 ? * MON#3 *)', ['2026-12-21T08:00', '2027-01-18T08:00']],
    ['the last Friday', 'cron(0 8 ? * 6L *)', ['2026-11-27T08:00', '2026-12-25T08:00']],
    ['Saturday, the last day of the week', 'cron(0 8 ? * L *)', ['2026-11-21T08:00', '2026-11-28T08:00']],
    ['named months', 'cron(0 0 1 JAN,jul ? *)', ['2027-01-01T00:00', '2027-07-01T00:00']],
    ['a step that leaves the field', 'cron(0 8 1 11/9 ? *)', ['2027-11-01T08:00', '2028-11-01T08:00']],
    ['a step between names', 'cron(0 8 ? * mon-fri/2 *)', ['2026-11-20T08:00', '2026-11-23T08:00', '2026-11-25T08:00']],
    ['one year only', 'cron(0 0 1 1 ? 2028)', ['2028-01-01T00:00']],
    ['a rate, from when it was first seen', 'rate(90 minutes)', ['2026-11-19T15:30', '2026-11-19T17:00']],
    ['once', 'at(2026-11-21T10:00:00)', ['2026-11-21T10:00']],
    ['once, but that is over', 'at(2026-11-19T10:00:00)', []],
  ])('%s: %s', (_, expression, expected) => {
    expect(firings(expression, 'UTC', '2026-11-19T14:00:00Z', expected.length + (expected.length < 2 ? 1 : 0))).toEqual(
      expected,
    );
  });

  it.each([
    [
      'a local time that does not exist is skipped',
      'cron(30 1 * * ? *)',
      'Europe/London',
      '2026-03-27T12:00:00Z',
      ['2026-03-28T01:30', '2026-03-30T00:30'],
    ],
    [
      'a local time that comes twice fires once, the first time',
      'cron(30 1 * * ? *)',
      'Europe/London',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'every half hour, too, fires once at each local time',
      'cron(0/30 * * * ? *)',
      'Europe/London',
      '2026-10-24T23:45:00Z',
      ['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-25T02:00'],
    ],
    [
      'every half hour goes on after the gap',
      'cron(0/30 * * * ? *)',
      'Europe/London',
      '2026-03-29T00:15:00Z',
      ['2026-03-29T00:30', '2026-03-29T01:00'],
    ],
    [
      'six in the morning stays six in the morning',
      'cron(0 6 * * ? *)',
      'America/New_York',
      '2026-10-31T05:00:00Z',
      ['2026-10-31T10:00', '2026-11-01T11:00'],
    ],
    ['a zone with an odd offset', 'cron(0 6 * * ? *)', 'Asia/Kathmandu', '2026-11-19T14:00:00Z', ['2026-11-20T00:15']],
    [
      'a gap at midnight',
      'cron(0 0 * * ? *)',
      'America/Santiago',
      '2026-09-05T02:00:00Z',
      ['2026-09-05T04:00', '2026-09-07T03:00'],
    ],
    [
      'a rate counts real time',
      'rate(1 day)',
      'Europe/London',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T12:00', '2026-10-26T12:00'],
    ],
    ['once, in the gap: never', 'at(2026-03-29T01:30:00)', 'Europe/London', '2026-03-01T00:00:00Z', []],
  ])('when clocks change, %s', (_, expression, timezone, after, expected) => {
    expect(firings(expression, timezone, after, Math.max(1, expected.length))).toEqual(expected);
  });

  it('a rate fires as soon as it is seen', () => {
    const now = Date.parse('2026-11-19T14:00:00Z');
    expect(nextFiring({ expression: 'rate(1 hour)', timezone: 'UTC' }, now - 1, now)).toBe(now);
  });

  it('refuses what is no schedule', () => {
    expect(() => nextFiring({ expression: 'daily', timezone: 'UTC' }, 0, 0)).toThrow('daily is no schedule');
  });

  it('understands every cron expression that the configuration accepts, and always moves on', () => {
    const value = (from: number, to: number) => fc.integer({ min: from, max: to }).map(String);
    const items = (from: number, to: number) =>
      fc.oneof(
        fc.constant('*'),
        value(from, to),
        fc
          .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: 1, max: 40 }))
          .map(([start, step]) => `${start}/${step}`),
        fc
          .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc.array(value(from, to), { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
      );
    const days = fc.oneof(
      fc.tuple(fc.oneof(items(1, 28), fc.constantFrom('L', 'LW', '15W')), fc.constant('?')),
      fc.tuple(fc.constant('?'), fc.oneof(items(1, 7), fc.constantFrom('L', 'MON-FRI', '2#1', 'FRIL', '5L', 'TUE#2'))),
    );
    const expression = fc
      .tuple(items(0, 59), items(0, 23), days, items(1, 12))
      .map(([minute, hour, [day, weekday], month]) => `cron(${minute} ${hour} ${day} ${month} ${weekday} *)`);
    const zone = fc.constantFrom('UTC', 'Europe/London', 'America/New_York', 'Australia/Lord_Howe');
    fc.assert(
      fc.property(expression, zone, (text, timezone) => {
        expect(scheduleMistake(text)).toBeUndefined();
        const after = Date.UTC(2026, 2, 28, 12, 34, 56);
        const first = nextFiring({ expression: text, timezone }, after, after);
        if (first === undefined) return false;
        const second = nextFiring({ expression: text, timezone }, first, after);
        return first > after && first % 60_000 === 0 && second !== undefined && second > first;
      }),
      { numRuns: 300 },
    );
  });
});
