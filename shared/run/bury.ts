import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { type Delivery, isClaimLive } from './admit.ts';
import { decide } from './decide.ts';
import { finishEnding } from './ending.ts';
import { sendMessage, sendNext } from './lane.ts';
import { commitRun, type Held, readRun } from './ledger.ts';
import { DELIVERIES, VISIBILITY_SECONDS } from './limits.ts';
import type { RunMessage } from './message.ts';
import { type BegunRun, hasBegun, type Run } from './run.ts';
import type { RunServices } from './services.ts';
import { MessageLeftError } from './take-turn.ts';
import { isoTime, takenOver } from './transitions.ts';

/** How often a turn whose message was buried is tried again before its run ends. */
export const RESURRECTIONS = 2;
/** Longer than most of what makes every delivery fail: a bad deployment rolled back, a throttle lifted. */
const AGAIN_SECONDS = 900;
const MAX_ROUNDS = 10;

/**
 * What becomes of a message whose handler kept failing until SQS gave it up.
 *
 * - `nothing`: its turn is over, or it is a copy of the message that was sent again and lives.
 * - `finish-ending`: the run has ended, with things still to do or only its ticket to be deleted.
 * - `resend-next`: its turn was committed, and what it names may never have been sent.
 * - `leave`: somebody works on the turn.
 * - `try-again`: it is the current turn, and has not been tried often enough.
 * - `give-up`: the run ends here.
 */
export type Burial = 'nothing' | 'finish-ending' | 'resend-next' | 'leave' | 'try-again' | 'give-up';

/** Pure. */
export function decideBurial(run: Run, message: RunMessage, delivery: Pick<Delivery, 'now' | 'engine'>): Burial {
  if (run.ended !== null) return 'finish-ending';
  if (message.turn > run.turn) return 'leave';
  if (message.turn < run.turn) return message.turn === run.turn - 1 ? 'resend-next' : 'nothing';
  if (wasSentBeforeLastTry(run, delivery)) return 'nothing';
  if (isClaimLive(run, delivery.now, delivery.engine)) return 'leave';
  return triesOf(run) < RESURRECTIONS ? 'try-again' : 'give-up';
}

/** @throws whatever kept the message from being dealt with; the poison queue delivers it again */
export async function bury(services: RunServices, message: RunMessage): Promise<void> {
  const about = { runId: message.runId, turn: message.turn };
  const { clock, engine, log } = services;
  for (let held = await readRun(services, message.runId); ; ) {
    if (held === undefined) return log.error('No ledger has the run of a buried message.', about);
    const { run } = held;
    const now = clock.now();
    const what = decideBurial(run, message, { now, ...(engine === undefined ? {} : { engine }) });
    switch (what) {
      case 'nothing':
        return;
      case 'finish-ending':
        return finishEnding(services, held);
      case 'resend-next':
        return sendNext(services, run);
      case 'leave':
        throw new MessageLeftError(`left to reappear: turn ${run.turn} of run ${run.runId} is being worked on`);
      case 'try-again': {
        // Sent before it is counted: dying in between costs one more try, never the run.
        const delaySeconds = engine === undefined ? AGAIN_SECONDS : 0;
        await sendMessage(services, run, delaySeconds);
        // One message has taken the place of another. Left in the poison queue, this one would send a copy with each delivery.
        await countTry(services, held, now).catch((error: unknown) =>
          log.error('A try of a buried message could not be counted, so there may be one more.', { ...about, error }),
        );
        return log.warn('A message whose handler kept failing is tried again.', { ...about, delaySeconds });
      }
      case 'give-up': {
        if (!hasBegun(run)) return;
        const diagnosis = keptFailing(run);
        const context = { now, random: services.random };
        const next = decide(takenOver(run), { kind: 'hindered', diagnosis }, context);
        held = await commitRun(services, held, next);
        break;
      }
      default:
        return what satisfies never;
    }
  }
}

/** Counts one more try of the turn, also when the message that was sent for it is being dealt with already. */
async function countTry(services: RunServices, held: Held, now: number): Promise<void> {
  const { turn } = held.run;
  const times = triesOf(held.run) + 1;
  let current = held;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const answer = await commitRun(services, current, withTries(current.run, times, now));
    if (answer.committed || answer.run.turn !== turn || answer.run.ended !== null) return;
    current = answer;
  }
}

/** The run with `times` tries of its turn counted, the last of them at `now`, unless somebody has counted more or later ones. Pure. */
export function withTries(run: Run, times: number, now: number): Run {
  const at = Math.max(now, lastTryAt(run) ?? now);
  return { ...run, buried: { turn: run.turn, times: Math.max(times, triesOf(run)), at: isoTime(at) } };
}

/** How often the message of the run's turn was buried and sent again. */
function triesOf({ buried, turn }: Run): number {
  return buried?.turn === turn ? buried.times : 0;
}

/** When that was last, in epoch ms; undefined when it never was, or nobody noted it. */
function lastTryAt({ buried, turn }: Run): number | undefined {
  return buried?.turn === turn && buried.at !== undefined ? Date.parse(buried.at) : undefined;
}

/**
 * Whether a buried message of the turn is older than the one that was sent again last: nothing sent since then can have had all its
 * deliveries yet. It is a copy, of the watch or of the queue, and counts for nothing, so that each try has deliveries of its own. To
 * drop it loses nothing: the younger message lives, or was done with. On one machine deliveries fail within seconds, and the watch
 * sends no copy meanwhile.
 */
function wasSentBeforeLastTry(run: Run, { now, engine }: Pick<Delivery, 'now' | 'engine'>): boolean {
  const at = lastTryAt(run);
  return engine === undefined && at !== undefined && now < at + DELIVERIES * VISIBILITY_SECONDS * 1000;
}

function keptFailing(run: BegunRun): Diagnosis {
  const { stage } = run.position;
  return {
    category: 'internal',
    cause: 'Plandrop itself kept failing at this run: a mistake in it, or something around it that did not heal.',
    message: `The ${stage} stage of run ${run.runId} failed every time. ${lastErrorOf(run)}`,
    whatToCheck: [
      `Look at the log of the function for the ${stage} stage, at the times of this run.`,
      'When the cause is mended, redrive the run. If it is a mistake in Plandrop, report it with what `plandrop support <runId>` makes.',
    ],
    retry: { kind: 'no' },
    references: { runId: run.runId, stage },
  };
}

/** With its time: an error of long ago need not be the one that kept it from going on. */
function lastErrorOf({ journal }: BegunRun): string {
  const last = journal.findLast(({ category }) => category === 'internal');
  if (last === undefined)
    return 'No error was recorded: each time the function was stopped before it could, by its time limit or for want of memory.';
  return `The last error, at ${last.at} in the ${last.stage} stage: ${last.text}`;
}
