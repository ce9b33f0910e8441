import type { FrozenPipeline, FrozenStep } from '../pipeline/frozen-pipeline.ts';
import { changeHolder, readHolder, sendNext, ticketKey, writeTicket } from './lane.ts';
import { commitRun, createRun, type Held } from './ledger.ts';
import { type BegunRun, hasBegun, isReleasable, type Run, type StepRecord, untouchedSteps } from './run.ts';
import type { RunServices } from './services.ts';
import { holderName } from './settle.ts';
import { firstStage, isoTime, note } from './transitions.ts';

/** The run that goes on with another's work, or why there is none and what to do instead. */
export type RedriveDecision = { ok: true; run: BegunRun } | Refused;
type Refused = { ok: false; because: string; whatToCheck: readonly string[] };

/** `created`: false when an earlier redrive was found and repaired. `waitsFor`: who holds its lane, if somebody does. */
export type RedriveAnswer = { ok: true; run: Run; created: boolean; waitsFor?: string } | Refused;

/** The one redrive of a run; its own is `<runId>.1.1`. */
export function redriveIdOf(runId: string): string {
  return `${runId}.1`;
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

/**
 * The run that goes on with the work of `old`: the same trigger, so that the pinned drop is read again, from the first step that
 * neither finished nor was settled as succeeded, and always from that step's upload. What is finished is carried over. Pure.
 * @param pipeline the definition to follow: today's, or the old run's own
 */
export function redriveOf(old: Run, pipeline: FrozenPipeline, now: number): RedriveDecision {
  const refusal = whyNotRedriven(old);
  if (refusal !== undefined) return refusal;
  const from = beginning(old, pipeline);
  if ('ok' in from) return from;
  const step = from.carried.length;
  const runId = redriveIdOf(old.runId);
  const createdAt = isoTime(now);
  const stage = firstStage(pipeline, step, step);
  const run: BegunRun = {
    v: 1,
    runId,
    pipelineName: old.pipelineName,
    pipeline,
    trigger: old.trigger,
    createdAt,
    writer: '',
    turn: 1,
    next: { turn: 1, queue: stage, due: 'lane' },
    claim: null,
    // Its place is behind whoever waits already: the place of its drop is long past.
    ticket: ticketKey(pipeline.modelId, { runId, trigger: { kind: 'schedule', scheduledAt: createdAt } }),
    lane: null,
    deadline: null,
    position: { step, stage },
    spent: { attempts: 0, conflicts: 0, looks: 0, waitingSince: null },
    steps: [...from.carried, ...untouchedSteps(pipeline.steps.length - step)],
    requests: [],
    journal: [],
    journalDropped: 0,
    ended: null,
    redriveOf: { runId: old.runId, step },
  };
  const what = pipeline.steps[step];
  const text = `Goes on with run ${old.runId}, from step ${step + 1}: ${what?.kind ?? ''} "${what?.name ?? ''}".`;
  return { ok: true, run: note(run, { now, text }) };
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
  if (following.length === 0)
    return refused(`Every step of run ${old.runId} is finished, so there is nothing to redrive.`);
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

/**
 * Opens the redrive of a run: ledger, ticket, the note in the old ledger, the lane if the old run still has it, and the first
 * message. It may be repeated after a death between any two: the ledger is created once, and what follows it is repaired.
 */
export async function redriveRun(services: RunServices, held: Held, pipeline: FrozenPipeline): Promise<RedriveAnswer> {
  const decision = redriveOf(held.run, pipeline, services.clock.now());
  if (!decision.ok) return decision;
  const { run, created } = await createRun(services, decision.run);
  return repairRedrive(services, held, { run, created });
}

/** Does again what follows the creation of a redrive; refused when that has ended itself. */
export async function repairRedrive(
  services: RunServices,
  old: Held,
  { run, created }: { run: Run; created: boolean },
): Promise<RedriveAnswer> {
  if (run.ended !== null) {
    const again = `It is the one to redrive: plandrop failures redrive ${run.runId}`;
    const [because, ...whatToCheck] =
      run.ended.outcome === 'succeeded'
        ? [`Run ${old.run.runId} was redriven as ${run.runId}, which succeeded.`]
        : [`Run ${old.run.runId} was redriven as ${run.runId}, which ended ${run.ended.outcome}.`, again];
    return { ok: false, because, whatToCheck };
  }
  await amend(services, old, (entry) => ({ ...entry, redrivenAs: run.runId }));
  // Past its first turn it has its lane, and its messages are its own affair.
  if (!hasBegun(run) || run.turn !== 1) return { ok: true, run, created };
  await writeTicket(services, run);
  const { modelId } = run.pipeline;
  await changeHolder(services, modelId, (holder) => {
    if (holder.runId !== old.run.runId) return undefined;
    // A person's hold outlives the change: only a person's release ends it.
    const hold = holder.hold?.by === holderName(old.run) ? null : holder.hold;
    return { ...holder, runId: run.runId, fence: holder.fence + 1, hold };
  });
  await sendNext(services, run);
  const { hold } = await readHolder(services, modelId);
  return { ok: true, run, created, ...(hold === null ? {} : { waitsFor: `${hold.by}: ${hold.reason}` }) };
}

/** Notes that a person needs nothing more of a failed run. @returns undefined, or why it cannot be noted */
export async function discardRun(
  services: RunServices,
  held: Held,
  { by, because }: { by: string; because: string },
): Promise<string | undefined> {
  const { runId, ended, discarded } = held.run;
  if (ended === null) return `Run ${runId} has not ended yet.`;
  if (ended.outcome === 'succeeded') return `Run ${runId} succeeded, so there is nothing to discard.`;
  if (discarded !== undefined) return `Run ${runId} was discarded by ${discarded.by} at ${discarded.at}.`;
  const at = isoTime(services.clock.now());
  await amend(services, held, (run) => ({ ...run, discarded: { by, because, at } }));
  return undefined;
}

/** Adds a note to the ledger of an ended run, whatever else is written there meanwhile. */
async function amend(services: RunServices, held: Held, change: (run: Run) => Run): Promise<void> {
  for (let current = held; ; ) {
    const changed = change(current.run);
    if (JSON.stringify(changed) === JSON.stringify(current.run)) return;
    const committed = await commitRun(services, current, changed);
    if (committed.committed) return;
    current = committed;
  }
}

function refused(because: string, ...whatToCheck: string[]): Refused {
  return { ok: false, because, whatToCheck };
}
