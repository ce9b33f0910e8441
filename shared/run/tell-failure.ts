import { alertText } from '../diagnosis/alert-text.ts';
import { burstText } from '../diagnosis/burst-text.ts';
import type { CommandPlace } from '../diagnosis/command-place.ts';
import type { FailureReport } from '../diagnosis/failure-report.ts';
import type { Alert } from '../ports/alerts.ts';
import { ENDED } from '../ports/store.ts';
import { BURST_SECONDS, type Burst, decideTelling, isOver, likenessOf, maySend, parseBurst } from './burst.ts';
import { readRun } from './ledger.ts';
import { VISIBILITY_SECONDS } from './limits.ts';
import { reportOf } from './report-of.ts';
import type { Run } from './run.ts';
import { troubleAfter } from './send-alert.ts';
import type { RunServices } from './services.ts';

const MAX_ROUNDS = 100;

/** A burst as read, with the ETag that a later write names. */
interface HeldBurst {
  burst: Burst;
  etag: string;
}

/**
 * Sees to it that a person hears of a failed run: by an alert of its own at once, or, where one like it was told of just now, by
 * the summary that follows. It may be repeated after a death between any two lines; a run counts once.
 *
 * An alert that cannot be sent is no failure of this: it is kept with the burst, and the watch sends it later. So no run, no
 * message and no lane ever waits for a dead address.
 * @throws what the store threw
 */
export async function tellFailure(services: RunServices, run: Run): Promise<void> {
  const { clock, random, alerts } = services;
  const report = reportOf(run);
  const windowMs = (services.burstSeconds ?? BURST_SECONDS) * 1000;
  // Where it leaves the lane held, other runs stand still until a person acts.
  const urgent = run.ended?.holdLane !== undefined || windowMs === 0;
  const failure = { report, urgent, route: alerts.route?.(report.pipeline) ?? '' };
  const id = likenessOf(failure);
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const held = await readBurst(services, id);
    const telling = decideTelling(held?.burst, failure, clock.now(), windowMs);
    if (telling.kind === 'covered') {
      if (held !== undefined) await mark(services, id, held.burst);
      return;
    }
    const written =
      telling.kind === 'send' && held !== undefined
        ? await send(services, id, held)
        : telling.kind === 'write' && (await write(services, id, telling.burst, held?.etag));
    // Many runs that fail at once write the same object: each in its own time.
    if (!written) await clock.sleep(random() * Math.min(1000, 25 * 2 ** Math.min(round, 10)));
  }
  throw new Error(`the failures like that of run ${run.runId} changed ${MAX_ROUNDS} times while it was added to them`);
}

/**
 * Sends what bursts still owe: summaries whose time has come, and what could not be sent before. For the watch.
 * @returns how many were looked after, and how many could not be
 */
export async function closeBursts(services: RunServices): Promise<{ sent: number; failed: number }> {
  const found = { sent: 0, failed: 0 };
  for await (const { key } of services.state.list(OPEN)) {
    try {
      if (await closeBurst(services, key)) found.sent++;
    } catch (error) {
      found.failed++;
      services.log.error('The watch failed at a burst of failures, and goes on with the others.', { key, error });
    }
  }
  return found;
}

async function closeBurst(services: RunServices, marker: string): Promise<boolean> {
  const { clock, state } = services;
  const [id = '', window] = marker.slice(OPEN.length).split('-');
  const held = await readBurst(services, id);
  if (held === undefined || held.burst.closed || String(held.burst.window) !== window) {
    await state.delete(marker);
    return false;
  }
  const { burst } = held;
  const now = clock.now();
  // Whoever opened it may be sending its first alert just now.
  const isLeft = burst.trouble !== null || now >= Date.parse(burst.openedAt) + VISIBILITY_SECONDS * 1000;
  const isDue = isOver(burst, now) || (!burst.first.told && isLeft);
  if (!isDue || !maySend(burst, now) || !(await send(services, id, held))) return false;
  const after = await readBurst(services, id);
  if (after === undefined || after.burst.closed) await state.delete(marker);
  return true;
}

