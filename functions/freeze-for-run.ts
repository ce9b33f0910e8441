import { RequestJournal } from '../shared/run/request-journal.ts';
import { runIdOf, type Trigger } from '../shared/run/trigger.ts';
import type { Pipelines, Services } from './services.ts';

/** The definition that the run of `trigger` starts with; what Anaplan was asked for it is kept among the requests of that run. */
export async function freezeForRun(
  pipelineName: string,
  trigger: Trigger,
  delivery: number,
  services: Services,
): ReturnType<Pipelines['freeze']> {
  const runId = runIdOf(pipelineName, trigger);
  const requests = new RequestJournal(services, { runId, turn: 0, delivery });
  try {
    return await services.pipelines.freeze(pipelineName, requests.add);
  } finally {
    requests.close();
    await requests.flush();
  }
}
