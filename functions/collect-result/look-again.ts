import { AnaplanCallError } from '../../shared/anaplan/failure.ts';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import { classifyTask } from '../../shared/diagnosis/classify-task.ts';
import { keepDump } from '../../shared/run/decide-dumps.ts';
import { mayHaveOthers, openCandidates, startCandidates } from '../../shared/run/decide-start.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { holderName, readHolder } from '../../shared/run/lane.ts';
import { type Held, readRun } from '../../shared/run/ledger.ts';
import { REQUESTS_SECONDS, SLICE_SECONDS } from '../../shared/run/limits.ts';
import { RequestJournal } from '../../shared/run/request-journal.ts';
import { type BegunRun, hasBegun, hasOpenTask, isFinalState, isInDoubt } from '../../shared/run/run.ts';
import { sendAlert } from '../../shared/run/send-alert.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { settledAlert } from '../../shared/run/settled-alert.ts';
import { learnDumps, learnNamed, type Sight, sightOf, withSight, withTask } from '../../shared/run/sight.ts';
import { ownUploadsReadBy } from '../../shared/run/step-files.ts';
import { currentStep, forgive, withStep } from '../../shared/run/transitions.ts';
import { actionOf, anaplanFor, modelOf, stepOf } from '../anaplan-turn.ts';
import { waitForModel } from '../model-ready.ts';
import { taskNamedOurs } from '../named-task.ts';
import type { Services } from '../services.ts';
import { type Collected, resultOf } from './result-of.ts';

/**
 * Asks Anaplan once what became of a run that ended without anybody knowing, and settles it when Anaplan can tell. It never says
 * that a run succeeded unless its task is certainly ours, or its total of rows equals the rows sent. Repeating it is harmless.
 */
export async function lookAgain(held: Held, services: Services): Promise<void> {
  const { run } = held;
  if (!hasBegun(run)) return;
  const { position, turn: number, looked } = run;
  const asker = { runId: run.runId, turn: number, stage: 'collect', step: position.step + 1 };
  const requests = new RequestJournal(services, { ...asker, delivery: looked?.times ?? 1 });
  const turn = readOnly(run, services, requests);
  const anaplan = anaplanFor(turn, services);
  try {
    const sight =
      hasOpenTask(run) || run.ended?.outcome === 'unknown'
        ? await see(turn, services, anaplan, held)
        : await knock(run, anaplan);
    if (sight === undefined) return;
    if (sight.kind === 'named') return await learnNamed(services, held, sight.taskId);
    // To look takes a while, and somebody else may have said it meanwhile.
    if ((await readRun(services, run.runId))?.run.settled !== undefined) return;
    // Before it is written: who dies in between tells it twice, and never not at all.
    const { hold } = await readHolder(services, run.pipeline.modelId);
    const others = hold === null || hold.by === holderName(run) ? undefined : hold;
    await sendAlert(services, settledAlert(run, sight, others));
    await settleRun(services, held, { as: sight.as, by: 'watch', evidence: sight.evidence }, (now) =>
      withSight(now, sight),
    );
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
    services.log.info(`Anaplan cannot tell yet what became of a run: ${error.message}`, { runId: run.runId });
  } finally {
    requests.close();
    await requests.flush();
  }
}

/** A run of which it is known that it did not succeed: only a file call of it may still act, until the model answers another. */
async function knock(run: BegunRun, anaplan: AnaplanClient): Promise<Sight | undefined> {
  if ((await waitForModel(anaplan, run)) !== undefined) return undefined;
  const evidence = 'the model has answered a file call, so none of this run is on its way any more.';
  return { kind: 'settled', as: 'failed', evidence };
}

/** @returns undefined when Anaplan cannot tell, or not yet */
async function see(turn: Turn, services: Services, anaplan: AnaplanClient, held: Held): Promise<Sight | undefined> {
  const { run } = turn;
  const { task, start } = currentStep(run);
  const isCertain = task !== null && !isInDoubt(task);
  const tasks = start === null ? [] : await anaplan.listTasks(modelOf(run), actionOf(run));
  const candidates = start === null ? [] : startCandidates(run, tasks);
  if (!isCertain) {
    const named = await taskNamedOurs(anaplan, run, candidates);
    if (named !== undefined) return { kind: 'named', taskId: named };
  }
  const [only, ...others] = candidates;
  const taskId = isCertain ? task.taskId : others.length === 0 ? only : undefined;
  if (taskId === undefined) return undefined;
  // What a task said at its end it says for ever, and a model that was unloaded has forgotten it.
  const isKnown = isCertain && isFinalState(task.seen?.taskState);
  const seen = (isKnown ? task.seen : null) ?? (await anaplan.getTask(modelOf(run), actionOf(run), taskId));
  if (!isFinalState(seen.taskState)) return undefined;
  const found = withTask(run, { taskId, adopted: !isCertain, seen });
  // The lane may be freed by what follows, so nothing else that may be ours may still act.
  if (mayHaveOthers(found) && openCandidates(found, tasks).length > 0) return undefined;
  // Whatever else the task left is not fetched for one that its rows show to be somebody else's.
  if (!isCertain && stepOf(run).files === undefined) {
    const action = { ...actionOf(run), name: stepOf(run).name };
    const { totalRows } = classifyTask(seen, { action, names: {}, model: run.pipeline.modelName });
    if (totalRows === undefined || totalRows !== ownUploadsReadBy(run, run.position.step)[0]?.uploaded.rows)
      return undefined;
  }
  if (stepOf(run).kind === 'export') return sightOf(found, undefined);
  const judging = onDumps(turn, found);
  let collected: Collected | undefined;
  try {
    collected = await resultOf(judging, services, anaplan);
  } finally {
    const { dumps } = currentStep(judging.run);
    if (collected?.kind !== 'judged' && dumps !== undefined && dumps !== currentStep(found).dumps)
      await learnDumps(services, held, dumps);
  }
  return collected.kind === 'judged' ? sightOf(found, collected.result) : undefined;
}

/** The turn as it goes on with the run that was found: what becomes of its dumps is remembered, for the next look. */
function onDumps(turn: Turn, found: BegunRun): Turn {
  let run = found;
  return {
    ...turn,
    get run() {
      return run;
    },
    remember: (event) => {
      if (event.kind === 'dump-progressed' || event.kind === 'dump-restarted') run = keepDump(run, event.dump);
    },
  };
}

/** A turn that commits nothing: the run has ended, and only what is found out about it is written, at once. */
function readOnly(run: BegunRun, { clock }: Services, requests: RequestJournal): Turn {
  const now = clock.now();
  return {
    // What the run had spent when it gave up is forgiven, so that a dump which only cannot be read now is not called lost.
    run: withoutLost(forgive(run)),
    sliceEndsAt: now + SLICE_SECONDS * 1000,
    requestsEndAt: now + REQUESTS_SECONDS * 1000,
    remember: () => {},
    keepRequest: requests.add,
    commit: async () => {
      throw new Error(`run ${run.runId} has ended, so nothing of it is committed`);
    },
  };
}

function withoutLost(run: BegunRun): BegunRun {
  const { dumps } = currentStep(run);
  if (dumps === undefined) return run;
  return withStep(run, { dumps: dumps.filter(({ progress }) => progress.kind !== 'lost') });
}
