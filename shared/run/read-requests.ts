import { countOf } from '../diagnosis/words.ts';
import type { Store } from '../ports/store.ts';
import { type JournaledRequest, type JournalLine, journalLineSchema, requestsPrefix } from './request-journal.ts';
import type { Run } from './run.ts';

/** What is kept of a run's requests. */
export interface KeptRequests {
  /** in the order in which they were sent */
  requests: JournaledRequest[];
  /** where requests are, or may be, missing: one sentence each */
  gaps: string[];
}

/** What the ledger tells of how much was asked. */
type Asking = Pick<Run, 'asked' | 'turn' | 'ended'>;

const READ_AT_ONCE = 8;

/** Every request of a run, each once, and what is known to be missing. */
export async function readRequests(state: Store, run: Asking & Pick<Run, 'runId'>): Promise<KeptRequests> {
  const keys: string[] = [];
  for await (const { key } of state.list(requestsPrefix(run.runId))) keys.push(key);
  const lines: JournalLine[] = [];
  let unreadable = 0;
  for (let i = 0; i < keys.length; i += READ_AT_ONCE) {
    const objects = await Promise.all(keys.slice(i, i + READ_AT_ONCE).map((key) => state.get(key)));
    for (const object of objects) {
      for (const text of new TextDecoder().decode(object?.body).split('\n')) {
        if (text === '') continue;
        const line = parseLine(text);
        if (line === undefined) unreadable++;
        else lines.push(line);
      }
    }
  }
  const gaps = gapsOf(lines, run);
  if (unreadable > 0) gaps.push(`${countOf(unreadable, 'line')} of the journal cannot be read.`);
  return { requests: inOrder(lines), gaps };
}

function parseLine(text: string): JournalLine | undefined {
  try {
    return journalLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A line may have been kept twice, where the answer to the first writing was lost. Pure. */
export function inOrder(lines: readonly JournalLine[]): JournaledRequest[] {
  const requests = new Map<string, JournaledRequest>();
  for (const line of lines) if (line.kind === 'request') requests.set(`${line.attempt} ${line.n}`, line);
  return [...requests.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.turn - b.turn || a.n - b.n);
}

/**
 * What is missing: an attempt without its last line, one with fewer lines than it counted, a delivery that left none before another did,
 * and fewer lines than the ledger counts. Pure.
 */
export function gapsOf(lines: readonly JournalLine[], { asked = 0, turn: lastTurn, ended }: Asking): string[] {
  const attempts = new Map<string, { turn: number; delivery: number; known: Set<number>; total: number | undefined }>();
  for (const line of lines) {
    const { attempt, turn, delivery } = line;
    const of = attempts.get(attempt) ?? { turn, delivery, known: new Set(), total: undefined };
    attempts.set(attempt, of);
    if (line.kind === 'end') of.total = Math.max(of.total ?? 0, line.requests);
    else of.known.add(line.n);
  }
  if (lines.length === 0 && asked === 0) return ['No request is kept: as far as is known, the run asked nothing.'];
  const gaps: string[] = [];
  const deliveries = new Map<number, Set<number>>();
  let kept = 0;
  for (const { turn, delivery, known, total } of attempts.values()) {
    const named = nameOf(turn, delivery);
    if (total === undefined)
      gaps.push(`${named} was cut short, or is still under way: what it asked last may be missing.`);
    else if (known.size < total)
      gaps.push(`${named} made ${countOf(total, 'request')}, of which ${total - known.size} could not be kept.`);
    // The ledger counts what turns asked: not what was asked before the first, nor by looks at a run that has ended.
    if (turn === 0 || (ended !== null && turn >= lastTurn)) continue;
    kept += known.size;
    deliveries.set(turn, (deliveries.get(turn) ?? new Set()).add(delivery));
  }
  for (const [turn, left] of deliveries) {
    for (let delivery = 1; delivery < Math.max(...left); delivery++) {
      if (!left.has(delivery))
        gaps.push(`${nameOf(turn, delivery)} left no requests: it asked nothing, or died before it could keep any.`);
    }
  }
  if (kept < asked)
    gaps.push(
      `The run made at least ${countOf(asked, 'request')}, of which ${kept} are kept: others were lost, or have expired.`,
    );
  return gaps;
}

function nameOf(turn: number, delivery: number): string {
  return turn === 0 ? 'The looking up of names' : `Turn ${turn} (delivery ${delivery})`;
}
