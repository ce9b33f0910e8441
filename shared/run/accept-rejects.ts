import { commitRun, type Held, readRun } from './ledger.ts';
import { redriveIdOf, redriveRun, repairRedrive } from './redrive.ts';
import { hasBegun, type Run, type Settled } from './run.ts';
import type { RunServices } from './services.ts';
import { hasRejectsBeyond, type SettleAnswer, settleOf, settleRun } from './settle.ts';
import { isoTime } from './transitions.ts';

/** `goesOn`: the run that does the steps that are left; absent when there are none, and then the lane is told of. */
export type AcceptAnswer =
  | { ok: true; goesOn: { run: Run; waitsFor?: string } }
  | { ok: true; goesOn?: undefined; lane: Extract<SettleAnswer, { ok: true }>['lane'] }
  | { ok: false; because: string; whatToCheck: readonly string[] };

/** Why nobody can accept the rejected rows of a run; undefined when somebody can. Pure. */
export function whyNotAccepted(run: Run): Extract<AcceptAnswer, { ok: false }> | undefined {
  const { runId, ended, settled, redrivenAs } = run;
  const refused = (because: string, ...whatToCheck: string[]) => ({ ok: false as const, because, whatToCheck });
  if (ended === null) return refused(`Run ${runId} has not ended yet.`);
  if (ended.outcome !== 'succeeded-with-rejects')
    return refused(`Run ${runId} ended ${ended.outcome}, and only rejected rows can be accepted.`);
  if (!hasRejectsBeyond(run))
    return refused(
      `The rejected rows of run ${runId} are within the allowance of its pipeline; nothing waits for a word.`,
    );
  if (settled === undefined && redrivenAs !== undefined)
    return refused(
      `Run ${runId} was redriven as ${redrivenAs}.`,
      `See what became of that: plandrop runs show ${redrivenAs}`,
    );
  return undefined;
}

/**
 * A person says that the rejected rows of a run may be left out: the step counts as succeeded, and the steps after it are run, by a new run
 * that follows the definition which the old one had and takes the lane over from it. Without such steps the lane is freed. Repeated
 * after a death in between, it goes on where it was.
 */
export async function acceptRejects(
  services: RunServices,
  held: Held,
  { by, because }: { by: string; because: string },
): Promise<AcceptAnswer> {
  const refusal = whyNotAccepted(held.run);
  if (refusal !== undefined) return refusal;
  const word = { as: 'succeeded', by, evidence: because } as const;
  const { settled, position, steps } = held.run;
  const isLast = position.step + 1 >= steps.length;
  if (isLast && settled === undefined) {
    const answer = await settleRun(services, held, word);
    return answer.ok ? { ok: true, lane: answer.lane } : { ...answer, whatToCheck: [] };
  }
  if (isLast) return alreadyAccepted(held.run);
  const accepted = settled === undefined ? await note(services, held, word) : held;
  return 'ok' in accepted ? accepted : goOn(services, accepted);
}

/** The word in the ledger; the lane stays with the run, for the one that goes on to take it over. */
async function note(
  services: RunServices,
  held: Held,
  word: Omit<Settled, 'at'>,
): Promise<Held | Extract<AcceptAnswer, { ok: false }>> {
  for (let current = held; ; ) {
    const decision = settleOf(current.run, { ...word, at: isoTime(services.clock.now()) });
    if (!decision.ok) return { ...decision, whatToCheck: [] };
    const committed = await commitRun(services, current, { ...decision.run, ended: current.run.ended });
    if (committed.committed) return committed;
    current = committed;
  }
}

function alreadyAccepted({ runId, settled }: Run): AcceptAnswer {
  const because = `The rejected rows of run ${runId} were accepted already by ${settled?.by} at ${settled?.at}: ${settled?.evidence}`;
  return { ok: false, because, whatToCheck: [] };
}

async function goOn(services: RunServices, held: Held): Promise<AcceptAnswer> {
  const { run } = held;
  if (!hasBegun(run)) throw new Error(`run ${run.runId} has rejected rows and no pipeline`);
  const before = await readRun(services, redriveIdOf(run.runId));
  const answer =
    before === undefined
      ? await redriveRun(services, held, run.pipeline)
      : await repairRedrive(services, held, { run: before.run, created: false });
  if (!answer.ok) return answer;
  const { run: next, waitsFor } = answer;
  return { ok: true, goesOn: { run: next, ...(waitsFor === undefined ? {} : { waitsFor }) } };
}
