import { describe, expect, it } from 'vitest';
import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { redriveOf } from '../../shared/run/redrive.ts';
import type { Run } from '../../shared/run/run.ts';
import { aPipeline, aRun } from './a-run.ts';
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
  processStep,
  settled,
  X,
} from './ended-run.ts';

describe('a redrive begins', () => {
  it.for<[string, Run, FrozenPipeline, number, string]>([
    ['at the step that failed', ended('failed', [finished(), finished('failed')]), definition(A, B, C), 1, 'upload'],
    ['at the first step when that failed', ended('failed', [finished('failed')]), definition(A, B, C), 0, 'upload'],
    [
      'after rejects within the allowance',
      ended('failed', [finished('succeeded-with-rejects'), finished('failed')]),
      definition(A, B, C),
      1,
      'upload',
    ],
    [
      'at the step whose rejects were beyond the allowance',
      ended('succeeded-with-rejects', [finished('succeeded-with-rejects', true)]),
      definition(A, B, C),
      0,
      'upload',
    ],
    [
      'after a step that was settled as succeeded',
      ended('unknown', [openStart], { settled: settled('succeeded') }),
      definition(A, B, C),
      1,
      'upload',
    ],
    [
      'at a step that was settled as failed',
      ended('unknown', [finished(), openStart], { settled: settled('failed') }),
      definition(A, B, C),
      1,
      'upload',
    ],
    ['where a cancelled run stopped', ended('cancelled', [finished(), {}]), definition(A, B, C), 1, 'upload'],
    [
      'at the upload, even of a file that a finished step has filled',
      ended('failed', [finished(), finished('failed')], { pipeline: definition(A, importStep('D', 'file A')) }),
      definition(A, importStep('D', 'file A')),
      1,
      'upload',
    ],
    [
      'at a step that is new in the definition',
      ended('failed', [finished(), finished('failed')]),
      definition(A, C, B),
      1,
      'upload',
    ],
    [
      'at the step made anew in Anaplan under the same name',
      ended('failed', [finished(), finished('failed')]),
      definition(A, { ...B, objectId: 'B2' }, C),
      1,
      'upload',
    ],
    [
      'at a process before which no file was filled',
      ended('failed', [finished(), finished('failed')], { pipeline: definition(B, processStep('E')) }),
      definition(B, processStep('E')),
      1,
      'start',
    ],
    [
      'at an export',
      ended('failed', [finished(), finished('failed')], { pipeline: definition(A, X) }),
      definition(A, X),
      1,
      'start',
    ],
    [
      'at step 1 of a run that never began',
      { ...ended('failed', [{}]), pipeline: null, steps: [], ticket: null },
      definition(A, B),
      0,
      'upload',
    ],
  ])('%s', ([, old, pipeline, step, stage]) => {
    const decision = redriveOf(old, pipeline, LATER);
    expect(decision).toMatchObject({
      ok: true,
      run: {
        runId: `${old.runId}.1`,
        trigger: old.trigger,
        position: { step, stage },
        next: { turn: 1, queue: stage, due: 'lane' },
        ticket: `lanes/M/tickets/${LATER_ISO}-${old.runId}.1`,
        redriveOf: { runId: old.runId, step },
      },
    });
    if (!decision.ok) return;
    expect(decision.run.steps).toHaveLength(pipeline.steps.length);
    expect(decision.run.steps.every((record) => record.start?.open !== true && !record.fileCallUnanswered)).toBe(true);
    expect(decision.run.steps.slice(0, step).map((record) => record.result)).toEqual(
      old.steps.slice(0, step).map((record) => record.result),
    );
  });
});

describe('a redrive of a redrive', () => {
  it.for([
    ['has no result', openStart],
    ['has the result that nobody knows', finished('unknown')],
  ] as const)('begins behind a step that somebody said is done, and that %s', ([, record]) => {
    const pipeline = definition(A, B, C);
    const old = ended('unknown', [record], { pipeline, settled: settled('succeeded') });
    const first = redriveOf(old, pipeline, LATER);
    if (!first.ok) throw new Error(first.because);
    expect(first.run.position.step).toBe(1);
    const failed: Run = { ...first.run, next: null, ended: { outcome: 'failed', at: LATER_ISO, todo: [] } };
    const second = redriveOf(failed, pipeline, LATER);
    if (!second.ok) throw new Error(second.because);
    expect(second.run).toMatchObject({ position: { step: 1 }, redriveOf: { runId: failed.runId, step: 1 } });
  });
});

describe('a redrive is refused', () => {
  it.for<[string, Run, FrozenPipeline, string]>([
    ['of a run that goes on', aRun(), aPipeline, 'has not ended yet'],
    ['of a run that succeeded', ended('succeeded', [finished()]), definition(A), 'succeeded'],
    ['of an unknown run that nobody settled', ended('unknown', [openStart]), definition(A, B, C), 'runs settle'],
    [
      'while a file call may still act',
      ended('failed', [{ fileCallUnanswered: true }]),
      definition(A, B, C),
      'runs settle',
    ],
    [
      'when the definition lost the step where the run stopped',
      ended('failed', [finished(), finished('failed')]),
      definition(A, C),
      '--as-was',
    ],
    [
      'when a finished step would be run again',
      ended('failed', [finished(), finished('failed')]),
      definition(B, A),
      '--as-was',
    ],
    [
      'when finished steps are in another model',
      ended('failed', [finished(), finished('failed')]),
      { ...definition(A, B, C), modelId: 'N' },
      '--as-was',
    ],
    [
      'when nothing is left of it',
      ended('unknown', [openStart], { pipeline: definition(A), settled: settled('succeeded') }),
      definition(A),
      'nothing to redrive',
    ],
  ])('%s', ([, old, pipeline, words]) => {
    const decision = redriveOf(old, pipeline, LATER);
    expect(decision.ok).toBe(false);
    expect(JSON.stringify(decision)).toContain(words);
  });
});
