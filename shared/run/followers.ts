import { hasBegun, type Run, type Todo } from './run.ts';
import type { RunServices } from './services.ts';
import { dropsOf } from './trigger.ts';

/** What a run that did all its pipeline says still has to do: others may follow it, and its drops are seen to. */
export function todoOfSuccess({ pipeline, trigger, mended }: Run): Todo[] {
  const followers = pipeline?.followers ?? [];
  return [
    ...(followers.length === 0 ? [] : ['follow' as const]),
    ...(dropsOf(trigger).length === 0 && mended === undefined ? [] : ['keep' as const]),
  ];
}

/** The message by which the run of a pipeline follows another run; the run's id makes copies of it one run. */
export interface AfterMessage {
  pipeline: string;
  after: { pipeline: string; runId: string; endedAt: string };
}

/** Starts the pipelines that follow this one: one message for each, to the queue that schedules go to. */
export async function startFollowers({ queues }: Pick<RunServices, 'queues'>, run: Run): Promise<void> {
  if (!hasBegun(run) || run.ended === null) return;
  const { runId, pipelineName, ended, settled } = run;
  // A run that a person settled has succeeded when they said so.
  const endedAt = settled?.at ?? ended.at;
  for (const follower of run.pipeline.followers) {
    const message: AfterMessage = { pipeline: follower, after: { pipeline: pipelineName, runId, endedAt } };
    await queues.send('schedules', JSON.stringify(message));
  }
}
