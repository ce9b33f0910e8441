import { excerpt } from '../diagnosis/words.ts';
import { redactText } from '../observe/redact.ts';
import { isClaimLive } from './admit.ts';
import { commitRun, readRun } from './ledger.ts';
import type { RunMessage } from './message.ts';
import type { RunServices } from './services.ts';
import { note } from './transitions.ts';

/** A ledger is read with every turn, so an error that quotes a whole body is cut. */
const MAX_TEXT = 1000;

/** An unexpected error as a ledger may keep it: one bounded line without secrets. Whatever was thrown. */
export function errorText(error: unknown): string {
  return excerpt(redactText(wordsOf(error)), MAX_TEXT) || 'an error without a message';
}

function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message || error.name) : String(error);
  } catch {
    return 'something was thrown that cannot be shown';
  }
}

/**
 * Best effort: keeps an error that met a message before its turn was held, such as a lane that could not be read, for whoever has to
 * say what went wrong. Nothing is written into a run that somebody works on, has moved, or has ended.
 */
export async function noteCrash(services: RunServices, message: RunMessage, error: unknown): Promise<void> {
  const { clock, engine, log } = services;
  try {
    const held = await readRun(services, message.runId);
    if (held === undefined || held.run.ended !== null || held.run.turn !== message.turn) return;
    if (isClaimLive(held.run, clock.now(), engine)) return;
    const entry = { now: clock.now(), text: errorText(error), category: 'internal' } as const;
    await commitRun(services, held, note(held.run, entry));
  } catch (again) {
    log.warn('The error of a message could not be kept in its ledger.', { runId: message.runId, error: again });
  }
}
