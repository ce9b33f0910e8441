import type { FrozenPipeline } from '../pipeline/frozen-pipeline.ts';
import { changeHolder, holderName, readHolder, sendNext, ticketKey, writeTicket } from './lane.ts';
import { commitRun, createRun, type Held } from './ledger.ts';
import { planRedrive, type RedrivePlan, type Refused, refused } from './redrive-plan.ts';
import { type BegunRun, hasBegun, type Run, untouchedSteps } from './run.ts';
import type { RunServices } from './services.ts';
import { dropFor, filesToUpload } from './step-files.ts';
import { firstStage, isoTime, note } from './transitions.ts';
import type { Drop } from './trigger.ts';

/** The run that goes on with another's work, or why there is none and what to do instead. */
export type RedriveDecision = { ok: true; run: BegunRun } | Refused;

/** `created`: false when an earlier redrive was found and repaired. `waitsFor`: who holds its lane, if somebody does. */
export type RedriveAnswer = { ok: true; run: Run; created: boolean; waitsFor?: string } | Refused;

/** The one redrive of a run; its own is `<runId>.1.1`. */
export function redriveIdOf(runId: string): string {
  return `${runId}.1`;
}

/**
 * The run that goes on with the work of `old`: the same trigger, so that the pinned drop is read again, from the first step that
 * neither finished nor was settled as succeeded, and always from that step's upload. What is finished is carried over. Pure.
 * @param pipeline the definition to follow: today's, or the old run's own
 * @param mended what is read instead of the drop, or of its rejected rows
 */
export function redriveOf(old: Run, pipeline: FrozenPipeline, now: number, mended?: Drop): RedriveDecision {
  const plan = planRedrive(old, pipeline, mended !== undefined);
  if (!plan.ok) return plan;
  const step = plan.carried.length;
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
    steps: [...plan.carried, ...untouchedSteps(pipeline.steps.length - step)],
    requests: [],
    journal: [],
    journalDropped: 0,
    ended: null,
    redriveOf: { runId: old.runId, step },
    ...mendedOf(old, plan, mended),
  };
  const movedAway = mended === undefined ? undefined : movedAwayBefore(old, run);
  if (movedAway !== undefined) return movedAway;
  const what = pipeline.steps[step];
  const withWhat = mended === undefined ? '' : `, with ${mended.key}`;
  const text = `Goes on with run ${old.runId}, from step ${step + 1}: ${what?.kind ?? ''} "${what?.name ?? ''}"${withWhat}.`;
  return { ok: true, run: note(run, { now, text }) };
}

/** The rows alone would be loaded, and then a process would lack the file that was moved away once the old run had succeeded. */
function movedAwayBefore({ runId, ended, settled, pipeline }: Run, run: BegunRun): Refused | undefined {
  const isOver = settled?.as === 'succeeded' || ['succeeded', 'succeeded-with-rejects'].includes(ended?.outcome ?? '');
  if (!isOver || pipeline === null || pipeline.keep.kind === 'leave') return undefined;
  const from = run.position.step;
  const later = run.pipeline.steps.flatMap((step, index) =>
    index > from ? filesToUpload(run.pipeline, index, from).map((file) => ({ step, drop: dropFor(run, file) })) : [],
  );
  const lacking = later.find(
    ({ drop }) => drop !== undefined && drop !== run.mended?.drop && drop !== run.mended?.whole,
  );
  if (lacking === undefined) return undefined;
  return refused(
    `${lacking.drop?.key} was moved away when run ${runId} had succeeded (keep), and ${lacking.step.kind} "${lacking.step.name}" may need it.`,
    'Drop the whole file again, mended: it has a run of its own.',
  );
}

/**
 * A redrive of a redrive reads what that was given, unless it is given something itself. Given rows for one file, it keeps the
 * file that took the place of the drop: the others read that on.
 */
function mendedOf({ mended }: Run, { onlyFileId }: RedrivePlan, drop: Drop | undefined): Pick<Run, 'mended'> {
  if (drop === undefined) return mended === undefined ? {} : { mended };
  if (onlyFileId === undefined) return { mended: { drop } };
  const whole = mended?.onlyFileId === undefined ? mended?.drop : mended.whole;
  return { mended: { drop, onlyFileId, ...(whole === undefined ? {} : { whole }) } };
}

/** Stands for a mended file as long as nobody knows whether it is wanted. */
const NOT_KEPT_YET: Drop = { bucket: '', key: '', versionId: '', lastModified: '', bytes: 0 };

/**
 * Opens the redrive of a run: ledger, ticket, the note in the old ledger, the lane if the old run still has it, and the first
 * message. It may be repeated after a death between any two: the ledger is created once, and what follows it is repaired.
 * @param keepMended puts the mended file where the run will read it; called only where the run can be redriven with it
 */
export async function redriveRun(
  services: RunServices,
  held: Held,
  pipeline: FrozenPipeline,
  keepMended?: () => Promise<Drop>,
): Promise<RedriveAnswer> {
  const planned = redriveOf(
    held.run,
    pipeline,
    services.clock.now(),
    keepMended === undefined ? undefined : NOT_KEPT_YET,
  );
  if (!planned.ok) return planned;
  const decision = redriveOf(held.run, pipeline, services.clock.now(), await keepMended?.());
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
