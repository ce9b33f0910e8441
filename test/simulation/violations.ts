import type { Run } from '../../shared/run/run.ts';
import { OURS } from './tenant.ts';
import { type SeenStart, sha256Of } from './watcher.ts';
import type { World } from './world.ts';

/** A file that was dropped, whose run is to be judged. */
export interface Dropped {
  key: string;
  text: string;
}

/**
 * What is wrong in a world in which nothing is left to happen, in plain words; nothing when all is well. It is judged by what
 * Anaplan saw, and by what people and the next run will find; the ledger is only asked what it claims.
 */
export function violationsOf(world: World, dropped: readonly Dropped[]): string[] {
  const found = [
    ...world.chunks.violations,
    ...world.lanes.violations,
    ...queueViolations(world),
    ...laneViolations(world),
    ...secretViolations(world),
  ];
  const runs = world.runs();
  const hashes = new Map(dropped.map(({ key, text }) => [key, sha256Of(text)]));
  for (const { key } of dropped) {
    const its = runs.filter(({ trigger }) => trigger.kind === 'drop' && trigger.key === key);
    if (its.length !== 1) found.push(`the drop ${key} has ${its.length} runs`);
  }
  for (const run of runs)
    found.push(...runViolations(world, run, hashes).map((what) => `run of ${keyOf(run)}: ${what}`));
  for (const { action, sha256, kind } of world.watcher.ours) {
    if (kind === 'imports' && ![...hashes.values()].includes(sha256 ?? ''))
      found.push(`${action} was started on bytes that are no drop's`);
  }
  return found;
}

export function keyOf({ trigger, runId }: Run): string {
  return trigger.kind === 'drop' ? trigger.key : runId;
}

function runViolations(world: World, run: Run, hashes: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const { ended } = run;
  if (ended === null) {
    if (run.next?.due === 'lane' && run.pipeline !== null && isHeld(world, run.pipeline.modelId)) return [];
    return [`it has no outcome, and stands at ${run.position.stage} of step ${run.position.step}`];
  }
  if (ended.todo.length > 0) found.push(`it ended ${ended.outcome} and has still to do: ${ended.todo.join(', ')}`);
  for (const [index, step] of (run.pipeline?.steps ?? []).entries()) {
    const claimed = run.steps[index];
    if (claimed === undefined) continue;
    const starts =
      step.kind === 'import'
        ? world.watcher.ours.filter(
            ({ modelId, action, sha256 }) =>
              modelId === run.pipeline?.modelId && action === step.name && sha256 === hashes.get(keyOf(run)),
          )
        : world.watcher.ours.filter(({ taskId }) => taskId === claimed.task?.taskId);
    if (starts.length > 1 && !step.repeatable) found.push(`step ${index + 1} was started ${starts.length} times`);
    const finished = claimed.result?.outcome === 'succeeded' || claimed.result?.outcome === 'succeeded-with-rejects';
    if (finished && starts.length === 0)
      found.push(`step ${index + 1} ${claimed.result?.outcome} and was never started`);
    if (finished && !starts.some(({ task }) => task.final === 'COMPLETE'))
      found.push(`step ${index + 1} ${claimed.result?.outcome}, and no task of it is complete`);
    const ran = starts.some(
      ({ task }) => task.final === 'COMPLETE' && task.parts.every((part) => part.outcome?.successful),
    );
    const { intendedAt = '' } = claimed.start ?? {};
    const missed = starts.find(({ at }) => at < Date.parse(intendedAt) + GRACE_MS);
    // A model that was unloaded has forgotten its tasks, and a refused sign-in leaves nobody to ask.
    const couldAsk = ended.failure?.category !== 'authentication' && missed !== undefined && remembers(world, missed);
    if (couldAsk && claimed.task === null && ended.outcome === 'unknown')
      found.push(`step ${index + 1} ended unknown, and its task was there before the grace time was over`);
    if (index === run.position.step && ran && ['failed', 'cancelled'].includes(ended.outcome))
      found.push(`it ended ${ended.outcome} at step ${index + 1}, and its task was successful`);
  }
  if (ended.outcome === 'succeeded' && !run.steps.every(({ result }) => result?.outcome === 'succeeded'))
    found.push('it succeeded, and a step of it did not');
  if (ended.todo.length === 0 && ended.failure !== undefined && ended.outcome !== 'cancelled')
    found.push(...reportViolations(world, run));
  return found;
}

