import type { FrozenPipeline, FrozenStep } from '../pipeline/frozen-pipeline.ts';
import { isReleasable, type Run, type StepRecord } from './run.ts';

/** Why a run is not redriven, and what to do instead. */
export type Refused = { ok: false; because: string; whatToCheck: readonly string[] };

/** Where a redrive begins: the records of the steps before it, which are carried over. */
export interface RedrivePlan {
  ok: true;
  carried: StepRecord[];
  /**
   * The one file that a mended file goes to: its step has loaded all rows but those it rejected, so the mended file holds only
   * these, and a later step that reads another file reads the drop as it was. Undefined: the mended file takes the drop's place.
   */
  onlyFileId?: string;
}

/** Why a run cannot be redriven, whatever the definition; undefined when it can. Pure. */
export function whyNotRedriven(run: Run): Refused | undefined {
  const { ended, runId } = run;
  if (ended === null) return refused(`Run ${runId} has not ended yet.`, `See where it is: plandrop runs show ${runId}`);
  if (ended.outcome === 'succeeded') return refused(`Run ${runId} succeeded, so there is nothing to redrive.`);
  if (run.settled !== undefined) return undefined;
  const settle = `Look in Anaplan, then say so: plandrop runs settle ${runId} --as ${
    ended.outcome === 'unknown' ? 'succeeded, or --as failed' : 'failed'
  }`;
  if (ended.outcome === 'unknown')
    return refused(`Nobody knows yet whether run ${runId} was done, so it might be done twice.`, settle);
  if (!isReleasable(run)) return refused(`A call of run ${runId} may still act in Anaplan.`, settle);
  return undefined;
}

/** Decides where a redrive begins. Pure. @param mended a person has mended the file, and the redrive reads that */
export function planRedrive(old: Run, pipeline: FrozenPipeline, mended: boolean): RedrivePlan | Refused {
  const refusal = whyNotRedriven(old);
  if (refusal !== undefined) return refusal;
  const from = beginning(old, pipeline);
  if ('ok' in from) return from;
  const { carried } = from;
  if (!mended && carried.length === pipeline.steps.length)
    return refused(`Every step of run ${old.runId} is finished, so there is nothing to redrive.`);
  const plan = mended ? planMended(old, pipeline, carried) : { ok: true as const, carried };
  if (!plan.ok) return plan;
  return whyNotRowsAlone(old, pipeline, { plan, carried, mended }) ?? plan;
}

/**
 * Why a redrive cannot read the rejected rows alone: a step that has not loaded the others reads the same file of Anaplan, and would
 * get no more than these. Undefined when every step gets all its rows.
 */
function whyNotRowsAlone(
  old: Run,
  { steps }: FrozenPipeline,
  { plan, carried, mended }: { plan: RedrivePlan; carried: StepRecord[]; mended: boolean },
): Refused | undefined {
  const onlyFileId = mended ? plan.onlyFileId : old.mended?.onlyFileId;
  if (onlyFileId === undefined) return undefined;
  // The old run read these rows alone already, so whichever of its steps reads them has loaded the others before.
  const loadedBefore = old.mended?.onlyFileId === onlyFileId ? (old.pipeline?.steps ?? []) : [];
  const lacking = steps.find((step, index) => {
    const isFinished = index < carried.length;
    const isMended = mended && index === carried.length;
    const isKnown = loadedBefore.some((known) => isSameStep(known, step));
    return step.fileId === onlyFileId && !isFinished && !isMended && !isKnown;
  });
  if (lacking === undefined) return undefined;
  const because = `The rejected rows alone are not enough: ${lacking.kind} "${lacking.name}" reads the same file, and has not loaded the others.`;
  const again = `plandrop failures redrive ${old.runId}`;
  // A drop begins with step 1, and a step that is finished may empty what it fills.
  const afterwards = `drop the ${plan.carried.length === 0 ? 'mended rows' : 'whole file, mended,'} afterwards`;
  if (!mended) return refused(because, `Follow the definition that the run had: ${again} --as-was`);
  if (plan.carried.length < carried.length)
    return refused(because, `Go on with the file as it was, and ${afterwards}: ${again}`);
  return refused(
    because,
    `Go on without these rows, and ${afterwards}: plandrop failures accept ${old.runId} --because "…"`,
    `Or, where the cause was mended in Anaplan, run it again with the file as it was: ${again}`,
  );
}

/** A mended file goes to the step where the run stopped, or, where that reads no file, to the one whose rejected rows it holds. */
function planMended(old: Run, { steps }: FrozenPipeline, carried: StepRecord[]): RedrivePlan | Refused {
  const { runId } = old;
  const ofSet = whyNotOfSet(old, steps);
  if (ofSet !== undefined) return ofSet;
  const stopped = steps[carried.length];
  const hasRejected = stopped !== undefined && stoppedByRejects(old, stopped);
  if (stopped?.fileId !== undefined) {
    // A redrive with the rejected rows alone that could not load them; mended once more they are rows alone still.
    const hadRows = old.mended?.onlyFileId === stopped.fileId;
    return { ok: true, carried, ...(hasRejected || hadRows ? { onlyFileId: stopped.fileId } : {}) };
  }
  if (hasRejected) return rowsOfOthers(runId, stopped, steps.slice(0, carried.length));
  const rejecting = carried.flatMap(({ result }, i) => (result?.outcome === 'succeeded-with-rejects' ? [i] : []));
  const [at] = rejecting;
  const fileId = at === undefined ? undefined : steps[at]?.fileId;
  if (at === undefined || fileId === undefined) {
    const what =
      stopped === undefined
        ? 'and all its steps are finished'
        : `and goes on with ${stopped.kind} "${stopped.name}", which reads no file`;
    return refused(`Run ${runId} has no rejected rows that could be mended, ${what}.`, 'Leave out --with.');
  }
  if (rejecting.some((other) => steps[other]?.fileId !== fileId))
    return refused(
      `Several steps of run ${runId} rejected rows of several files, and --with names one.`,
      'Drop the mended file instead, where the first one was dropped.',
    );
  return { ok: true, carried: carried.slice(0, at), onlyFileId: fileId };
}

