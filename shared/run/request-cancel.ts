import { sendNext } from './lane.ts';
import { commitRun, readRun } from './ledger.ts';
import type { Run } from './run.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

/**
 * Asks that a run start nothing new, and wakes it. It ends `cancelled` at once where nothing of its step is in Anaplan; else it
 * goes on until its task is final, and ends before the next step. Only the run itself ends.
 * @param by who asks, for the journal and the outcome
 * @returns the run, ended or with the request in it; undefined when there is none
 */
export async function requestCancel(services: RunServices, runId: string, by: string): Promise<Run | undefined> {
  let held = await readRun(services, runId);
  while (held !== undefined && held.run.ended === null && held.run.requests.length === 0) {
    const request = { kind: 'cancel', by, at: isoTime(services.clock.now()) } as const;
    held = await commitRun(services, held, { ...held.run, requests: [request] });
  }
  if (held?.run.ended === null) await sendNext(services, { ...held.run, next: dueNow(services, held.run) });
  return held?.run;
}

/** A run that waits for a time is woken now; admission lets a request pass. */
function dueNow({ clock }: RunServices, { next }: Run): Run['next'] {
  return next === null || next.due === 'lane' ? next : { ...next, due: isoTime(clock.now()) };
}
