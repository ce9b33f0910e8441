import { sendNext } from './lane.ts';
import { commitRun, readRun } from './ledger.ts';
import { hasBegun, type Run } from './run.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

/** What came of asking; `begun`: it has had its lane, so it can only be cancelled. */
export type SkipAnswer = { kind: 'asked' | 'ended' | 'begun'; run: Run } | { kind: 'unknown-run' };

/**
 * Asks that a waiting run end without its turn, and wakes it for that. The request is refused once the lane is granted: the grant
 * and the request are swaps of the same ledger, so one of them comes first. Only the run itself ends; a lane that it took in
 * between, without having said so in its ledger, it leaves at its end. Asking twice is harmless.
 * @param by who asks, for the journal and the outcome
 */
export async function requestSkip(services: RunServices, runId: string, by: string): Promise<SkipAnswer> {
  for (let held = await readRun(services, runId); held !== undefined; ) {
    const { run } = held;
    if (run.ended !== null) return { kind: 'ended', run };
    if (!hasBegun(run) || run.lane !== null) return { kind: 'begun', run };
    if (run.requests.length > 0) {
      await sendNext(services, run);
      return { kind: 'asked', run };
    }
    const request = { kind: 'skip', by, at: isoTime(services.clock.now()) } as const;
    held = await commitRun(services, held, { ...run, requests: [request] });
  }
  return { kind: 'unknown-run' };
}
