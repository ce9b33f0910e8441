import type { Category } from '../../shared/diagnosis/diagnosis.ts';
import type { BegunRun, Ended, Outcome } from '../../shared/run/run.ts';
import { ledgerKey } from '../../shared/run/trigger.ts';
import type { World } from '../simulation/world.ts';
import { AT, aPipeline, aRun } from './a-run.ts';

/** What a failed run of a test is like. */
export interface Failure {
  pipeline?: string;
  model?: string;
  category?: Category;
  code?: string;
  outcome?: Outcome;
  holdLane?: string;
  key?: string;
}

/** A run that has ended, of which only the telling is left. */
export function failedRun(number: number, failure: Failure = {}): BegunRun {
  const { pipeline = 'sales', model = 'M', category = 'mapping', code, outcome = 'failed', holdLane } = failure;
  const key = failure.key ?? `${pipeline}/${number}.csv`;
  const ended: Ended = {
    outcome,
    at: new Date(AT).toISOString(),
    failure: {
      category,
      ...(code === undefined ? {} : { code }),
      cause: 'The file lacks columns that the import reads.',
      message: `${key} was not loaded.`,
      whatToCheck: ['Have the missing columns put back.'],
      retry: { kind: 'no' },
      references: {},
    },
    ...(holdLane === undefined ? {} : { holdLane }),
    todo: ['alert'],
  };
  return aRun({
    runId: `20260302-${String(number).padStart(16, '0')}`,
    pipelineName: pipeline,
    pipeline: { ...aPipeline, name: pipeline, modelId: model, modelName: model },
    trigger: {
      kind: 'drop',
      bucket: 'plandrop-drops',
      key,
      versionId: `v${number}`,
      lastModified: new Date(AT).toISOString(),
      bytes: 1,
    },
    ticket: null,
    next: null,
    ended,
  });
}

/** Puts the ledgers of runs into a world, as their last handler left them. */
export async function remember(world: World, runs: readonly BegunRun[]): Promise<void> {
  for (const run of runs) await world.state.put(ledgerKey(run.runId), JSON.stringify(run));
}
