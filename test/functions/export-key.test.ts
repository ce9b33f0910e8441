import { describe, expect, it } from 'vitest';
import { exportKey } from '../../functions/collect-result/export-key.ts';
import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { aPipeline, aRun } from '../run/a-run.ts';

const REPORT = { kind: 'export', name: 'Board Report', objectId: '116000000001', repeatable: false } as const;

function keyOf(to: string | undefined, scheduledAt: string, more: Partial<FrozenPipeline> & { gzip?: true } = {}) {
  const { gzip, ...pipeline } = more;
  const step = { ...REPORT, ...(to === undefined ? {} : { to }), ...(gzip === undefined ? {} : { gzip }) };
  return exportKey(
    aRun({
      runId: '20260302-0123456789abcdef',
      trigger: { kind: 'schedule', scheduledAt },
      pipeline: { ...aPipeline, ...pipeline, steps: [step] },
      pipelineName: 'board',
    }),
  );
}

describe('the key of an export', () => {
  it.each([
    ['has the day of the trigger', 'out/board-{date}.csv', 'out/board-2026-03-02.csv'],
    ['has the run and the pipeline', 'out/{pipeline}/{run}.csv', 'out/board/20260302-0123456789abcdef.csv'],
    [
      'has each as often as it is written',
      'out/{date}/{date}-{run}-{run}.csv',
      'out/2026-03-02/2026-03-02-20260302-0123456789abcdef-20260302-0123456789abcdef.csv',
    ],
    ['has a place of its own where none is said', undefined, 'exports/board/20260302-0123456789abcdef.csv'],
  ])('%s', (_, to, key) => {
    expect(keyOf(to, '2026-03-02T06:00:00Z')).toBe(key);
  });

  it('says that it is packed where no place is said', () => {
    expect(keyOf(undefined, '2026-03-02T06:00:00Z', { gzip: true })).toBe(
      'exports/board/20260302-0123456789abcdef.csv.gz',
    );
  });

  it('names the step where none of several exports says its place, so that none writes over another', () => {
    const keys = [0, 1, 2].map((step) =>
      exportKey(
        aRun({
          runId: '20260302-0123456789abcdef',
          pipeline: { ...aPipeline, steps: [REPORT, { ...REPORT, kind: 'action' }, { ...REPORT, gzip: true }] },
          pipelineName: 'board',
          position: { step, stage: 'collect' },
        }),
      ),
    );
    expect([keys[0], keys[2]]).toEqual([
      'exports/board/20260302-0123456789abcdef-1.csv',
      'exports/board/20260302-0123456789abcdef-3.csv.gz',
    ]);
  });

  it.each([
    ['UTC without a time zone', undefined, '2026-03-02T23:30:00Z', '2026-03-02'],
    ['six in the morning in Tokyo, when it is yesterday in UTC', 'Asia/Tokyo', '2026-03-01T21:00:00Z', '2026-03-02'],
    [
      'ten in the evening in New York, when it is tomorrow in UTC',
      'America/New_York',
      '2026-03-03T03:00:00Z',
      '2026-03-02',
    ],
    ['half past midnight in London in summer', 'Europe/London', '2026-06-30T23:30:00Z', '2026-07-01'],
    ['half past midnight in London in winter', 'Europe/London', '2026-01-01T00:30:00Z', '2026-01-01'],
  ])('the day is that of %s', (_, timezone, at, day) => {
    const zone = timezone === undefined ? {} : { timezone };
    expect(keyOf('out/{date}.csv', at, zone)).toBe(`out/${day}.csv`);
  });
});
