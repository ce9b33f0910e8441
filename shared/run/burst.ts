import { createHash } from 'node:crypto';
import * as z from 'zod';
import { CATEGORIES, type Category } from '../diagnosis/diagnosis.ts';
import type { FailureReport } from '../diagnosis/failure-report.ts';
import type { Outcome } from './run.ts';
import { OUTCOMES } from './run.ts';
import { isoTime } from './transitions.ts';

/** How long failures that are like one that was told of are only counted. */
export const BURST_SECONDS = 15 * 60;
/** So many, and they are told of at once: what is counted is rewritten with each of them. */
export const MOST_COUNTED = 1000;
const FIRST_WAIT_MS = 5 * 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

const instant = z.iso.datetime();

/** The last tries to send failed. */
export const troubleSchema = z.object({ times: z.int(), at: instant, because: z.string() });
export type Trouble = z.infer<typeof troubleSchema>;

const burstSchema = z.object({
  v: z.literal(1),
  /** Grows by one each time the burst begins anew. */
  window: z.int().positive(),
  openedAt: instant,
  /** From then on the next failure like these is told of at once again. */
  closesAt: instant,
  pipeline: z.string(),
  model: z.string().exactOptional(),
  category: z.enum(CATEGORIES),
  code: z.string().exactOptional(),
  outcome: z.enum(OUTCOMES),
  /** The run whose own alert is sent at once. */
  first: z.object({ runId: z.string(), endedAt: instant, told: z.boolean() }),
  /** The runs that are only counted, until one summary tells of them all. */
  more: z.array(z.object({ runId: z.string(), pipeline: z.string(), what: z.string().exactOptional() })),
  /** The runs of the window before: a repeated message of one of them counts for nothing. */
  before: z.array(z.string()),
  trouble: troubleSchema.nullable(),
  /** Everything of this window is told. */
  closed: z.boolean(),
});

/**
 * Failures that are like each other, and what a person was told of them: the first at once, the others by one summary when the
 * window is over. It is also the record of what is still to be sent, so that a run is done when it is in here.
 */
export type Burst = z.infer<typeof burstSchema>;

export function parseBurst(text: string): Burst {
  return burstSchema.parse(JSON.parse(text));
}

/** What is known of a failure that is to be told. */
export interface ToTell {
  report: FailureReport;
  /** It is told at once and by itself, whatever was told before. */
  urgent: boolean;
  /** whom it would reach */
  route: string;
}

/** Causes in the model or on the way to it: they meet every pipeline of the model alike. */
const OF_THE_MODEL: ReadonlySet<Category> = new Set<Category>([
  'authentication',
  'model-state',
  'rate-limit',
  'service',
  'network',
  'moved',
]);

/** Failures with the same key are like each other, and reach the same people. */
export function likenessOf({ report, urgent, route }: ToTell): string {
  const { pipeline, model, category, code = '', outcome, runId } = report;
  const place =
    model !== undefined && OF_THE_MODEL.has(category) ? ['model', model.id ?? model.name] : ['pipeline', pipeline];
  const likeness = JSON.stringify([...place, category, code, outcome, route, ...(urgent ? [runId] : [])]);
  return createHash('sha256').update(likeness).digest('hex').slice(0, 24);
}

/** - `covered`: the run is in it. - `send`: first something that is due has to be sent. - `write`: the run is put into it. */
export type Telling = { kind: 'covered' } | { kind: 'send' } | { kind: 'write'; burst: Burst };

/** What to do so that a person hears of a failure. Pure. @param windowMs 0: nothing is ever only counted */
export function decideTelling(burst: Burst | undefined, failure: ToTell, now: number, windowMs: number): Telling {
  const { report, urgent } = failure;
  const { runId } = report;
  if (burst === undefined || burst.closed) {
    if (burst !== undefined && [...runsOf(burst), ...burst.before].includes(runId)) return { kind: 'covered' };
    return { kind: 'write', burst: opened(burst, report, now, urgent ? 0 : windowMs) };
  }
  const isKnown = runsOf(burst).includes(runId) || burst.before.includes(runId);
  const isOwed = burst.first.runId === runId ? !burst.first.told : !isKnown && isOver(burst, now);
  if (isOwed && maySend(burst, now)) return { kind: 'send' };
  if (isKnown) return { kind: 'covered' };
  const { drop, pipeline } = report;
  const counted = { runId, pipeline, ...(drop === undefined ? {} : { what: drop.key }) };
  return { kind: 'write', burst: { ...burst, more: [...burst.more, counted] } };
}

function opened(before: Burst | undefined, report: FailureReport, now: number, windowMs: number): Burst {
  const { runId, pipeline, model, category, code, at } = report;
  return {
    v: 1,
    window: (before?.window ?? 0) + 1,
    openedAt: isoTime(now),
    closesAt: isoTime(now + windowMs),
    pipeline,
    ...(model === undefined ? {} : { model: model.name }),
    category,
    ...(code === undefined ? {} : { code }),
    outcome: report.outcome satisfies Outcome,
    first: { runId, endedAt: at, told: false },
    more: [],
    before: before === undefined ? [] : runsOf(before),
    trouble: null,
    closed: false,
  };
}

export function runsOf({ first, more }: Burst): string[] {
  return [first.runId, ...more.map(({ runId }) => runId)];
}

/** Whether a burst stands for a run, and how: its own alert, or the summary. */
export function placeIn(burst: Burst, runId: string): 'first' | 'counted' | undefined {
  if (burst.first.runId === runId) return 'first';
  return runsOf(burst).includes(runId) ? 'counted' : undefined;
}

/** The time of only counting is over, or there are too many to count. */
export function isOver({ closesAt, more }: Burst, now: number): boolean {
  return now >= Date.parse(closesAt) || more.length >= MOST_COUNTED;
}

/** After a failed try it is waited, each time twice as long, so that whatever is dead is not asked for ever and ever. */
export function maySend({ trouble }: Pick<Burst, 'trouble'>, now: number): boolean {
  return trouble === null || now >= nextTryAt(trouble);
}

/** Epoch milliseconds. */
export function nextTryAt({ times, at }: Trouble): number {
  return Date.parse(at) + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (times - 1));
}
