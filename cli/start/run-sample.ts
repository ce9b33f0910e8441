import { userInfo } from 'node:os';
import { putDrop } from '../../infra/local/put-drop.ts';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { readRun } from '../../shared/run/ledger.ts';
import type { Run } from '../../shared/run/run.ts';
import { runIdOf } from '../../shared/run/trigger.ts';
import { CommandError } from '../command-error.ts';
import type { EmbeddedEngine } from '../embedded-engine.ts';
import type { RunEnds } from '../run-ends.ts';
import type { Sample } from './sample.ts';

/** Does what a sample says. @returns the run that it became, or the one that went on where a person accepted rejected rows */
export async function runSample(
  sample: Sample,
  { embedded, ends, say }: { embedded: EmbeddedEngine; ends: RunEnds; say: (line: string) => void },
): Promise<Run> {
  const run = await await runOnce(sample, embedded, ends);
  if (sample.accept === undefined || run.ended?.outcome !== 'succeeded-with-rejects') return run;
  say(`A person looks at the rejected rows of ${sample.pipeline}, and accepts them: ${sample.accept}.`);
  const held = await readRun(embedded.services, run.runId);
  if (held === undefined) throw new Error(`the ledger of run ${run.runId} is gone`);
  const word = { by: userInfo().username, because: sample.accept };
  const answer = await acceptRejects(embedded.services, held, word);
  if (!answer.ok) throw new CommandError(answer.because);
  return answer.goesOn === undefined ? run : ends.of(answer.goesOn.run.runId);
}

/** Starts the pipeline. @returns the run, once it is done */
async function runOnce({ pipeline, files }: Sample, { folder, services }: EmbeddedEngine, ends: RunEnds): Promise<Run> {
  const dropped = Object.entries(files).map(([key, path]) => ({ key, path }));
  const [only, ...others] = dropped;
  if (only === undefined) {
    const scheduledAt = new Date(services.clock.now()).toISOString();
    await services.queues.send('schedules', JSON.stringify({ pipeline, scheduledAt }));
    return ends.of(runIdOf(pipeline, { kind: 'schedule', scheduledAt }));
  }
  if (others.length > 0) {
    // What several files make has a name only when the last of them has come.
    const done = ends.ofPipeline(pipeline);
    for (const drop of dropped) await putDrop(folder, drop);
    return done;
  }
  const { key, versionId, lastModified, size: bytes } = await putDrop(folder, only);
  const { bucket } = folder.drops;
  return ends.of(runIdOf(pipeline, { kind: 'drop', bucket, key, versionId, lastModified, bytes }));
}
