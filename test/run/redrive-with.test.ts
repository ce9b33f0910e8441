import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import type { FrozenPipeline, FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { keepDrops } from '../../shared/run/keep-drops.ts';
import { createRun } from '../../shared/run/ledger.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import { redriveOf, redriveRun } from '../../shared/run/redrive.ts';
import { reportOf } from '../../shared/run/report-of.ts';
import type { BegunRun, Outcome, Run, StepRecord } from '../../shared/run/run.ts';
import { dropFor, ownUploadsReadBy } from '../../shared/run/step-files.ts';
import type { Drop } from '../../shared/run/trigger.ts';
import {
  A,
  B,
  C,
  definition,
  ended,
  finished,
  importStep,
  LATER,
  LATER_ISO,
  openStart,
  settled,
  X,
} from './ended-run.ts';

describe('a redrive with a mended file', () => {
  const drop: Drop = {
    bucket: 'plandrop-state',
    key: 'mended/a.csv',
    versionId: 'v9',
    lastModified: LATER_ISO,
    bytes: 7,
  };
  const rejects = finished('succeeded-with-rejects');
  const beyond = finished('succeeded-with-rejects', true);

  it.for<[string, Run, FrozenPipeline, number, string | undefined]>([
    [
      'the step that failed, in the place of the drop',
      ended('failed', [finished('failed')]),
      definition(A, B, C),
      0,
      undefined,
    ],
    [
      'the step that rejected rows, and no other',
      ended('succeeded-with-rejects', [beyond]),
      definition(A, B, C),
      0,
      'file A',
    ],
    [
      'that step also within the allowance',
      ended('succeeded-with-rejects', [rejects, finished(), finished()]),
      definition(A, B, C),
      0,
      'file A',
    ],
    [
      'the last step that rejected rows',
      ended('succeeded-with-rejects', [finished(), finished(), rejects]),
      definition(A, B, C),
      2,
      'file C',
    ],
    [
      'the step that rejected rows, when a process after it failed',
      ended('failed', [rejects, finished('failed')]),
      definition(A, B, C),
      0,
      'file A',
    ],
    [
      'the import that failed, not the one before it',
      ended('failed', [rejects, finished(), finished('failed')]),
      definition(A, B, C),
      2,
      undefined,
    ],
    [
      'the import that failed, which rejected rows when it was run before',
      ended('failed', [rejects, finished(), finished('failed')], { pipeline: definition(A, X, A) }),
      definition(A, X, A),
      2,
      undefined,
    ],
    [
      'the first step of a run that never began',
      { ...ended('failed', [{}]), pipeline: null, steps: [], ticket: null },
      definition(A),
      0,
      undefined,
    ],
  ])('goes to %s', ([, old, pipeline, step, onlyFileId]) => {
    const decision = redriveOf(old, pipeline, LATER, drop);
    expect(decision).toMatchObject({ ok: true, run: { trigger: old.trigger, position: { step, stage: 'upload' } } });
    if (!decision.ok) return;
    const { run } = decision;
    expect(run.mended).toEqual({ drop, ...(onlyFileId === undefined ? {} : { onlyFileId }) });
    const fileId = pipeline.steps[step]?.fileId ?? '';
    expect(dropFor(run, { fileId })).toEqual(drop);
    const others = pipeline.steps.flatMap((each) =>
      each.fileId === undefined || each.fileId === fileId ? [] : [each.fileId],
    );
    for (const other of others) {
      const { key } = dropFor(run, { fileId: other }) ?? {};
      expect(key).toBe(onlyFileId === undefined ? drop.key : 'sales/march.csv');
    }
  });

  it.for<[string, Run, FrozenPipeline, RegExp]>([
    [
      'reads no file',
      ended('failed', [finished(), finished('failed')]),
      definition(A, B, C),
      /goes on with process "Do B", which reads no file/,
    ],
    [
      'is none',
      ended('unknown', [finished(), finished(), openStart], { settled: settled('succeeded') }),
      definition(A, B, C),
      /all its steps are finished/,
    ],
    [
      'is one of several',
      ended('succeeded-with-rejects', [rejects, finished(), rejects]),
      definition(A, B, C),
      /rejected rows of several files/,
    ],
    [
      'names its files',
      ended('failed', [finished('failed')]),
      definition({ ...B, files: [{ name: 'Load A', fileId: 'file A', glob: '*.csv' }] }),
      /reads the file of a set, and --with is for a file that is dropped by itself/,
    ],
    [
      'is a process that rejected rows of what a step before it loads',
      ended('succeeded-with-rejects', [finished(), beyond]),
      definition(A, B, C),
      /rows that process "Do B" rejected are of a file that step 1, import "Load A", loads/,
    ],
    [
      'is that also after rejects within the allowance',
      ended('succeeded-with-rejects', [rejects, beyond]),
      definition(A, B, C),
      /rows that process "Do B" rejected/,
    ],
    [
      'is a process that rejected rows of what no step loads',
      ended('succeeded-with-rejects', [beyond], { pipeline: definition(B, C) }),
      definition(B, C),
      /rows that process "Do B" rejected are of a file that no step of run \S+ loads/,
    ],
  ])('is refused where the step %s', ([, old, pipeline, words]) => {
    expect(redriveOf(old, pipeline, LATER, drop)).toMatchObject({ ok: false, because: expect.stringMatching(words) });
  });

  it.each<[string, string[], RegExp]>([
    [
      'of several files',
      ['Products', 'Sales'],
      /together with .* "Products" \(in\/Products\.csv\), "Sales" \(in\/Sales/,
    ],
    ['of one file', ['Products'], /in a new set: it needs no other/],
  ])('is to be dropped in a new set where the run is of a set %s', (_, names, words) => {
    const files = names.map((name) => ({ name, fileId: `file ${name}`, glob: `${name}.csv` }));
    const members = names.map((file) => ({ ...drop, file, key: `in/${file}.csv` }));
    const pipeline = definition({ ...B, files });
    const trigger = { kind: 'set', setId: 'in', generation: 1, members } as const;
    const decision = redriveOf(ended('failed', [finished('failed')], { pipeline, trigger }), pipeline, LATER, drop);
    expect(decision).toMatchObject({ ok: false, whatToCheck: [expect.stringMatching(words)] });
  });

  describe('with rejected rows alone', () => {
    const D = importStep('D', 'file A');
    const run = (outcome: Outcome, steps: FrozenStep[], ...records: Partial<StepRecord>[]) =>
      ended(outcome, records, { pipeline: definition(...steps) });

    it.for<[string, Run, string]>([
      ['where the run stopped', run('succeeded-with-rejects', [A, D, B], beyond), 'plandrop failures accept'],
      ['before the one where it stopped', run('failed', [A, B, D], rejects, finished('failed')), 'as it was'],
      ['at the first step', run('succeeded-with-rejects', [A, D], beyond), 'and drop the mended rows afterwards'],
      [
        'after another step, which may empty a list',
        run('succeeded-with-rejects', [B, A, D], finished(), beyond),
        'and drop the whole file, mended, afterwards',
      ],
    ])('is refused where a step that has not run reads the same file, after rejects %s', ([, old, advice]) => {
      const decision = redriveOf(old, old.pipeline ?? definition(), LATER, drop);
      expect(decision).toMatchObject({ ok: false, because: expect.stringContaining('import "Load D"') });
      expect(JSON.stringify(decision)).toContain(advice);
      expect(redriveOf(old, old.pipeline ?? definition(), LATER)).toMatchObject({ ok: true });
    });

    it('goes to a step that has loaded the others too', () => {
      const pipeline = definition(A, D, B);
      const old = run('failed', [A, D, B], rejects, finished(), finished('failed'));
      const first = redriveOf(old, pipeline, LATER, drop);
      expect(first).toMatchObject({ ok: true, run: { position: { step: 0 }, mended: { onlyFileId: 'file A' } } });
      if (!first.ok) return;
      const failed: Run = { ...first.run, ended: { outcome: 'failed', at: LATER_ISO, todo: [] } };
      expect(redriveOf(failed, pipeline, LATER, drop)).toMatchObject({ ok: true });
      expect(redriveOf(failed, pipeline, LATER)).toMatchObject({ ok: true });
    });

    it('is refused where a step that is new in the definition reads the same file', () => {
      const mended = { drop, onlyFileId: 'file A' };
      const old = ended('failed', [finished(), finished('failed')], { pipeline: definition(A, B), mended });
      const decision = redriveOf(old, definition(A, B, D), LATER);
      expect(decision).toMatchObject({ ok: false, because: expect.stringContaining('import "Load D"') });
      expect(JSON.stringify(decision)).toContain('--as-was');
      expect(redriveOf(old, definition(A, B), LATER)).toMatchObject({ ok: true });
    });
  });

  it('is redriven with the same file again', () => {
    const first = redriveOf(ended('succeeded-with-rejects', [beyond]), definition(A, B, C), LATER, drop);
    if (!first.ok) throw new Error(first.because);
    const failed: Run = { ...first.run, ended: { outcome: 'failed', at: LATER_ISO, todo: [] } };
    expect(redriveOf(failed, definition(A, B, C), LATER)).toMatchObject({
      ok: true,
      run: { mended: first.run.mended },
    });
  });

  it.for<[string, FrozenStep, string | undefined]>([
    ['of the same file', importStep('D', 'file A'), undefined],
    ['of another', C, undefined],
    ['of the one file it is for', C, 'file C'],
  ])('is judged by its own upload %s, not by that of the step before it', ([, step, onlyFileId]) => {
    const pipeline = definition(A, step);
    const carried = { ...finished(), uploaded: { bytes: 20_000, rows: 1000, sha256: 'as dropped' } };
    const outcome = onlyFileId === undefined ? 'failed' : 'succeeded-with-rejects';
    const old = ended(outcome, [carried, finished(outcome, true)], { pipeline });
    const decision = redriveOf(old, pipeline, LATER, drop);
    if (!decision.ok) throw new Error(decision.because);
    const { run } = decision;
    expect(run.mended?.onlyFileId).toBe(onlyFileId);
    expect([ownUploadsReadBy(run, 1), outcomeOf(run).source]).toEqual([
      [],
      expect.not.objectContaining({ rows: 1000 }),
    ]);
    const uploaded = { bytes: 7, rows: 990, sha256: 'as mended' };
    const sent = { ...run, steps: run.steps.map((record, i) => (i === 1 ? { ...record, uploaded } : record)) };
    expect(ownUploadsReadBy(sent, 1).map((each) => each.uploaded)).toEqual([uploaded]);
    expect(outcomeOf(sent).source).toMatchObject({ key: drop.key, rows: 990, sha256: 'as mended' });
  });

  describe('after another one', () => {
    const pipeline = definition(A, C);
    const rows: Drop = { ...drop, key: 'mended/rows.csv', versionId: 'v10' };
    const more: Drop = { ...drop, key: 'mended/more.csv', versionId: 'v11' };
    /** The redrive of a run, with a file or without, that ended as it is told. */
    function redriven(old: Run, mended: Drop | undefined, outcome: Outcome, records: Partial<StepRecord>[]): BegunRun {
      const decision = redriveOf(old, pipeline, LATER, mended);
      if (!decision.ok) throw new Error(decision.because);
      const { runId, mended: reads } = decision.run;
      return ended(outcome, records, { pipeline, runId, ...(reads === undefined ? {} : { mended: reads }) });
    }
    const readBy = (run: BegunRun) => [A, C].map(({ fileId = '' }) => dropFor(run, { fileId })?.key);
    const failed = ended('failed', [finished('failed')], { pipeline });
    const withWhole = redriven(failed, drop, 'succeeded-with-rejects', [beyond]);
    const withRows = redriven(withWhole, rows, 'failed', [finished(), finished('failed')]);

    it('leaves the whole file of that to the files that its own rows are not for', () => {
      expect(withWhole.mended).toEqual({ drop });
      expect(withRows.mended).toEqual({ drop: rows, onlyFileId: 'file A', whole: drop });
      expect(readBy(withRows)).toEqual([rows.key, drop.key]);
    });

    it('is reported with the file that its step reads', () => {
      expect(reportOf(withRows).drop?.key).toBe(drop.key);
      const withRowsFailed = redriven(withWhole, rows, 'failed', [finished('failed')]);
      expect(reportOf(withRowsFailed).drop?.key).toBe(rows.key);
    });

    it('also with rows a second time, and without a file', () => {
      const again = redriven(withWhole, rows, 'succeeded-with-rejects', [beyond]);
      const withMore = redriven(again, more, 'failed', [finished(), finished('failed')]);
      expect(readBy(withMore)).toEqual([more.key, drop.key]);
      expect(redriven(withMore, undefined, 'failed', []).mended).toEqual(withMore.mended);
    });

    it('with the rows alone again, where that could not load them', () => {
      const withBadRows = redriven(ended('succeeded-with-rejects', [beyond], { pipeline }), rows, 'failed', [
        finished('failed'),
      ]);
      const withMore = redriven(withBadRows, more, 'failed', []);
      expect(withMore.mended).toEqual({ drop: more, onlyFileId: 'file A' });
      expect(readBy(withMore)).toEqual([more.key, 'sales/march.csv']);
    });

    it('forgets the files before it where it has a whole one', () => {
      const again = redriven(withRows, more, 'failed', []);
      expect(again.mended).toEqual({ drop: more });
      expect(readBy(again)).toEqual([more.key, more.key]);
    });
  });

  it.for<[string, FrozenPipeline['keep'], Outcome, boolean]>([
    [
      'is refused where a process after it may read a file that was moved away',
      { kind: 'delete' },
      'succeeded-with-rejects',
      false,
    ],
    ['so it is where that file is in an archive', { kind: 'archive', prefix: 'old/' }, 'succeeded-with-rejects', false],
    ['goes on where drops are left', { kind: 'leave' }, 'succeeded-with-rejects', true],
    ['goes on where the run had not succeeded', { kind: 'delete' }, 'failed', true],
  ])('%s', ([, keep, outcome, ok]) => {
    const pipeline = { ...definition(A, C, B), keep };
    const records = [finished(), finished('succeeded-with-rejects'), ...(outcome === 'failed' ? [] : [finished()])];
    expect(redriveOf(ended(outcome, records, { pipeline }), pipeline, LATER, drop)).toMatchObject(
      ok
        ? { ok, run: { position: { step: 1 } } }
        : { ok, because: expect.stringMatching(/march\.csv was moved away .* process "Do B" may need it/) },
    );
  });

  it('lets every file that it reads expire when it has succeeded', async () => {
    const clock = new ManualClock(LATER);
    const state = new MemoryStore({ bucket: 'plandrop-state', clock });
    const source = new MemoryStore({ bucket: 'plandrop-drops', clock });
    const kept = async (key: string): Promise<Drop> => {
      const { versionId } = await state.put(key, 'x');
      return { ...drop, key, versionId };
    };
    const mended = { drop: await kept('mended/rows.csv'), onlyFileId: 'file A', whole: await kept('mended/a.csv') };
    const run = ended('succeeded', [finished()], { mended });
    await keepDrops({ state, source: () => source, log: memoryLogger() }, run);
    const tags = ['mended/rows.csv', 'mended/a.csv'].map((key) => state.tags(key));
    expect(tags).toEqual([{ ended: 'true' }, { ended: 'true' }]);
  });

  it('puts the file where the run will read it only when it is not refused', async () => {
    const clock = new ManualClock(LATER);
    const services = {
      ...handServices({
        state: new MemoryStore({ bucket: 'plandrop-state', clock }),
        queues: new MemoryQueues({ clock }),
      }),
      clock,
    };
    let kept = 0;
    const keep = async () => {
      kept++;
      return drop;
    };
    const refusedRun = ended('failed', [finished(), finished('failed')]);
    const refused = await createRun(services, refusedRun);
    expect(await redriveRun(services, refused, definition(A, B, C), keep)).toMatchObject({ ok: false });
    expect(kept).toBe(0);
    const held = await createRun(services, ended('failed', [finished('failed')], { runId: '20260302-other' }));
    expect(await redriveRun(services, held, definition(A, B, C), keep)).toMatchObject({ ok: true, created: true });
    expect(kept).toBe(1);
  });
});
