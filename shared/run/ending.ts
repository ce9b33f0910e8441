import { failureAttributes } from '../diagnosis/failure-report.ts';
import { ENDED } from '../ports/store.ts';
import { startFollowers } from './followers.ts';
import { keepDrops } from './keep-drops.ts';
import { leaveLane } from './lane.ts';
import { commitRun, type Held } from './ledger.ts';
import { reportOf } from './report-of.ts';
import { hasBegun, type Run, type Todo } from './run.ts';
import type { RunServices } from './services.ts';
import { freeSettled } from './settle.ts';
import { tellFailure } from './tell-failure.ts';

/**
 * Carries out what an ended run still has to do, and ticks it off. Each item is harmless to repeat: whoever dies on the way
 * leaves the rest to the next message of the run. An item that fails does not keep the others from being done, and one that this
 * process has no right to is left to one that has.
 *
 * @throws the first failure, after everything else is done and ticked off, so that the message is delivered again
 */
export async function finishEnding(services: RunServices, held: Held): Promise<void> {
  const failures: unknown[] = [];
  const done = new Set<Todo>();
  const todo = held.run.ended?.todo ?? [];
  const mine = todo.filter((item) => !services.leaves?.includes(item));
  for (const item of mine) {
    try {
      await ACTIONS[item](services, held.run);
      done.add(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (done.size > 0) await tickOff(services, held, done);
  if (failures.length > 0) throw failures[0];
  if (mine.length < todo.length) return;
  // Who comes again to a run that is done may have taken its lane once more before, being slow.
  if (todo.length === 0 && !services.leaves?.includes('lane')) await ACTIONS.lane(services, held.run);
  if (!services.leaves?.includes('lane')) await freeSettled(services, held.run);
  // Last of all, because the ticket is how an open list is found again.
  if (held.run.ticket !== null) await services.state.delete(held.run.ticket);
}

const ACTIONS: Readonly<Record<Todo, (services: RunServices, run: Run) => Promise<void>>> = {
  report: async ({ state }, run) => {
    // Create-once: the record of a failure never changes. That it is there already is as good.
    await state.create(`failures/${run.runId}.json`, `${JSON.stringify(reportOf(run), null, 1)}\n`, {
      contentType: 'application/json',
      tags: ENDED,
    });
  },
  feed: async ({ queues }, run) => {
    const report = reportOf(run);
    await queues.send('failures', JSON.stringify(report), { attributes: failureAttributes(report) });
  },
  alert: tellFailure,
  lane: async (services, run) => {
    if (hasBegun(run)) await leaveLane(services, run, run.ended?.holdLane);
  },
  follow: startFollowers,
  keep: keepDrops,
};

async function tickOff(services: RunServices, held: Held, done: ReadonlySet<Todo>): Promise<void> {
  let current = held;
  for (;;) {
    const { ended } = current.run;
    if (ended === null) return;
    const todo = ended.todo.filter((item) => !done.has(item));
    if (todo.length === ended.todo.length) return;
    const answer = await commitRun(services, current, { ...current.run, ended: { ...ended, todo } });
    if (answer.committed) return;
    current = answer;
  }
}
