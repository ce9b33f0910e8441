import type { FrozenPipeline } from '../pipeline/frozen-pipeline.ts';
import { changeHolder, holderName, readHolder, sendNext, ticketKey, writeTicket } from './lane.ts';
import { commitRun, createRun, type Held, readRun } from './ledger.ts';
import { planRedrive, type RedrivePlan, type Refused, refused } from './redrive-plan.ts';
import { requestSkip } from './request-skip.ts';
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
 * message. It may be repeated after a death between any two: the ledger is created once, and what follows it is repaired. The ticket
 * comes after the ledger, because one without is rubbish, and before the note: once that says that the run was redriven, nobody
 * repeats it, and the watch finds the redrive by its ticket.
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
  { run: opened, created }: { run: Run; created: boolean },
): Promise<RedriveAnswer> {
  // Past its first turn it has its lane, and its messages are its own affair.
  if (isWaiting(opened)) await writeTicket(services, opened);
  const named = await nameRedrive(services, old, opened);
  if (!named.ok) return named;
  // Somebody else may have named it, or moved it on, meanwhile.
  const run = (await readRun(services, opened.runId))?.run ?? named.run;
  if (run.ended !== null) {
    const again = `It is the one to redrive: plandrop failures redrive ${run.runId}`;
    const [because, ...whatToCheck] =
      run.ended.outcome === 'succeeded'
        ? [`Run ${old.run.runId} was redriven as ${run.runId}, which succeeded.`]
        : [`Run ${old.run.runId} was redriven as ${run.runId}, which ended ${run.ended.outcome}.`, again];
    return { ok: false, because, whatToCheck };
  }
  if (!isWaiting(run)) return { ok: true, run, created };
  await handOver(services, old.run, run);
  const { hold } = await readHolder(services, run.pipeline.modelId);
  return { ok: true, run, created, ...(hold === null ? {} : { waitsFor: `${hold.by}: ${hold.reason}` }) };
}

function isWaiting(run: Run): run is BegunRun {
  return hasBegun(run) && run.ended === null && run.turn === 1;
}

/** The lane, if the old run still has it, and the first message. */
async function handOver(services: RunServices, old: Run, run: BegunRun): Promise<void> {
  await changeHolder(services, run.pipeline.modelId, (holder) => {
    if (holder.runId !== old.runId) return undefined;
    // A person's hold outlives the change: only a person's release ends it.
    const hold = holder.hold?.by === holderName(old) ? null : holder.hold;
    return { ...holder, runId: run.runId, fence: holder.fence + 1, hold };
  });
  await sendNext(services, run);
}

/**
 * Hands over the lane that a redriven run still has: whoever redrove it died before that. Repeating it is harmless.
 * @returns false when no redrive of it waits for that lane
 */
export async function handOverRedriven(services: RunServices, old: Run, modelId: string): Promise<boolean> {
  const next = old.redrivenAs === undefined ? undefined : await readRun(services, old.redrivenAs);
  if (next === undefined || !isWaiting(next.run) || next.run.pipeline.modelId !== modelId) return false;
  await handOver(services, old, next.run);
  return true;
}

/**
 * Makes sure that the ledger of the old run says who goes on with it, which is the last moment for a word about that run: a redrive that was
 * opened before somebody said that its first step was done begins behind the step, and ends, unnamed, where none is left.
 * @returns the redrive as it is then
 */
async function nameRedrive(services: RunServices, old: Held, opened: Run): Promise<{ ok: true; run: Run } | Refused> {
  let run = opened;
  for (let current = old; current.run.redrivenAs !== run.runId; ) {
    const decision = redriveSince(current.run, run);
    if (decision?.ok === false) {
      await requestSkip(services, run.runId, current.run.settled?.by ?? '');
      return decision;
    }
    if (decision !== undefined) run = await beginLater(services, decision.run);
    current = await commitRun(services, current, { ...current.run, redrivenAs: run.runId });
  }
  return { ok: true, run };
}

/**
 * As `nameRedrive`, by a redrive itself before it takes its lane: whoever opened it may have died before, or be slower.
 * @returns false when its ledger was changed for that, and is to be read again
 */
export async function nameOwnRedrive(services: RunServices, run: Run): Promise<boolean> {
  if (run.redriveOf === undefined || !isWaiting(run)) return true;
  const old = await readRun(services, run.redriveOf.runId);
  if (old === undefined) return true;
  const named = await nameRedrive(services, old, run);
  if (named.ok && named.run === run) return true;
  // The step that it begins with now may belong to another queue.
  if (named.ok) await sendNext(services, named.run);
  return false;
}

/**
 * The redrive as it would be opened now, where somebody has said since that its first step was done: by its own definition, or where
 * that does not follow what is finished, by the one that the old run had. Undefined where it is so already. Pure.
 */
function redriveSince(old: Run, opened: Run): RedriveDecision | undefined {
  // Rows that somebody has mended are loaded after such a word too.
  const isMended = opened.mended?.drop.key !== old.mended?.drop.key;
  if (old.settled?.as !== 'succeeded' || isMended || !hasBegun(opened) || opened.lane !== null) return undefined;
  const at = Date.parse(opened.createdAt);
  const decision = redriveOf(old, opened.pipeline, at);
  if (decision.ok) return decision.run.position.step === opened.position.step ? undefined : decision;
  return old.pipeline?.modelId === opened.pipeline.modelId ? redriveOf(old, old.pipeline, at) : decision;
}

/** Has a redrive that never had its lane begin where `planned` does, or if it has ended, its own redrive. @returns its ledger entry then */
async function beginLater(services: RunServices, planned: BegunRun): Promise<Run> {
  const { runId, pipeline, position, next, steps, redriveOf: of, journal } = planned;
  for (let held = await readRun(services, runId); held !== undefined; ) {
    const { run } = held;
    if (!hasBegun(run) || run.lane !== null || isSamePlace(run, planned)) return run;
    const waiting = run.ended === null ? { next, journal } : {};
    const later: BegunRun = { ...run, pipeline, position, steps, ...waiting };
    held = await commitRun(services, held, of === undefined ? later : { ...later, redriveOf: of });
  }
  return planned;
}

function isSamePlace(one: BegunRun, other: BegunRun): boolean {
  const idsOf = ({ pipeline }: BegunRun) => pipeline.steps.map(({ objectId }) => objectId).join();
  return one.position.step === other.position.step && idsOf(one) === idsOf(other);
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
