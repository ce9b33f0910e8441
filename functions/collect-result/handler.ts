import { classifyTask, type TaskOutcome } from '../../shared/diagnosis/classify-task.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import { fileRowsOf } from '../../shared/run/file-rows.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { judgeStep } from '../../shared/run/judge-step.ts';
import { uploadsFor } from '../../shared/run/step-files.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, diagnose, stepOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { filesOfImports } from './files-of-imports.ts';
import { keepDumps } from './keep-dumps.ts';
import { keepExport } from './keep-export.ts';
import { keepRepair } from './keep-repair.ts';
import { namesOf } from './names-of.ts';

/** Reads what the finished task says, keeps its dumps and exports, and judges the step. It only reads from Anaplan. */
export function createCollectResult(services: Services): SqsHandler {
  return handleTurns(services, 'collect', collectResult);
}

async function collectResult(turn: Turn, services: Services): Promise<RunEvent> {
  const { run } = turn;
  const { task } = currentStep(run);
  if (task?.seen == null) throw new Error(`run ${run.runId} is to collect a task that it has not seen end`);
  const anaplan = anaplanFor(turn, services);
  try {
    const step = stepOf(run);
    const names = await namesOf(task.seen, { turn, services, anaplan });
    const context = {
      action: { ...actionOf(run), name: step.name },
      names,
      model: run.pipeline.modelName,
    };
    const announced = classifyTask(task.seen, context);
    const kept = await keepDumps(announced.dumps, { turn, services, anaplan, taskId: task.taskId });
    const classified = classifyTask(task.seen, { ...context, dumps: kept.summaries });
    const exported = hasRun(classified) ? await keepExport(turn, services, anaplan) : undefined;
    if (exported?.kind === 'paused') return { kind: 'export-paused' };
    if (exported?.kind === 'given-up') return { kind: 'hindered', diagnosis: exported.diagnosis };
    const repair = await keepRepair(turn, services, kept.dumps);
    const uploads = uploadsFor(run, run.position.step);
    const [upload] = uploads;
    const rows =
      step.files === undefined
        ? { ...(upload === undefined ? {} : { uploaded: upload.uploaded }) }
        : { files: fileRowsOf(uploads, classified.nested ?? [], await filesOfImports({ turn, services, anaplan })) };
    const result = judgeStep({
      step,
      classified,
      rejects: run.pipeline.rejects,
      perhapsOthers: task.adopted && task.named !== true,
      dumps: kept.dumps,
      ...(Object.keys(names).length === 0 ? {} : { names }),
      ...rows,
      ...(kept.lost === undefined ? {} : { dumpLost: kept.lost }),
      ...(exported?.kind === 'kept' ? { export: exported.address } : {}),
      ...(repair === undefined ? {} : { repair }),
    });
    // A task that may not be ours leaves the question open what becomes of the one that is.
    const inDoubt = result.outcome === 'unknown' && task.adopted && task.named !== true;
    return { kind: 'collected', result, ...(inDoubt ? { oursOpen: true } : {}) };
  } catch (error) {
    return { kind: 'hindered', diagnosis: diagnose(error, run) };
  }
}

/** Else the file of an export is that of an earlier run. */
function hasRun({ outcome }: TaskOutcome): boolean {
  return outcome === 'succeeded' || outcome === 'succeeded-with-rejects';
}
