import { announcedBy } from '../diagnosis/classify-task.ts';
import { isFinalState, type Run } from './run.ts';

/**
 * Whether the task of the step where the run stands has ended and announced a dump that is not in the store, as far as the ledger knows,
 * while no result of the step tells what became of it. Anaplan forgets the dump with the next run of its import. Pure.
 */
export function hasDumpsLeft({ pipeline, position, steps }: Run): boolean {
  const { task, result, dumps = [] } = steps[position.step] ?? {};
  const definition = pipeline?.steps[position.step];
  if (task?.seen == null || result !== null || definition === undefined || !isFinalState(task.seen.taskState))
    return false;
  const whole = dumps.filter(({ taskId, progress }) => taskId === task.taskId && progress.kind === 'whole');
  return announcedBy(task.seen, definition.objectId).some(
    (dump) => !whole.some(({ ordinal }) => ordinal === dump.ordinal),
  );
}
