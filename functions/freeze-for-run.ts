import { RequestJournal } from '../shared/run/request-journal.ts';
import { runIdOf, type Trigger } from '../shared/run/trigger.ts';
import type { Pipelines, Services } from './services.ts';

/** Whose run it is, and how often its message was delivered. */
interface Asking {
  trigger: Trigger;
  delivery: number;
  /** a person named the pipeline; a manual trigger says so itself */
  byHand?: boolean;
}

/** The definition that the run of `trigger` starts with; what Anaplan was asked for it is kept among the requests of that run. */
export async function freezeForRun(
  pipelineName: string,
  { trigger, delivery, byHand = trigger.kind === 'manual' }: Asking,
  services: Services,
): ReturnType<Pipelines['freeze']> {
  const runId = runIdOf(pipelineName, trigger);
  const requests = new RequestJournal(services, { runId, turn: 0, delivery });
  try {
    return await services.pipelines.freeze(pipelineName, requests.add, byHand);
  } finally {
    requests.close();
    await requests.flush();
  }
}