/** The default `startGrace`. */
const GRACE_MS = 120_000;

function remembers(world: World, { modelId, taskId, action }: SeenStart): boolean {
  const others = world.watcher.starts.filter((other) => other.modelId === modelId && other.action === action);
  const { tasks } = world.simulator.tenant.model(modelId).queue;
  // With several new tasks nobody can tell which is ours.
  return others.every(({ by }) => by === OURS.email) && tasks.some((task) => task.taskId === taskId);
}

function reportViolations(world: World, { runId, ended, steps }: Run): string[] {
  const allowed = ended?.outcome === 'succeeded-with-rejects' && !steps.some(({ result }) => result?.beyondAllowance);
  if (allowed) return [];
  const found: string[] = [];
  if (world.state.text(`failures/${runId}.json`) === undefined) found.push('it has no failure report');
  if (!isTold(world, runId)) found.push('nobody was alerted');
  if (!world.queues.peek('failures').some(({ body }) => body.includes(runId))) found.push('it is not in the feed');
  return found;
}

/** By an alert of its own or a summary; without a watch, which sends summaries, it is enough that one would find it. */
function isTold(world: World, runId: string): boolean {
  if (world.alerts.published.some(({ id, runs = [] }) => id === runId || runs.includes(runId))) return true;
  if (world.options.watchSeconds !== undefined) return false;
  const open = world.state.keys().filter((key) => key.startsWith('alerts/open/'));
  const bursts = open.map((key) => `alerts/bursts/${key.slice('alerts/open/'.length).split('-')[0]}.json`);
  return bursts.some((key) => world.state.text(key)?.includes(`"${runId}"`));
}

function queueViolations(world: World): string[] {
  const queues = ['drops', 'schedules', 'upload', 'start', 'poll', 'collect', 'poison'] as const;
  return queues.flatMap((queue) => {
    const left = world.queues.peek(queue).length;
    return left === 0 ? [] : [`${left} messages are left in ${queue}`];
  });
}

/** No password or token of this world may stand in anything that it wrote, sent or said. */
function secretViolations(world: World): string[] {
  const secrets = world.simulator.secrets();
  const written = [
    ...world.state.keys().map((key) => [key, world.state.text(key) ?? ''] as const),
    ['an alert', JSON.stringify(world.alerts.published)] as const,
    ['the feed', JSON.stringify(world.queues.peek('failures'))] as const,
    ['the log', JSON.stringify(world.log.entries)] as const,
  ];
  return written.flatMap(([where, text]) =>
    secrets.some((secret) => text.includes(secret)) ? [`a secret is written in ${where}`] : [],
  );
}

function isHeld(world: World, modelId: string): boolean {
  const holder = world.state.text(`lanes/${modelId}/holder`);
  return holder !== undefined && JSON.parse(holder).hold !== null;
}

function laneViolations(world: World): string[] {
  const found: string[] = [];
  const done = new Set(world.runs().flatMap(({ runId, ended }) => (ended?.todo.length === 0 ? [runId] : [])));
  for (const key of world.state.keys()) {
    if (key.includes('/tickets/')) {
      const runId = /Z-(.+)$/.exec(key)?.[1] ?? '';
      if (done.has(runId)) found.push(`run ${runId} is done and its ticket is still there`);
    } else if (key.startsWith('lanes/')) {
      const { runId, hold } = JSON.parse(world.state.text(key) ?? '{}');
      if (runId !== null && hold === null && done.has(runId)) found.push(`run ${runId} is done and still has the lane`);
    }
  }
  return found;
}
