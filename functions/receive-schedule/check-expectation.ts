import type { ExpectBy } from '../../shared/pipeline/expect-by-schema.ts';
import { expectationBefore } from '../../shared/pipeline/expectation.ts';
import type { Alert } from '../../shared/ports/alerts.ts';
import { arrivalOf } from '../../shared/run/arrivals.ts';
import { missingOf } from '../../shared/run/drop-set.ts';
import { listSets } from '../../shared/run/drop-sets.ts';
import { sendAlert } from '../../shared/run/send-alert.ts';
import type { Services } from '../services.ts';

/** S3 tells of an object within seconds, and now and then after a minute or more; who looks earlier would cry wolf. */
const NEWS_SECONDS = 120;

/** A moment by which a file of a pipeline should have come. */
export interface Expectation {
  pipeline: string;
  /** ISO 8601 in UTC */
  scheduledAt: string;
}

/** What the schedule of an expectation sends; also what it sends to itself. */
export function expectationMessage({ pipeline, scheduledAt }: Expectation): string {
  return JSON.stringify({ pipeline, expect: true, scheduledAt });
}

/**
 * Tells a person, once, when no file of a pipeline has come since it was expected the time before. It is no failed run: nothing was
 * there to run. The alert goes out before it is noted, so a death in between sends it twice, with one id.
 */
export async function checkExpectation(expectation: Expectation, services: Services): Promise<void> {
  const { state, queues, clock, log, engine } = services;
  const { pipeline, scheduledAt } = expectation;
  const expectBy = services.pipelines.expectBy(pipeline);
  if (expectBy === undefined) {
    log.info('Nobody expects files of this pipeline any more.', { ...expectation });
    return;
  }
  const until = Date.parse(scheduledAt);
  const wait = (until - clock.now()) / 1000 + NEWS_SECONDS;
  if (engine === undefined && wait > 0)
    return queues.send('schedules', expectationMessage(expectation), { delaySeconds: Math.min(NEWS_SECONDS, wait) });
  const record = `expected/${pipeline}/${scheduledAt}.json`;
  if ((await state.head(record)) !== undefined) return;
  const since = expectationBefore(expectBy, until);
  const arrived = await arrivalOf(services, pipeline, { since, until });
  if (arrived === undefined) {
    await sendAlert(services, await alertFor(expectation, { expectBy, since, state }));
    log.warn('A file that was expected has not come, and somebody was told.', { ...expectation });
  }
  const noted = { ...expectation, since: new Date(since).toISOString(), arrived: arrived?.runId ?? null };
  await state.create(record, `${JSON.stringify(noted, null, 1)}\n`, {
    contentType: 'application/json',
    tags: { ended: 'true' },
  });
}

async function alertFor(
  { pipeline, scheduledAt }: Expectation,
  { expectBy, since, state }: { expectBy: ExpectBy; since: number } & Pick<Services, 'state'>,
): Promise<Alert> {
  const { at, timezone } = expectBy;
  const waiting = await setsWaiting({ state }, pipeline);
  const what = waiting.length === 0 ? 'No file of' : 'No whole set of';
  return {
    id: `expected-${pipeline}-${scheduledAt}`,
    pipeline,
    subject: `Plandrop: nothing has come for ${pipeline.slice(0, 48)} by ${at}`,
    text: [
      `${what} pipeline ${pipeline} has come by ${localTime(Date.parse(scheduledAt), timezone)}, nor since ${localTime(since, timezone)} (${timezone}).`,
      ...waiting,
      '',
      'What to check:',
      '1. Ask whoever sends the file whether it was sent, and under which name and folder: of a file that no pipeline takes an alert of its own tells.',
      '2. See whether it has come since: plandrop runs',
      '',
      'Nothing has failed and nothing is lost: when the file comes, it is loaded like any other.',
      '',
    ].join('\n'),
  };
}

async function setsWaiting(services: Pick<Services, 'state'>, pipeline: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const set of listSets(services, { pipeline, onUnreadable: () => {} })) {
    const missing = missingOf(set);
    if (missing.length > 0) lines.push(`Set ${set.setId} waits for ${missing.join(', ')}.`);
  }
  return lines;
}

/** `Mon 2 Mar 2026, 06:30` */
function localTime(epochMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  return format.format(epochMs);
}
