import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import type { Run } from '../../shared/run/run.ts';
import { lostViolations } from './drop-violations.ts';
import { runViolations } from './run-violations.ts';
import { sha256Of } from './watcher.ts';
import type { World } from './world.ts';

/** A file that was dropped. */
export interface Dropped {
  key: string;
  text: string;
}

/**
 * What is wrong in a world in which nothing is left to happen, in plain words; nothing when all is well. It is judged by what
 * Anaplan saw, and by what people and the next run will find; the ledger is only asked what it claims.
 */
export function violationsOf(world: World): string[] {
  const runs = world.runs();
  return [
    ...world.broken,
    ...queueViolations(world),
    ...laneViolations(world),
    ...secretViolations(world),
    ...lostViolations(world),
    ...strangeStarts(world, runs),
    ...runs.flatMap((run) => runViolations(world, run).map((what) => `run of ${keyOf(run)}: ${what}`)),
  ];
}

export function keyOf({ trigger, runId }: Run): string {
  return trigger.kind === 'drop' ? trigger.key : runId;
}

/** Nothing of ours starts that no run asked for, no bytes are loaded that are not its drop's, and none twice. */
function strangeStarts(world: World, runs: readonly Run[]): string[] {
  const found: string[] = [];
  const loaded = new Map<string, number>();
  for (const { runId, action, contents, task } of world.watcher.ours) {
    const run = runs.find((each) => each.runId === runId);
    const step = run?.pipeline?.steps.find(({ name }) => name === action);
    if (run === undefined || step === undefined) {
      found.push(`${action} was started for no run of ours`);
      continue;
    }
    const expected = expectedBytes(world, run, step);
    for (const [name, sha256] of expected) {
      if (sha256 === undefined || contents.get(name) !== sha256)
        found.push(`run of ${keyOf(run)}: ${action} was started on bytes that are not its drop's`);
    }
    const isWhole =
      task.final === 'COMPLETE' && task.parts.every(({ outcome }) => outcome?.successful && !outcome.dump);
    // A mended file is another file.
    if (!isWhole || step.repeatable || expected.size === 0 || run.mended !== undefined) continue;
    const what = `${action} of run ${run.runId.replace(/(\.1)+$/, '')}`;
    loaded.set(what, (loaded.get(what) ?? 0) + 1);
  }
  for (const [what, times] of loaded) if (times > 1) found.push(`${what} was loaded ${times} times`);
  return found;
}

/** What each import of a step has to read, by the names of the imports. */
function expectedBytes(world: World, { trigger, mended }: Run, step: FrozenStep): Map<string, string | undefined> {
  const hashOf = (versionId: string) => world.dropped.find((each) => each.versionId === versionId)?.sha256;
  const isForIt = mended !== undefined && (mended.onlyFileId ?? step.fileId) === step.fileId;
  const instead = isForIt ? mended.drop : mended?.whole;
  if (step.kind === 'import' && instead !== undefined)
    return new Map([[step.name, sha256Of(world.state.text(instead.key) ?? '')]]);
  if (step.kind === 'import' && trigger.kind === 'drop') return new Map([[step.name, hashOf(trigger.versionId)]]);
  if (step.files === undefined || trigger.kind !== 'set') return new Map();
  return new Map(trigger.members.map(({ file, versionId }) => [file, hashOf(versionId)]));
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

function laneViolations(world: World): string[] {
  const found: string[] = [];
  const done = new Set(world.runs().flatMap(({ runId, ended }) => (ended?.todo.length === 0 ? [runId] : [])));
  for (const key of world.state.keys('lanes/')) {
    if (key.includes('/tickets/')) {
      const runId = /Z-(.+)$/.exec(key)?.[1] ?? '';
      if (done.has(runId)) found.push(`run ${runId} is done and its ticket is still there`);
    } else {
      const { runId, hold } = JSON.parse(world.state.text(key) ?? '{}');
      // One that died while it took the lane for a run that is done leaves rubbish, which whoever asks next removes.
      const mayBeRubbish = world.wasTroubledBy(/\bdies\b/);
      if (runId !== null && hold === null && done.has(runId) && !mayBeRubbish)
        found.push(`run ${runId} is done and still has the lane`);
    }
  }
  return found;
}
