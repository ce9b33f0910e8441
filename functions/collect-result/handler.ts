import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Task } from '../../shared/anaplan/types.ts';
import { classifyTask, type TaskOutcome } from '../../shared/diagnosis/classify-task.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { judgeStep } from '../../shared/run/judge-step.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { currentStep, uploadedFor } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, diagnose, modelOf, stepOf } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import type { Services } from '../services.ts';
import { keepDumps } from './keep-dumps.ts';
import { keepExport } from './keep-export.ts';
import { keepRepair } from './keep-repair.ts';

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
    const context = {
      action: { ...actionOf(run), name: step.name },
      names: await namesOf(task.seen, run, anaplan),
      model: run.pipeline.modelName,
    };
    const announced = classifyTask(task.seen, context);
    const kept = await keepDumps(announced.dumps, { turn, services, anaplan, taskId: task.taskId });
    const classified = classifyTask(task.seen, { ...context, dumps: kept.summaries });
    const exported = hasRun(classified) ? await keepExport(turn, services, anaplan) : undefined;
    if (exported?.kind === 'paused') return { kind: 'export-paused' };
    if (exported?.kind === 'given-up') return { kind: 'hindered', diagnosis: exported.diagnosis };
    const repair = await keepRepair(turn, services, kept.dumps);
    const uploaded = uploadedFor(run, run.position.step);
    const result = judgeStep({
      step,
      classified,
      rejects: run.pipeline.rejects,
      perhapsOthers: task.adopted && task.named !== true,
      dumps: kept.dumps,
      ...(uploaded === undefined ? {} : { uploaded }),
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

/** Nested results of a process seldom carry a name, so it is looked up (anaplan-notes: Processes). */
async function namesOf(task: Task, run: BegunRun, anaplan: AnaplanClient): Promise<Record<string, string>> {
  const nested = task.result?.nestedResults ?? [];
  const nameless = nested.some(({ objectId, objectName }) => objectId !== undefined && objectName === undefined);
  if (!nameless) return {};
  const lists = [
    anaplan.listImports(modelOf(run)),
    anaplan.listExports(modelOf(run)),
    anaplan.listActions(modelOf(run)),
  ];
  // All of them are awaited, also when one fails: nothing of ours is left on its way when the turn ends.
  await Promise.allSettled(lists);
  const named = (await Promise.all(lists)).flat();
  return Object.fromEntries(named.map(({ id, name }) => [id, name]));
}
