import type { Task } from '../anaplan/types.ts';
import { commitRun, type Held } from './ledger.ts';
import type { BegunRun, DumpProgress, Run, Settled, StepResult } from './run.ts';
import type { RunServices } from './services.ts';
import { currentStep, isoTime, withStep } from './transitions.ts';

/** What Anaplan tells, after the end of a run, of what nobody knew then. */
export type Sight =
  /** the model's status names this task as ours; it runs */
  | { kind: 'named'; taskId: string }
  | (Pick<Settled, 'as' | 'evidence'> & {
      kind: 'settled';
      /** the run with its final task, and the result of its step where that could be read; absent: the model has answered a file call */
      found?: { run: BegunRun; result: StepResult | undefined };
    });

/** The run as if its last poll had seen the task; an adopted task is kept as what it is. */
export function withTask(run: BegunRun, of: { taskId: string; adopted: boolean; seen: Task }): BegunRun {
  const { task, start } = currentStep(run);
  const { taskId, adopted, seen } = of;
  const known = task?.taskId === taskId ? task : newTask(taskId, start?.intendedAt ?? run.createdAt, adopted);
  return withStep(run, { task: { ...known, seen } });
}

function newTask(
  taskId: string,
  startedAt: string,
  adopted: boolean,
): NonNullable<ReturnType<typeof currentStep>['task']> {
  return { taskId, adopted, startedAt, polls: 0, failedPolls: 0, lastPolledAt: null, seen: null };
}

/**
 * What follows from a final task for its run, or undefined when nothing does because it may be somebody else's. Pure.
 * @param result how the step was judged; undefined where the task wrote something that nobody has fetched (an export)
 */
export function sightOf(found: BegunRun, result: StepResult | undefined): Sight | undefined {
  const { task } = currentStep(found);
  if (task?.seen == null || result?.outcome === 'unknown') return undefined;
  const whose = task.adopted
    ? task.named
      ? 'the model’s status named it ours'
      : 'its total of rows is that of the file'
    : 'it was started by this run';
  const what = `task ${task.taskId} is ${task.seen.taskState} (${whose})`;
  const went =
    result?.outcome === 'succeeded' || (result?.outcome === 'succeeded-with-rejects' && !result.beyondAllowance);
  const how =
    result === undefined
      ? 'what it wrote was not fetched.'
      : went
        ? 'it did what it should.'
        : (result.diagnosis?.message ?? `it ${result.outcome}.`);
  return {
    kind: 'settled',
    as: went ? 'succeeded' : 'failed',
    evidence: `${what}: ${how}`,
    found: { run: found, result },
  };
}

/** The ledger entry with what was seen: the task, and the result of the step, so that a redrive knows what is finished. */
export function withSight(run: Run, { found }: Extract<Sight, { kind: 'settled' }>): Run {
  if (found === undefined) return { ...run, steps: run.steps.map((step) => ({ ...step, fileCallUnanswered: false })) };
  const { task } = currentStep(found.run);
  const { start, result } = currentStep(run);
  return withStep(run, {
    task,
    start: start === null ? null : { ...start, open: false },
    result: found.result ?? result,
  });
}

/** Stores that a task is ours, which only its running shows: later nobody could say. */
export async function learnNamed(services: RunServices, held: Held, taskId: string): Promise<void> {
  for (let current = held; current.run.settled === undefined; ) {
    const { run } = current;
    const task = { ...newTask(taskId, isoTime(services.clock.now()), true), named: true };
    const committed = await commitRun(services, current, withStep(run, { task }));
    if (committed.committed) return;
    current = committed;
  }
}

/** Stores how far the dumps are that one look cannot bring to the store: the next goes on there. */
export async function learnDumps(services: RunServices, held: Held, dumps: DumpProgress[]): Promise<void> {
  for (let current = held; current.run.settled === undefined; ) {
    const committed = await commitRun(services, current, withStep(current.run, { dumps }));
    if (committed.committed) return;
    current = committed;
  }
}
