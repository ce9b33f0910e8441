import type { Category } from '../../shared/diagnosis/diagnosis.ts';
import type { Run } from '../../shared/run/run.ts';
import { OURS } from './tenant.ts';
import type { SeenStart } from './watcher.ts';
import type { World } from './world.ts';

/** Nothing in these worlds is missing, forbidden or wrongly configured. */
const NEVER: readonly string[] = [
  'not-found',
  'bad-request',
  'permission',
  'access-restriction',
  'configuration',
  'source-file',
  'mapping',
  'row-count',
] satisfies Category[];

/** What is wrong with one run. */
export function runViolations(world: World, run: Run): string[] {
  const { ended } = run;
  if (ended === null) {
    if (run.next?.due === 'lane' && run.pipeline !== null && isHeld(world, run.pipeline.modelId)) return [];
    return [`it has no outcome, and stands at ${run.position.stage} of step ${run.position.step}`];
  }
  const found: string[] = [];
  if (ended.todo.length > 0) found.push(`it ended ${ended.outcome} and has still to do: ${ended.todo.join(', ')}`);
  const { category = '' } = ended.failure ?? {};
  // Where everything is there and allowed, no other answer than that can have been given but by mistake.
  if (ended.outcome === 'failed' && NEVER.includes(category) && run.redriveOf === undefined)
    found.push(`it failed by ${category}: ${ended.failure?.message}`);
  // Who knows that nothing was sent starts it: only the dead, and those who were too slow, do not know.
  if (
    ended.outcome === 'unknown' &&
    category === 'ambiguous-start' &&
    world.lanes.startsSent(run.runId) === 0 &&
    !world.wasTroubledBy(DEATH_OR_SLEEP)
  )
    found.push('it ended unknown, and no start of it was ever sent');
  const tries = run.buried?.times ?? 0;
  if (ended.failure?.message.includes('failed every time') && tries < TRIES_OF_THE_BURIED)
    found.push(`it was given up after ${tries} of ${TRIES_OF_THE_BURIED} tries`);
  found.push(...impatience(world, run));
  const begunWith = run.redriveOf?.step ?? 0;
  for (const [index] of (run.pipeline?.steps ?? []).entries())
    if (index >= begunWith) found.push(...stepViolations(world, run, index));
  if (
    ended.outcome === 'succeeded' &&
    !run.steps.every(({ result }) => result?.outcome === 'succeeded') &&
    !run.redriveOf
  )
    found.push('it succeeded, and a step of it did not');
  if (ended.todo.length === 0 && ended.failure !== undefined && ended.outcome !== 'cancelled')
    found.push(...reportViolations(world, run));
  return found;
}

function stepViolations(world: World, run: Run, index: number): string[] {
  const step = run.pipeline?.steps[index];
  const claimed = run.steps[index];
  if (step === undefined || claimed === undefined || run.ended === null) return [];
  const found: string[] = [];
  const { outcome, failure } = run.ended;
  const ordinal = `step ${index + 1}`;
  const starts = world.watcher.startsOf(run.runId).filter(({ action }) => action === step.name);
  if (starts.length > 1 && !step.repeatable) found.push(`${ordinal} was started ${starts.length} times`);
  const judged = claimed.result?.outcome;
  if (judged === 'succeeded' || judged === 'succeeded-with-rejects') {
    if (starts.length === 0) found.push(`${ordinal} ${judged} and was never started`);
    if (!starts.some(({ task }) => task.final === 'COMPLETE'))
      found.push(`${ordinal} ${judged}, and no task of it is complete`);
    if (judged === 'succeeded' && starts.some(({ task }) => task.parts.some((part) => part.outcome?.dump)))
      found.push(`${ordinal} succeeded, and rows of it were rejected`);
    if (step.kind === 'export' && !isKept(world, claimed.result?.export))
      found.push(`${ordinal} ${judged}, and what it exported is not in the store`);
  }
  const ran = starts.some(
    ({ task }) => task.final === 'COMPLETE' && task.parts.every((part) => part.outcome?.successful),
  );
  const { intendedAt = '' } = claimed.start ?? {};
  const missed = starts.find(({ at }) => at < Date.parse(intendedAt) + GRACE_MS);
  // A model that was unloaded has forgotten its tasks, a refused sign-in leaves nobody to ask, and what kept failing did not ask.
  const couldAsk = !['authentication', 'internal'].includes(failure?.category ?? '');
  if (outcome === 'unknown' && claimed.task === null && couldAsk && missed !== undefined && remembers(world, missed))
    found.push(`${ordinal} ended unknown, and its task was there before the grace time was over`);
  // A person who says that a step may be repeated is told where an unanswered start of it may have run.
  const isSaid = step.repeatable && failure?.message.includes('may have run all the same') === true;
  // An export whose file was not brought has failed. Who stores it and then dies, or is not told so, does not know it.
  const isInStore = world.state.keys('exports/').some((key) => key.startsWith(`exports/${run.runId}.csv`));
  const isNotBrought = !isInStore || world.wasTroubledBy(DEATH_OR_SLEEP) || world.wasTroubledBy(LOST_ANSWER);
  const isFailedExport = step.kind === 'export' && outcome === 'failed' && isNotBrought;
  if (index === run.position.step && ran && !isSaid && !isFailedExport && ['failed', 'cancelled'].includes(outcome))
    found.push(`it ended ${outcome} at ${ordinal}, and its task was successful`);
  return found;
}

