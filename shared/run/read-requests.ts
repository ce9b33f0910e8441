import type { Store } from '../ports/store.ts';
import { type JournaledRequest, type JournalLine, journalLineSchema, requestsPrefix } from './request-journal.ts';

/** What is kept of a run's requests. */
export interface KeptRequests {
  /** in the order in which they were sent */
  requests: JournaledRequest[];
  /** where requests are, or may be, missing: one sentence each */
  gaps: string[];
}

const READ_AT_ONCE = 8;

/** Every request of a run, each once, and what is known to be missing. */
export async function readRequests(state: Store, runId: string): Promise<KeptRequests> {
  const keys: string[] = [];
  for await (const { key } of state.list(requestsPrefix(runId))) keys.push(key);
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
  const { requests, gaps } = arrange(lines);
  if (unreadable > 0) gaps.push(`${unreadable} lines of the journal cannot be read.`);
  return { requests, gaps };
}

function parseLine(text: string): JournalLine | undefined {
  try {
    return journalLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A line may have been kept twice, where the answer to the first writing was lost. Pure. */
export function arrange(lines: readonly JournalLine[]): KeptRequests {
  const requests = new Map<string, JournaledRequest>();
  const attempts = new Map<string, { turn: number; delivery: number; known: Set<number>; total: number | undefined }>();
  for (const line of lines) {
    const { attempt, turn, delivery } = line;
    const of = attempts.get(attempt) ?? { turn, delivery, known: new Set(), total: undefined };
    attempts.set(attempt, of);
    if (line.kind === 'end') of.total = Math.max(of.total ?? 0, line.requests);
    else {
      of.known.add(line.n);
      requests.set(`${attempt} ${line.n}`, line);
    }
  }
  const gaps: string[] = [];
  const firstDeliveries = new Map<number, number>();
  for (const { turn, delivery, known, total } of [...attempts.values()].sort(byTurn)) {
    const named = turn === 0 ? 'The looking up of names' : `Turn ${turn} (delivery ${delivery})`;
    if (total === undefined)
      gaps.push(`${named} was cut short, or is still under way: what it asked last may be missing.`);
    else if (known.size < total)
      gaps.push(`${named} made ${total} requests, of which ${total - known.size} could not be kept.`);
    firstDeliveries.set(turn, Math.min(delivery, firstDeliveries.get(turn) ?? delivery));
  }
  for (const [turn, delivery] of firstDeliveries) {
    if (turn > 0 && delivery > 1)
      gaps.push(
        `Of turn ${turn} delivery ${delivery} is the first that left requests: earlier ones asked nothing, or died.`,
      );
  }
  return { requests: [...requests.values()].sort(bySending), gaps };
}

function byTurn(a: { turn: number; delivery: number }, b: { turn: number; delivery: number }): number {
  return a.turn - b.turn || a.delivery - b.delivery;
}

function bySending(a: JournaledRequest, b: JournaledRequest): number {
  return Date.parse(a.at) - Date.parse(b.at) || a.turn - b.turn || a.n - b.n;
}
