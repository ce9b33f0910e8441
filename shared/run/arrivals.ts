import * as z from 'zod';
import { readRun } from './ledger.ts';
import type { Run } from './run.ts';
import type { RunServices } from './services.ts';
import { triggerTime } from './trigger.ts';

const DAY_MS = 86_400_000;
/** Ledgers read at the same time: reading one is waiting for S3, mostly. */
const AT_ONCE = 16;

/**
 * A run that a drop, or a whole set, of the pipeline has started: one that came after `since` and not later than `until` (epoch ms, by
 * the time that the bucket gave it). Asked once a day for a pipeline, so the runs of those days are looked through.
 */
export async function arrivalOf(
  services: Pick<RunServices, 'state'>,
  pipeline: string,
  { since, until }: { since: number; until: number },
): Promise<Run | undefined> {
  const isIt = ({ pipelineName, trigger }: Run): boolean => {
    const at = Date.parse(triggerTime(trigger));
    const isFile = trigger.kind === 'drop' || trigger.kind === 'set';
    return pipelineName === pipeline && isFile && at > since && at <= until;
  };
  for (let day = until; dateOf(day) >= dateOf(since); day -= DAY_MS) {
    for await (const runIds of inBatches(runsOf(services, dateOf(day)))) {
      const runs = await Promise.all(runIds.map((runId) => readable(services, runId)));
      const found = runs.find((run) => run !== undefined && isIt(run));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A ledger that nobody can read says nothing of an arrival, and is reported by whoever needs it. */
async function readable(services: Pick<RunServices, 'state'>, runId: string): Promise<Run | undefined> {
  try {
    return (await readRun(services, runId))?.run;
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function dateOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

async function* runsOf({ state }: Pick<RunServices, 'state'>, date: string): AsyncGenerator<string> {
  for await (const { key } of state.list(`runs/${date}/`)) yield key.slice(key.lastIndexOf('/') + 1, -'.json'.length);
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
