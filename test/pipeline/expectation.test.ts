import { describe, expect, it } from 'vitest';
import { expectationBefore, expectationSchedule } from '../../shared/pipeline/expectation.ts';
import { nextFiring } from '../../shared/pipeline/schedule-times.ts';

describe('an expectation', () => {
  it.each([
    ['every day in UTC', { at: '06:30', timezone: 'UTC', days: '*' }, '2026-03-02T06:30:00Z', '2026-03-01T06:30:00Z'],
    [
      'on Monday, of the working week',
      { at: '06:30', timezone: 'UTC', days: 'MON-FRI' },
      '2026-03-02T06:30:00Z',
      '2026-02-27T06:30:00Z',
    ],
    [
      'once a week',
      { at: '07:05', timezone: 'Asia/Tokyo', days: 'FRI' },
      '2026-03-05T22:05:00Z',
      '2026-02-26T22:05:00Z',
    ],
    [
      'after the clocks went forward',
      { at: '06:30', timezone: 'Europe/London', days: '*' },
      '2026-03-29T05:30:00Z',
      '2026-03-28T06:30:00Z',
    ],
    [
      'after the clocks went back',
      { at: '06:30', timezone: 'Europe/London', days: '*' },
      '2026-10-25T06:30:00Z',
      '2026-10-24T05:30:00Z',
    ],
    // 02:30 is not on the clocks of that day.
    [
      'after a day that had no such time',
      { at: '02:30', timezone: 'Europe/Berlin', days: '*' },
      '2026-03-30T00:30:00Z',
      '2026-03-28T01:30:00Z',
    ],
  ])('%s waits for what has come since the one before', (_, expectBy, scheduledAt, before) => {
    const at = Date.parse(scheduledAt);
    expect(new Date(expectationBefore(expectBy, at)).toISOString()).toBe(new Date(before).toISOString());
    expect(nextFiring(expectationSchedule(expectBy), Date.parse(before), 0)).toBe(at);
  });
});
