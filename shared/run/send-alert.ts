import { createHash } from 'node:crypto';
import * as z from 'zod';
import { redactText } from '../observe/redact.ts';
import type { Alert } from '../ports/alerts.ts';
import { maySend, nextTryAt, type Trouble, troubleSchema } from './burst.ts';
import type { RunServices } from './services.ts';
import { isoTime } from './transitions.ts';

type Services = Pick<RunServices, 'state' | 'alerts' | 'clock' | 'log'>;

const FOLDER = 'alerts/unsent/';

const unsentSchema = z.object({
  alert: z.custom<Alert>((value) => typeof value === 'object' && value !== null && 'id' in value),
  trouble: troubleSchema,
});
/** An alert that could not be sent. */
export type Unsent = z.infer<typeof unsentSchema>;

/**
 * Sends an alert, or keeps it so that the watch sends it later: what is to be told waits for no dead address, and neither does the
 * work after it. At least once, with its id.
 * @throws what the store threw: then it is neither sent nor kept
 */
export async function sendAlert(services: Services, alert: Alert): Promise<void> {
  try {
    await services.alerts.publish(alert);
  } catch (error) {
    const unsent = { alert, trouble: troubleAfter(null, error, services) };
    await services.state.create(keyOf(alert), JSON.stringify(unsent), { contentType: 'application/json' });
  }
}

/** Tries again to send what was kept and is due, each a little later than the time before. For the watch. */
export async function sendUnsent(services: Services): Promise<{ sent: number; failed: number }> {
  const found = { sent: 0, failed: 0 };
  for await (const { key } of services.state.list(FOLDER)) {
    try {
      if (await sendAgain(services, key)) found.sent++;
    } catch (error) {
      found.failed++;
      services.log.error('The watch failed at an alert that is to be sent, and goes on with the others.', {
        key,
        error,
      });
    }
  }
  return found;
}

async function sendAgain(services: Services, key: string): Promise<boolean> {
  const { state, alerts, clock } = services;
  const object = await state.get(key);
  if (object === undefined) return false;
  const { alert, trouble } = unsentSchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
  if (!maySend({ trouble }, clock.now())) return false;
  try {
    await alerts.publish(alert);
  } catch (error) {
    const unsent = { alert, trouble: troubleAfter(trouble, error, services) };
    // Refused: another watch has just tried.
    await state.replace(key, JSON.stringify(unsent), object.etag, { contentType: 'application/json' });
    return false;
  }
  await state.delete(key);
  return true;
}

/** What is kept of alerts that could not be sent. */
export async function* unsentAlerts({ state }: Pick<Services, 'state'>): AsyncGenerator<Unsent> {
  for await (const { key } of state.list(FOLDER)) {
    const object = await state.get(key);
    if (object !== undefined) yield unsentSchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
  }
}

/** Says that an alert could not be sent, and when it is tried again. */
export function troubleAfter(
  before: Trouble | null,
  error: unknown,
  { clock, log }: Pick<Services, 'clock' | 'log'>,
): Trouble {
  const because = redactText(error instanceof Error ? error.message : String(error));
  const trouble = { times: (before?.times ?? 0) + 1, at: isoTime(clock.now()), because };
  log.error('An alert could not be sent. It is kept, and tried again.', {
    because,
    again: isoTime(nextTryAt(trouble)),
  });
  return trouble;
}

function keyOf({ id }: Alert): string {
  return `${FOLDER}${createHash('sha256').update(id).digest('hex').slice(0, 24)}.json`;
}
