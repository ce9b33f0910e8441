import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import {
  buildFailureReport,
  type FailureReport,
  type Provenance,
  type ReportedDrop,
} from '../diagnosis/failure-report.ts';
import { type BegunRun, hasBegun, type Run } from './run.ts';
import { currentFile, dropFor, laterReaders } from './step-files.ts';
import type { Drop } from './trigger.ts';

/** The failure report of an ended run, read off its ledger entry: the same however often it is built. */
export function reportOf(run: Run): FailureReport {
  const { ended, pipeline, position } = run;
  if (ended === null || ended.outcome === 'succeeded') throw new Error(`run ${run.runId} has nothing to report`);
  const definition = pipeline?.steps[position.step];
  const step = run.steps[position.step];
  const { result } = step ?? { result: null };
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
    ...(definition?.fileId === undefined && definition?.files === undefined ? {} : { readsFile: true }),
    ...startedBy(run),
    ...(step?.task?.seen ? { task: step.task.seen } : {}),
    ...(result === null ? {} : { dumps: result.dumps.map(({ address }) => address), reasons: result.reasons }),
    ...(result?.names === undefined ? {} : { names: result.names }),
    ...(result?.missing === undefined ? {} : { missing: result.missing }),
    ...(result?.counts === undefined ? {} : { counts: result.counts }),
    ...(result?.dumpLost === undefined ? {} : { dumpLost: result.dumpLost }),
    ...(result?.repair === undefined ? {} : { repair: result.repair }),
    ...(result?.repairs === undefined ? {} : { repairs: result.repairs }),
    ...(result?.noRepair === undefined ? {} : { noRepair: result.noRepair }),
    ...(hasBegun(run) ? rowsStillToRead(run) : {}),
    ...(ended.holdLane === undefined ? {} : { holdLane: ended.holdLane }),
  };
  return buildFailureReport(ended.failure ?? undiagnosed(run), from);
}

/** Of a run with rejected rows: who has still to read all the rows, above all of the file whose rows were rejected. */
function rowsStillToRead(run: BegunRun): Pick<Provenance, 'stillToRead'> {
  const { pipeline, position, steps } = run;
  const { result } = steps[position.step] ?? { result: null };
  if (result?.outcome !== 'succeeded-with-rejects' && result?.repair === undefined) return {};
  const readers = laterReaders(run);
  const fileId = pipeline.steps[position.step]?.fileId;
  const ofSameFile = readers.find((step) => step.fileId !== undefined && step.fileId === fileId);
  const reader = ofSameFile ?? readers[0];
  if (reader === undefined) return {};
  return { stillToRead: { kind: reader.kind, name: reader.name, sameFile: ofSameFile !== undefined } };
}

/** What the run that ended is about: of the drop and what was mended of it, the one that its step reads. */
function startedBy(run: Run): Pick<Provenance, 'drop' | 'set' | 'follows' | 'scheduledFor'> {
  const { trigger, mended } = run;
  switch (trigger.kind) {
    case 'drop': {
      const fileId = run.pipeline?.steps[run.position.step]?.fileId;
      const read = hasBegun(run) && fileId !== undefined ? dropFor(run, { fileId }) : undefined;
      return { drop: dropOf(read ?? mended?.drop ?? trigger) };
    }
    case 'set': {
      const underWay = hasBegun(run) && run.position.stage === 'upload' ? currentFile(run) : undefined;
      const drop = mended?.drop ?? (underWay && hasBegun(run) ? dropFor(run, underWay) : undefined);
      const files = trigger.members.map(({ file, ...member }) => ({ file, ...dropOf(member) }));
      return { ...(drop === undefined ? {} : { drop: dropOf(drop) }), set: { id: trigger.setId, files } };
    }
    case 'after':
      return { follows: { runId: trigger.runId, pipeline: trigger.pipeline } };
    case 'schedule':
      return { scheduledFor: trigger.scheduledAt };
    case 'manual':
      return {};
    default:
      return trigger satisfies never;
  }
}

function dropOf({ bucket, key, versionId, bytes }: Drop): ReportedDrop {
  return { bucket, key, versionId, bytes };
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
