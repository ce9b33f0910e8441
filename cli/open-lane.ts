import type { Services } from '../functions/services.ts';
import type { SqliteQueues } from '../infra/local/sqlite-queue.ts';
import { type Holder, readHolder } from '../shared/run/lane.ts';
import { readRun } from '../shared/run/ledger.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';

const LOOK_MS = 500;

/** A lane that is held would make a call wait for a person, perhaps for days. @throws CommandError naming who holds it */
export async function requireOpenLane(pipeline: string, services: Services): Promise<void> {
  const frozen = await services.pipelines.freeze(pipeline);
  if (!frozen.ok) return;
  const { modelId, modelName } = frozen.pipeline;
  const { hold } = await readHolder(services, modelId);
  if (hold !== null) throw held(modelName, modelId, hold);
}

/**
 * Says behind whom a run waits, until it has its lane; then it never resolves, as the run's end is what is waited for.
 * @throws CommandError when the lane becomes held meanwhile
 */
export async function throughItsLane(
  runId: string,
  services: Pick<Services, 'state' | 'clock'>,
  { stop, say }: { stop: AbortSignal; say: (line: string) => void },
): Promise<never> {
  let told: string | undefined;
  while (!stop.aborted) {
    const run = (await readRun(services, runId))?.run;
    if (run !== undefined && (run.ended !== null || run.lane !== null)) break;
    if (run?.pipeline != null) {
      const { modelId, modelName } = run.pipeline;
      const { hold, runId: ahead } = await readHolder(services, modelId);
      if (hold !== null) throw held(modelName, modelId, hold, runId);
      if (ahead !== null && ahead !== runId && ahead !== told) {
        say(`Run ${runId} waits: run ${ahead} has the lane of model "${modelName}".`);
        told = ahead;
      }
    }
    await services.clock.sleep(LOOK_MS, stop);
  }
  return new Promise(() => {});
}

/** The runs that messages in the queues of this machine name. */
export function runsUnderWay(queues: Pick<SqliteQueues, 'peek'>): string[] {
  const stages = ['upload', 'start', 'poll', 'collect'] as const;
  const runIds = stages.flatMap((queue) => queues.peek(queue).map(({ body }) => /"runId":"([^"]+)"/.exec(body)?.[1]));
  return [...new Set(runIds.filter((runId) => runId !== undefined))];
}

function held(modelName: string, modelId: string, hold: NonNullable<Holder['hold']>, waiting?: string): CommandError {
  const next =
    waiting === undefined ? [] : [`Run ${waiting} keeps its place: then it goes on the next time plandrop runs.`];
  return new CommandError(`The lane of model "${modelName}" is held by ${hold.by}: ${hold.reason}.`, {
    category: 'model-state',
    whatToCheck: [
      `See what that run did in Anaplan, then release the lane: plandrop lanes release ${modelId}`,
      ...next,
    ],
    exitCode: EXIT.failed,
  });
}
