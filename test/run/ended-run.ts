import type { FrozenPipeline, FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import type { BegunRun, Outcome, Settled, StepRecord, StepResult } from '../../shared/run/run.ts';
import { untouchedSteps } from '../../shared/run/run.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

export const LATER = AT + 86_400_000;
export const LATER_ISO = new Date(LATER).toISOString();

export const importStep = (id: string, fileId = `file ${id}`): FrozenStep => ({
  kind: 'import',
  name: `Load ${id}`,
  objectId: id,
  fileId,
  repeatable: false,
});
export const processStep = (id: string): FrozenStep => ({
  kind: 'process',
  name: `Do ${id}`,
  objectId: id,
  repeatable: false,
});
export const definition = (...steps: FrozenStep[]): FrozenPipeline => ({ ...aPipeline, steps });

export const [A, B, C] = [importStep('A'), processStep('B'), importStep('C')];
export const X: FrozenStep = { ...processStep('X'), kind: 'export' };

export function result(outcome: Outcome, beyondAllowance = false): StepResult {
  return { outcome, reasons: [], dumps: [], rowsVerified: true, beyondAllowance };
}

export const finished = (outcome: Outcome = 'succeeded', beyond = false): Partial<StepRecord> => ({
  result: result(outcome, beyond),
});
export const openStart: Partial<StepRecord> = {
  start: {
    baseline: [],
    intendedAt: LATER_ISO,
    open: true,
    baselineStays: false,
    unclearSince: LATER_ISO,
  },
};
export const settled = (as: Settled['as']): Settled => ({ as, by: 'ada', evidence: 'seen', at: LATER_ISO });

/** A run of A, B and C that has ended, standing at the last step of which something is said. */
export function ended(outcome: Outcome, records: Partial<StepRecord>[], change: Partial<BegunRun> = {}): BegunRun {
  const pipeline = change.pipeline ?? definition(A, B, C);
  return aRun({
    pipeline,
    position: { step: records.length - 1, stage: 'collect' },
    next: null,
    steps: untouchedSteps(pipeline.steps.length).map((step, i) => ({ ...step, ...records[i] })),
    ended: { outcome, at: LATER_ISO, todo: [] },
    ...change,
  });
}
