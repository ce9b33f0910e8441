import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { buildFailureReport, type FailureReport, type Provenance } from '../diagnosis/failure-report.ts';
import type { Run } from './run.ts';

/** The failure report of an ended run, read off its ledger entry: the same however often it is built. */
export function reportOf(run: Run): FailureReport {
  const { ended, trigger, pipeline, position } = run;
  if (ended === null || ended.outcome === 'succeeded') throw new Error(`run ${run.runId} has nothing to report`);
  const definition = pipeline?.steps[position.step];
  const step = run.steps[position.step];
  const { result } = step ?? { result: null };
  const drop = run.mended?.drop ?? (trigger.kind === 'drop' ? trigger : undefined);
  const from: Provenance = {
    runId: run.runId,
    pipeline: run.pipelineName,
    outcome: ended.outcome,
    at: ended.at,
    ...(pipeline === null ? {} : { model: { name: pipeline.modelName, id: pipeline.modelId } }),
    ...(definition === undefined
      ? {}
      : {
          step: {
            ordinal: position.step + 1,
            kind: definition.kind,
            name: definition.name,
            objectId: definition.objectId,
          },
        }),
    ...(drop === undefined
      ? {}
      : { drop: { bucket: drop.bucket, key: drop.key, versionId: drop.versionId, bytes: drop.bytes } }),
    ...(trigger.kind === 'schedule' ? { scheduledFor: trigger.scheduledAt } : {}),
    ...(step?.task?.seen ? { task: step.task.seen } : {}),
    ...(result === null ? {} : { dumps: result.dumps.map(({ address }) => address), reasons: result.reasons }),
    ...(result?.names === undefined ? {} : { names: result.names }),
    ...(result?.counts === undefined ? {} : { counts: result.counts }),
    ...(result?.dumpLost === undefined ? {} : { dumpLost: result.dumpLost }),
    ...(trigger.kind === 'set' ? { set: trigger.setId } : {}),
    ...(result?.repair === undefined ? {} : { repair: result.repair }),
    ...(result?.repairs === undefined ? {} : { repairs: result.repairs }),
    ...(result?.noRepair === undefined ? {} : { noRepair: result.noRepair }),
    ...(ended.holdLane === undefined ? {} : { holdLane: ended.holdLane }),
  };
  return buildFailureReport(ended.failure ?? undiagnosed(run), from);
}

function undiagnosed(run: Run): Diagnosis {
  return {
    category: 'unrecognised',
    cause: 'Anaplan gave no reason that is known here.',
    message: `Run ${run.runId} ended ${run.ended?.outcome ?? ''}.`,
    whatToCheck: ['Look at the task in Anaplan, in the history of the model.'],
    retry: { kind: 'no' },
    references: { runId: run.runId },
  };
}
