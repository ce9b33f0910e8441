import { VISIBILITY_SECONDS } from './limits.ts';
import type { Run } from './run.ts';
import { isoTime } from './transitions.ts';

/**
 * The run with its message counted as sent once more, when it is overdue; undefined when it is not. A message may only be late: it
 * is sent again after one visibility timeout, and after that only after twice the wait before, so that a backlog is never multiplied.
 * A run that waits for its lane is overdue when it could have it (the caller knows) and was woken that long ago.
 */
export function decideOverdue(run: Run, now: number): Run | undefined {
  if (run.ended !== null || run.next === null) return undefined;
  const before = run.resent?.turn === run.turn ? run.resent : undefined;
  const wait = VISIBILITY_SECONDS * 1000 * 2 ** (before?.times ?? 0);
  const since = before === undefined ? dueOf(run) : Date.parse(before.at);
  if (now < since + wait) return undefined;
  return { ...run, resent: { turn: run.turn, times: (before?.times ?? 0) + 1, at: isoTime(now) } };
}

function dueOf({ next, claim, createdAt }: Run): number {
  const due = Date.parse(next === null || next.due === 'lane' ? createdAt : next.due);
  return claim === null ? due : Math.max(due, Date.parse(claim.until));
}