/** The run stopped at this step because of the rows that it rejected: the others are loaded. */
function stoppedByRejects(old: Run, { objectId }: FrozenStep): boolean {
  const at = old.position.step;
  const isIt = finishedRecord(old, at) === undefined && old.pipeline?.steps[at]?.objectId === objectId;
  return isIt && old.steps[at]?.result?.outcome === 'succeeded-with-rejects';
}

/** A process reads the files of a set, and may empty what it fills before: given rejected rows alone it would leave only these. */
function whyNotOfSet({ runId, trigger }: Run, steps: readonly FrozenStep[]): Refused | undefined {
  const files =
    trigger.kind === 'set'
      ? trigger.members.map(({ file, key }) => `"${file}" (${key})`)
      : steps.flatMap((step) => step.files ?? []).map(({ name }) => `"${name}"`);
  if (files.length === 0) return undefined;
  if (files.length === 1)
    return refused(
      `Run ${runId} reads the file of a set, and --with is for a file that is dropped by itself.`,
      'Drop the mended file in a new set: it needs no other.',
    );
  return refused(
    `Run ${runId} reads several files, and --with names one.`,
    `Drop the mended file in a new set, together with the other files. Those of this one are ${files.join(', ')}.`,
  );
}

/** A process has rejected rows of what steps before it load, and those are finished. */
function rowsOfOthers(runId: string, process: FrozenStep, before: readonly FrozenStep[]): Refused {
  const loads = before.flatMap(({ kind, name, fileId }, i) =>
    fileId === undefined ? [] : [`step ${i + 1}, ${kind} "${name}",`],
  );
  const what = `The rows that ${process.kind} "${process.name}" rejected are of a file that`;
  const goOn = `Let this run go on, or be done, without them: plandrop failures accept ${runId} --because "…"`;
  if (loads.length === 0)
    return refused(`${what} no step of run ${runId} loads.`, 'Mend them where that file comes from.', goOn);
  const drop =
    'Mend them in the whole file and drop that, where the first one was dropped. Do not drop them alone: a drop begins with step 1.';
  return refused(`${what} ${loads.join(' or ')} loads, and that is finished.`, drop, goOn);
}

/** The records of the finished steps that the definition begins with; the step after them is the first to be run. */
function beginning(old: Run, pipeline: FrozenPipeline): { carried: StepRecord[] } | Refused {
  const known = (old.pipeline?.steps ?? []).map((step, i) => ({ step, record: finishedRecord(old, i) }));
  const finished = known.flatMap(({ step, record }) => (record === undefined ? [] : [{ step, record }]));
  const asWas = `Follow the definition that the run had: plandrop failures redrive ${old.runId} --as-was`;
  if (finished.length > 0 && old.pipeline?.modelId !== pipeline.modelId) {
    const was = `"${old.pipeline?.modelName ?? ''}"`;
    return refused(`Steps of run ${old.runId} are finished in model ${was}, which is not the pipeline's today.`, asWas);
  }
  const left = [...finished];
  const carried: StepRecord[] = [];
  for (const { objectId } of pipeline.steps) {
    const found = left.findIndex(({ step }) => step.objectId === objectId);
    const [taken] = found < 0 ? [] : left.splice(found, 1);
    if (taken === undefined) break;
    carried.push(taken.record);
  }
  const following = pipeline.steps.slice(carried.length);
  const again = left.find(({ step }) => following.some(({ objectId }) => objectId === step.objectId));
  if (again !== undefined) {
    const { kind, name } = again.step;
    return refused(`The steps have another order now, and ${kind} "${name}" would be run a second time.`, asWas);
  }
  const next = known.find(({ record }) => record === undefined)?.step;
  if (finished.length > 0 && next !== undefined && !following.some((step) => isSameStep(step, next))) {
    return refused(`Today's definition no longer has ${next.kind} "${next.name}", where the run stopped.`, asWas);
  }
  return { carried };
}

/** An object that was made anew in Anaplan keeps its name and gets another id. */
function isSameStep(one: FrozenStep, other: FrozenStep): boolean {
  return one.objectId === other.objectId || (one.kind === other.kind && one.name === other.name);
}

/** The record of a step that need not be run again, with nothing in it that the new run would wait for; else undefined. */
function finishedRecord(run: Run, index: number): StepRecord | undefined {
  const record = run.steps[index];
  if (record === undefined) return undefined;
  // A redrive begins behind what was finished, also where nothing says so but a word about the run before it.
  if (index < (run.redriveOf?.step ?? 0)) return record;
  const { result, start, task } = record;
  if (result?.outcome === 'succeeded') return record;
  if (result?.outcome === 'succeeded-with-rejects' && !result.beyondAllowance) return record;
  if (run.settled?.as !== 'succeeded' || index !== run.position.step) return undefined;
  const isOver = task?.seen?.taskState === 'COMPLETE' || task?.seen?.taskState === 'CANCELLED';
  return {
    ...record,
    // Somebody has accepted them.
    result: result === null ? null : { ...result, beyondAllowance: false },
    fileCallUnanswered: false,
    start: start === null ? null : { ...start, open: false },
    task: isOver ? task : null,
  };
}

export function refused(because: string, ...whatToCheck: string[]): Refused {
  return { ok: false, because, whatToCheck };
}
