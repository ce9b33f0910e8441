import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import { classifyTask, type TaskOutcome } from '../../shared/diagnosis/classify-task.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import { fileRowsOf, totalsOf } from '../../shared/run/file-rows.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { areRowsVerified, judgeStep } from '../../shared/run/judge-step.ts';
import { isInDoubt, type StepResult } from '../../shared/run/run.ts';
import { ownUploadsReadBy } from '../../shared/run/step-files.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { filesOfImports } from './files-of-imports.ts';
import { keepDumps } from './keep-dumps.ts';
import { keepExport } from './keep-export.ts';
import { keepRepairs } from './keep-repair.ts';
import { namesOf } from './names-of.ts';

/** What came of reading a task; `not-yet`: its dumps or its export are not whole, and the event says how it goes on. */
export type Collected = { kind: 'judged'; result: StepResult } | { kind: 'not-yet'; event: RunEvent };

/**
 * Reads what the final task of the current step says, keeps its dumps and exports, and judges the step.
 * @param besides as `keepExport` takes it
 */
export async function resultOf(
  turn: Turn,
  services: Services,
  anaplan: AnaplanClient,
  besides?: readonly string[],
): Promise<Collected> {
  const { run } = turn;
  const { task } = currentStep(run);
  if (task?.seen == null) throw new Error(`run ${run.runId} is to collect a task that it has not seen end`);
  const step = stepOf(run);
  const context = {
    action: { ...actionOf(run), name: step.name },
    names: {},
    model: run.pipeline.modelName,
  };
  const announced = classifyTask(task.seen, context);
  const kept = await keepDumps(announced.dumps, { turn, services, anaplan, taskId: task.taskId });
  if (kept === undefined)
    return { kind: 'not-yet', event: { kind: 'dumps-paused', announced: announced.dumps.length } };
  const names = await namesOf(task.seen, { turn, services, anaplan });
  const classified = classifyTask(task.seen, { ...context, names, dumps: kept.summaries });
  const exported = hasRun(classified) ? await keepExport(turn, services, anaplan, besides) : undefined;
  if (exported?.kind === 'paused') return { kind: 'not-yet', event: { kind: 'export-paused' } };
  if (exported?.kind === 'given-up')
    return { kind: 'not-yet', event: { kind: 'hindered', diagnosis: exported.diagnosis } };
  const asksForFiles = step.files !== undefined || (step.kind === 'process' && kept.located.length > 0);
  const fileOf = asksForFiles ? await filesOfImports({ turn, services, anaplan }) : undefined;
  const uploads = ownUploadsReadBy(run, run.position.step);
  const [upload] = uploads;
  const rows =
    step.files === undefined
      ? { ...(upload === undefined ? {} : { uploaded: upload.uploaded }) }
      : { files: fileRowsOf(uploads, classified.nested ?? [], fileOf ?? new Map()) };
  const actionNamed = (objectId: string) => classified.nested?.find((action) => action.objectId === objectId);
  const repairs = await keepRepairs(turn, services, {
    dumps: kept.located,
    fileOf,
    nameOf: (objectId) => actionNamed(objectId)?.name ?? step.name,
    hasEnded: (objectId) => hasRun(actionNamed(objectId) ?? classified),
    totalsOf: (fileId) => {
      if (step.kind === 'process') return totalsOf(fileId, classified.nested ?? [], fileOf ?? new Map());
      return classified.totalRows === undefined ? [] : [classified.totalRows];
    },
    perhapsOthers: isInDoubt(task) && !areRowsVerified({ classified, ...rows }),
  });
  const result = judgeStep({
    step,
    classified,
    rejects: run.pipeline.rejects,
    perhapsOthers: isInDoubt(task),
    dumps: kept.dumps,
    ...(Object.keys(names).length === 0 ? {} : { names }),
    ...rows,
    ...(kept.lost === undefined ? {} : { dumpLost: kept.lost }),
    ...(exported?.kind === 'kept' ? { export: exported.address } : {}),
    repairs,
  });
  return { kind: 'judged', result };
}

/** Else the file of an export is that of an earlier run, and an import may have loaded nothing. */
function hasRun({ outcome }: Pick<TaskOutcome, 'outcome'>): boolean {
  return outcome === 'succeeded' || outcome === 'succeeded-with-rejects';
}
