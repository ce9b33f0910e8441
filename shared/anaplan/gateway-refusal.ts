import type { CallFailure } from './failure.ts';

/** What Anaplan has been seen to refuse with, each time in its own envelope (anaplan-notes: Errors). */
const ENVELOPED: ReadonlySet<number> = new Set([400, 403, 404, 405]);

/**
 * Whether a refusal is that of something in front of Anaplan: a page, or nothing at all, where Anaplan says in its envelope what it
 * refuses. It tells nothing of the model, the task or the file, and time may heal it.
 *
 * Never of a start: what anybody refused has started nothing, and is told. Never of a sign-in: an address that gives a page knows none.
 */
export function isGatewayRefusal(failure: CallFailure): boolean {
  if (failure.kind !== 'http' || failure.call === 'start' || failure.call === 'sign-in') return false;
  return !failure.envelope && ENVELOPED.has(failure.status);
}
