import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { FrozenPipeline } from '../pipeline/frozen-pipeline.ts';
import { finishEnding } from './ending.ts';
import { readHolder, sendNext, ticketKey, writeTicket } from './lane.ts';
import { createRun, type Held, readRun } from './ledger.ts';
import { type BegunRun, hasBegun, hasLeftLane, isDone, type Run, untouchedSteps } from './run.ts';
import type { RunServices } from './services.ts';
import { tooOld } from './too-old.ts';
import { firstStage, isoTime } from './transitions.ts';
import { runIdOf, type Trigger } from './trigger.ts';

export interface Opening {
  pipelineName: string;
  trigger: Trigger;
  /** The definition to follow, or why there is none. */
  pipeline: { ok: true; pipeline: FrozenPipeline } | { ok: false; diagnosis: Diagnosis };
}

/**
 * Opens the run of a trigger: ledger, then ticket, then, when the lane is free, its first message.
 *
 * It may be repeated after a death between any two lines: the trigger names the run, the ledger is created once, and an
 * unfinished run that is found gets its ticket and first message again. A trigger whose pipeline cannot be followed becomes a
 * run that has failed already, so that it is reported like any other failure.
 */
export async function openRun(services: RunServices, opening: Opening): Promise<Held & { created: boolean }> {
  const opened = await createRun(services, newRun(withinRetention(services, opening), services.clock.now()));
  const { run } = opened;
  if (run.ended !== null) {
    await finishEnding(services, opened);
  } else if (hasBegun(run) && run.turn === 1) {
    if (!(await giveTicket(services, run))) return opened;
    if (await mayAsk(services, run)) await sendNext(services, run, services.settleSeconds);
  }
  return opened;
}

/**
 * A trigger that is older than the retention becomes a run that has failed: the ledger that says whether it had its run before may
 * be gone. Where the ledger is there, this changes nothing.
 */
function withinRetention(services: RunServices, opening: Opening): Opening {
  const diagnosis = tooOld(services, opening);
  return diagnosis === undefined ? opening : { ...opening, pipeline: { ok: false, diagnosis } };
}

/**
 * Writes the ticket, unless the run is done: another delivery of the trigger may have seen it through meanwhile. Who finishes a run
 * deletes its ticket after the run is done, so one of the two deletes it.
 */
async function giveTicket(services: RunServices, run: BegunRun): Promise<boolean> {
  await writeTicket(services, run);
  const now = await readRun(services, run.runId);
  if (now === undefined || !isDone(now.run)) return true;
  if (run.ticket !== null) await services.state.delete(run.ticket);
  return false;
}

/** Whether the lane is free or ours. A holder whose run has left is rubbish, which whoever asks for the lane removes. */
async function mayAsk(services: RunServices, run: BegunRun): Promise<boolean> {
  const { runId, hold } = await readHolder(services, run.pipeline.modelId);
  if (hold !== null) return false;
  if (runId === null || runId === run.runId) return true;
  const holding = await readRun(services, runId);
  return holding === undefined || hasLeftLane(holding.run);
}

function newRun({ pipelineName, trigger, pipeline }: Opening, now: number): Run {
  const runId = runIdOf(pipelineName, trigger);
  const blank: Run = {
    v: 1,
    runId,
    pipelineName,
    pipeline: null,
    trigger,
    createdAt: isoTime(now),
    writer: '',
    turn: 1,
    next: null,
    claim: null,
    ticket: null,
    lane: null,
    deadline: null,
    position: { step: 0, stage: 'start' },
    spent: { attempts: 0, conflicts: 0, looks: 0, waitingSince: null },
    steps: [],
    requests: [],
    journal: [],
    journalDropped: 0,
    ended: null,
  };
  if (!pipeline.ok) {
    const whatToCheck = pipeline.diagnosis.whatToCheck.map((check) => check.replaceAll('<runId>', runId));
    const failure = { ...pipeline.diagnosis, whatToCheck };
    return { ...blank, ended: { outcome: 'failed', at: isoTime(now), failure, todo: ['report', 'feed', 'alert'] } };
  }
  const stage = firstStage(pipeline.pipeline, 0);
  return {
    ...blank,
    pipeline: pipeline.pipeline,
    next: { turn: 1, queue: stage, due: 'lane' },
    ticket: ticketKey(pipeline.pipeline.modelId, { trigger, runId }),
    position: { step: 0, stage },
    steps: untouchedSteps(pipeline.pipeline.steps.length),
  };
}
