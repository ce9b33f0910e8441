import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isRunId } from './trigger.ts';

const schema = z.object({
  v: z.literal(1),
  runId: z.string().refine(isRunId),
  turn: z.int().positive(),
  traceparent: z.string(),
});

/** What travels between the stages. Everything else is in the ledger and cannot disagree with it. */
export type RunMessage = z.infer<typeof schema>;

/** @returns undefined when the body is not a run message: it can never become one, so it is not retried. */
export function parseRunMessage(body: string): RunMessage | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

export function runMessage(runId: string, turn: number): RunMessage {
  return { v: 1, runId, turn, traceparent: traceparentOf(runId, turn) };
}

/**
 * One trace for the whole run, one span for each turn, both derived from the run so that a repeated message carries the same.
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header
 */
function traceparentOf(runId: string, turn: number): string {
  const traceId = createHash('sha256').update(runId).digest('hex').slice(0, 32);
  const spanId = createHash('sha256').update(`${runId}#${turn}`).digest('hex').slice(0, 16);
  return `00-${traceId}-${spanId}-01`;
}
