import { describe, expect, it } from 'vitest';
import { nextFiring } from '../../shared/pipeline/schedule-times.ts';
import { runIdOf, type Trigger } from '../../shared/run/trigger.ts';

const scheduled = (scheduledAt: string): Trigger => ({ kind: 'schedule', scheduledAt });

/** The runs of a schedule in a time zone, between two instants, as both schedulers start them. */
function runsBetween(expression: string, timezone: string, from: string, to: string): string[] {
  const runs: string[] = [];
  let at = nextFiring({ expression, timezone }, Date.parse(from), 0);
  while (at !== undefined && at <= Date.parse(to)) {
    runs.push(runIdOf('nightly', scheduled(new Date(at).toISOString())));
    at = nextFiring({ expression, timezone }, at, 0);
  }
  return runs;
}

describe('the run of a schedule', () => {
  it('is the same, however often and late its message comes, on AWS and on one machine', () => {
    // EventBridge Scheduler writes seconds, the local one milliseconds.
    expect(runIdOf('nightly', scheduled('2026-03-02T06:00:00Z'))).toBe(
      runIdOf('nightly', scheduled('2026-03-02T06:00:00.000Z')),
    );
  });

  it('is another for each pipeline of the same minute', () => {
    const at = scheduled('2026-03-02T06:00:00Z');
    expect(new Set(['nightly', 'weekly', 'nightly2'].map((pipeline) => runIdOf(pipeline, at))).size).toBe(3);
  });

  it('is another for each minute', () => {
    const runs = runsBetween('cron(* * * * ? *)', 'UTC', '2026-03-01T23:30:00Z', '2026-03-02T00:30:00Z');
    expect(new Set(runs).size).toBe(60);
  });

  it.each([
    ['the last minute of a day', '2026-03-01T23:59:00Z', '20260301-'],
    ['midnight', '2026-03-02T00:00:00Z', '20260302-'],
  ])('has the UTC date of %s', (_, at, date) => {
    expect(runIdOf('nightly', scheduled(at)).slice(0, 9)).toBe(date);
  });

  it('has the date of UTC, also where clocks show another', () => {
    // Six in the morning in Tokyo on the 2nd.
    const runs = runsBetween('cron(0 6 * * ? *)', 'Asia/Tokyo', '2026-03-01T12:00:00Z', '2026-03-02T12:00:00Z');
    expect(runs.map((run) => run.slice(0, 8))).toEqual(['20260301']);
  });

  it('is one for the hour that comes twice, and one for the day before and after', () => {
    const runs = runsBetween('cron(30 1 * * ? *)', 'Europe/London', '2026-10-23T12:00:00Z', '2026-10-26T12:00:00Z');
    expect(runs.map((run) => run.slice(0, 8))).toEqual(['20261024', '20261025', '20261026']);
  });

  it('is none for the time that does not exist', () => {
    const runs = runsBetween('cron(30 1 * * ? *)', 'Europe/London', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z');
    expect(runs.map((run) => run.slice(0, 8))).toEqual(['20260330']);
  });

  it('is not that of a run somebody asked for at the same moment', () => {
    const at = '2026-03-02T06:00:00.000Z';
    const manual: Trigger = { kind: 'manual', requestId: at, requestedAt: at };
    expect(runIdOf('nightly', manual)).not.toBe(runIdOf('nightly', scheduled(at)));
  });
});

describe('the id of the run of a drop', () => {
  const drop = {
    kind: 'drop',
    bucket: 'b',
    key: 'k',
    versionId: 'v1',
    lastModified: '2026-03-02T06:00:00Z',
    bytes: 1,
  } as const;
  const later = '2026-03-02T06:00:07Z';

  it('is that of its version, at whatever time that is told of', () => {
    expect(runIdOf('sales', { ...drop, lastModified: later })).toBe(runIdOf('sales', drop));
    expect(runIdOf('sales', { ...drop, versionId: 'v2' })).not.toBe(runIdOf('sales', drop));
  });

  it.each(['null', 'unknown'])('is that of its time where the version is "%s"', (versionId) => {
    const unnamed = { ...drop, versionId };
    expect(runIdOf('sales', { ...unnamed, lastModified: later })).not.toBe(runIdOf('sales', unnamed));
  });
});