/** Bursts that still owe something, and what they are. For whoever wants to know whether a failure was told. */
export async function* openBursts(services: Pick<RunServices, 'state'>): AsyncGenerator<Burst> {
  for await (const { key } of services.state.list(OPEN)) {
    const [id = '', window] = key.slice(OPEN.length).split('-');
    const held = await readBurst(services, id);
    if (held !== undefined && !held.burst.closed && String(held.burst.window) === window) yield held.burst;
  }
}

/** Sends what is due of a burst and writes down what came of it. @returns false when it had been changed meanwhile: read it again */
async function send(services: RunServices, id: string, { burst, etag }: HeldBurst): Promise<boolean> {
  const { alerts, clock } = services;
  const first = burst.first.told ? undefined : await firstAlert(services, burst);
  const now = clock.now();
  let next = burst;
  try {
    if (first !== undefined) await alerts.publish(first);
    next = { ...next, first: { ...next.first, told: true } };
    if (isOver(next, now)) {
      if (next.more.length > 0) await alerts.publish(summaryOf(next, services.commandPlace));
      next = { ...next, closed: true };
    }
    next = { ...next, trouble: null };
  } catch (error) {
    next = { ...next, trouble: troubleAfter(burst.trouble, error, services) };
  }
  if (!(await write(services, id, next, etag))) return false;
  if (!next.closed) await mark(services, id, next);
  return true;
}

async function firstAlert(services: RunServices, { first, pipeline, category, outcome }: Burst): Promise<Alert> {
  const run = (await readRun(services, first.runId))?.run;
  if (run !== undefined) return alertOf(reportOf(run), services.commandPlace);
  const subject = `Plandrop: ${pipeline} ${outcome} (${category})`;
  return { id: first.runId, subject, text: `Run ${first.runId} of pipeline ${pipeline} ended ${outcome}.\n`, pipeline };
}

/** The alert of one failed run. */
export function alertOf(report: FailureReport, place?: CommandPlace): Alert {
  const { id, runId, pipeline, model, category, outcome } = report;
  return {
    id,
    ...alertText(report, place),
    pipeline,
    ...(model === undefined ? {} : { model: model.name }),
    run: runId,
    category,
    outcome,
  };
}

/** The count is in the id: a summary that could not be sent may count more when it can. */
function summaryOf({ first, more, pipeline, model, category, code, outcome }: Burst, place?: CommandPlace): Alert {
  if (outcome === 'succeeded') throw new Error(`run ${first.runId} succeeded, so that there is nothing to tell`);
  const about = { pipeline, ...(model === undefined ? {} : { model }), category, outcome };
  const like = {
    firstRunId: first.runId,
    since: first.endedAt,
    ...about,
    ...(code === undefined ? {} : { code }),
    more,
  };
  const id = `${first.runId}-and-${more.length}-more`;
  return { id, ...burstText(like, place), ...about, run: first.runId, runs: more.map(({ runId }) => runId) };
}

const OPEN = 'alerts/open/';

function keyOf(id: string): string {
  return `alerts/bursts/${id}.json`;
}

/** What has a marker is found by the watch. A window has its own, so that nobody deletes that of the next. */
async function mark({ state }: RunServices, id: string, { window, closed }: Burst): Promise<void> {
  if (!closed) await state.create(`${OPEN}${id}-${window}`, '{}');
}

async function readBurst({ state }: Pick<RunServices, 'state'>, id: string): Promise<HeldBurst | undefined> {
  const object = await state.get(keyOf(id));
  return object && { burst: parseBurst(new TextDecoder().decode(object.body)), etag: object.etag };
}

/** @returns whether the write stands. A refused one may be our own lost success; who reads again finds out. */
async function write({ state }: RunServices, id: string, burst: Burst, etag: string | undefined): Promise<boolean> {
  const body = `${JSON.stringify(burst)}\n`;
  const options = { contentType: 'application/json', ...(burst.closed ? { tags: ENDED } : {}) };
  const answer =
    etag === undefined
      ? await state.create(keyOf(id), body, options)
      : await state.replace(keyOf(id), body, etag, options);
  return answer.written;
}
