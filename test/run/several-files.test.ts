import { describe, expect, it } from 'vitest';
import type { FrozenPipeline, FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import { decide, type RunEvent } from '../../shared/run/decide.ts';
import { type BegunRun, hasBegun, type Run, untouchedSteps } from '../../shared/run/run.ts';
import { currentFile, dropFor, filesToUpload, ownUpload, ownUploadsReadBy } from '../../shared/run/step-files.ts';
import { currentStep, firstStage } from '../../shared/run/transitions.ts';
import type { Trigger } from '../../shared/run/trigger.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

const file = (name: string, fileId: string) => ({ name, fileId, glob: `${name}/*.csv` });
const load: FrozenStep = {
  kind: 'process',
  name: 'Load All',
  objectId: '118000000001',
  repeatable: false,
  files: [file('Products', 'F1'), file('Sales', 'F2')],
};
const imports = (fileId: string): FrozenStep => ({
  kind: 'import',
  name: `import ${fileId}`,
  objectId: `112-${fileId}`,
  fileId,
  repeatable: false,
});
const recalculate: FrozenStep = { kind: 'process', name: 'Recalculate', objectId: '118000000002', repeatable: false };
const following = (...steps: FrozenStep[]): FrozenPipeline => ({ ...aPipeline, steps });

const member = (name: string) => ({
  file: name,
  bucket: 'drops',
  key: `${name}/03.csv`,
  versionId: `${name}-v1`,
  lastModified: new Date(AT).toISOString(),
  bytes: 10,
});
const trigger: Trigger = { kind: 'set', setId: '03', generation: 1, members: [member('Sales'), member('Products')] };

function decided(run: BegunRun, ...events: RunEvent[]): BegunRun {
  let next: Run = run;
  for (const event of events) if (hasBegun(next)) next = decide(next, event, { now: AT, random: () => 0.5 });
  if (!hasBegun(next)) throw new Error('it has no pipeline');
  return next;
}

const begun = aRun({ pipeline: following(load), trigger, steps: untouchedSteps(1) });
const announced: RunEvent[] = [{ kind: 'announcing', chunkBytes: 5, chunkCount: 2 }, { kind: 'announced' }];
const finished = (rows: number): RunEvent => ({
  kind: 'upload-finished',
  uploaded: { bytes: 10, rows, sha256: `${rows}` },
});

describe('a step with several files', () => {
  it('sends them one after the other, each in a turn and with epochs of its own', () => {
    expect(currentFile(begun)?.name).toBe('Products');
    const sent = { kind: 'chunks-sent', sent: [0, 1], scan: { throughChunk: 1, saved: {} as never } } as const;
    const repeated = decided({ ...begun, spent: { ...begun.spent, attempts: 2 } }, ...announced, ...announced, sent);
    expect(currentStep(repeated).epoch).toMatchObject({ ordinal: 2, verify: true, sent: [0, 1] });
    const second = decided(repeated, finished(3));
    expect(currentFile(second)?.name).toBe('Sales');
    expect(second).toMatchObject({
      turn: repeated.turn + 1,
      next: { queue: 'upload' },
      position: { stage: 'upload', file: 1 },
    });
    expect(second.spent.attempts).toBe(0);
    expect(currentStep(second)).toMatchObject({
      epoch: null,
      uploaded: null,
      uploads: [{ file: 'Products', fileId: 'F1', rows: 3, epochs: 2, fence: 1 }],
    });
    const fresh = decided(second, ...announced);
    expect(currentStep(fresh).epoch).toMatchObject({ ordinal: 1, verify: false, sent: [] });
  });

  it('is started only when all of them are there', () => {
    const done = decided(begun, ...announced, finished(3), ...announced, finished(7));
    expect(done).toMatchObject({ next: { queue: 'start' }, position: { step: 0, stage: 'start' } });
    expect(done.position).not.toHaveProperty('file');
    expect(ownUploadsReadBy(done, 0).map(({ name, uploaded }) => [name, uploaded.rows])).toEqual([
      ['Products', 3],
      ['Sales', 7],
    ]);
  });

  it('counts a file call of a dead handler as unanswered only when it had announced the file', () => {
    const claim: RunEvent = { kind: 'claimed', nonce: 'b', untilMs: AT + 1000 };
    const claimed = decided(begun, { ...claim, nonce: 'a' }, ...announced, finished(3));
    const between = decided({ ...claimed, claim: { nonce: 'a', until: new Date(AT).toISOString() } }, claim);
    expect(currentStep(between).fileCallUnanswered).toBe(false);
    const amid = decided({ ...between, claim: { nonce: 'a', until: new Date(AT).toISOString() } }, ...announced, claim);
    expect(currentStep(amid).fileCallUnanswered).toBe(true);
  });

  it('gets each file from the member that names it', () => {
    const keys = filesToUpload(begun.pipeline, 0).map((each) => dropFor(begun, each)?.key);
    expect(keys).toEqual(['Products/03.csv', 'Sales/03.csv']);
    const byDrop = aRun({ pipeline: following(load), steps: untouchedSteps(1) });
    expect(filesToUpload(byDrop.pipeline, 0).map((each) => dropFor(byDrop, each))).toEqual([undefined, undefined]);
  });
});

describe('a process that begins a redrive', () => {
  const other = { ...imports('F1'), name: 'its last reader' };
  const pipeline = following(imports('F1'), other, imports('F3'), recalculate);
  const redrive = aRun({
    pipeline,
    steps: untouchedSteps(4),
    position: { step: 3, stage: 'upload' },
    redriveOf: { runId: 'before', step: 3 },
  });

  it('is started when each file that was filled before is there again', () => {
    expect(currentFile(redrive)).toMatchObject({ name: 'import F3', fileId: 'F3' });
    const second = decided(redrive, ...announced, finished(3));
    expect(second).toMatchObject({ next: { queue: 'upload' }, position: { step: 3, file: 1 } });
    expect(currentFile(second)).toMatchObject({ name: 'its last reader', fileId: 'F1' });
    expect(currentStep(second)).toMatchObject({ epoch: null, uploaded: null });
    const done = decided(second, ...announced, finished(7));
    expect(done).toMatchObject({ next: { queue: 'start' }, position: { step: 3, stage: 'start' } });
    expect(['F1', 'F3', 'F2'].map((fileId) => ownUpload(done, fileId)?.name)).toEqual([
      'its last reader',
      'import F3',
      undefined,
    ]);
  });
});

describe('the files that a step uploads', () => {
  const names = (steps: FrozenStep[], step: number, from = 0) =>
    filesToUpload(following(...steps), step, from).map(({ fileId }) => fileId);

  it.each<[string, FrozenStep[], number, number, string[]]>([
    ['are all of a process', [load], 0, 0, ['F1', 'F2']],
    ['are not those that an import before it has filled', [imports('F1'), load], 1, 0, ['F2']],
    ['are all again where a redrive begins with it', [imports('F1'), load], 1, 1, ['F1', 'F2']],
    ['are those filled before a redrive that begins with a process', [imports('F1'), recalculate], 1, 1, ['F1']],
    ['are none of a process that begins no redrive', [imports('F1'), recalculate], 1, 0, []],
    ['are those also of a process later in a redrive', [imports('F1'), imports('F2'), recalculate], 2, 1, ['F1']],
    ['are once those of two processes of a redrive', [imports('F1'), recalculate, recalculate], 2, 1, []],
    ['are none of an import after a process that sent them', [imports('F1'), recalculate, imports('F1')], 2, 1, []],
    ['are all that a process filled before a redrive', [load, imports('F2'), recalculate], 2, 2, ['F2', 'F1']],
    ['are also what another step filled before', [imports('F3'), load], 1, 1, ['F1', 'F2', 'F3']],
    ['are none of an import after it that reads one of them', [load, imports('F2')], 1, 0, []],
    ['are that of an import after it that reads another', [load, imports('F3')], 1, 0, ['F3']],
  ])('%s', (_, steps, step, from, expected) => {
    expect(names(steps, step, from)).toEqual(expected);
    expect(firstStage(following(...steps), step, from)).toBe(expected.length === 0 ? 'start' : 'upload');
  });
});