/**
 * What heals is tried again until its budget is spent. Not each try is a request that fails: a turn that is slow has no time left to send
 * one, and a sign-in that another run asked for fails for both.
 */
function impatience(world: World, { runId, ended }: Run): string[] {
  const { message = '' } = ended?.failure ?? {};
  const [, what] = /Given up after \d+ (attempt|failed poll|look)/.exec(message) ?? [];
  const needed = what === 'attempt' ? FEWEST_ATTEMPTS : FEWEST_POLLS;
  const failed = world.requests.failedOf(runId);
  if (what === undefined || failed >= needed || world.garbles) return [];
  return [`it was given up after ${failed} requests that failed, and not after ${needed} at least: ${message}`];
}

/** Of 8 attempts (5 after a conflict) and of 30 polls, as pipelines here have them. */
const FEWEST_ATTEMPTS = 3;
const FEWEST_POLLS = 15;

const LOST_ANSWER = /answer lost|repetition refused|only conflicts/;
const DEATH_OR_SLEEP = /\bdies\b|fail for a while|time passes|is slow/;
/** How often a message that was buried is tried again. */
const TRIES_OF_THE_BURIED = 2;

/** The default `startGrace`, less what two clocks may be apart. */
const GRACE_MS = 100_000;

function remembers(world: World, { modelId, taskId, action, runId }: SeenStart): boolean {
  const others = world.watcher.starts.filter((other) => other.modelId === modelId && other.action === action);
  const { tasks } = world.simulator.tenant.model(modelId).queue;
  // With several new tasks nobody can tell which is ours, or which of ours is meant.
  const isAlone = others.every(
    ({ by, ...other }) => by === OURS.email && (other.runId !== runId || other.taskId === taskId),
  );
  return isAlone && tasks.some((task) => task.taskId === taskId);
}

function isKept(world: World, address: string | undefined): boolean {
  const key = address?.split(`memory://${world.state.bucket}/`)[1];
  return key !== undefined && (world.state.text(key) ?? '') !== '';
}

function reportViolations(world: World, { runId, ended, steps }: Run): string[] {
  const allowed = ended?.outcome === 'succeeded-with-rejects' && !steps.some(({ result }) => result?.beyondAllowance);
  if (allowed) return [];
  const found: string[] = [];
  if (world.state.text(`failures/${runId}.json`) === undefined) found.push('it has no failure report');
  if (!isTold(world, runId)) found.push('nobody was alerted');
  if (!world.queues.peek('failures').some(({ body }) => body.includes(`"${runId}"`)))
    found.push('it is not in the feed');
  return found;
}

/** By an alert of its own or a summary; without a watch, which sends summaries, it is enough that one would find it. */
function isTold(world: World, runId: string): boolean {
  if (world.alerts.published.some(({ id, runs = [] }) => id === runId || runs.includes(runId))) return true;
  if (world.options.watchSeconds !== undefined) return false;
  const open = world.state.keys('alerts/open/');
  const bursts = open.map((key) => `alerts/bursts/${key.slice('alerts/open/'.length).split('-')[0]}.json`);
  return bursts.some((key) => world.state.text(key)?.includes(`"${runId}"`));
}

function isHeld(world: World, modelId: string): boolean {
  const holder = world.state.text(`lanes/${modelId}/holder`);
  return holder !== undefined && JSON.parse(holder).hold !== null;
}
