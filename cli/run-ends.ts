import { isDone, type Run } from '../shared/run/run.ts';

/** Tells when a run is done: outcome committed, and everything that follows from it carried out. */
export class RunEnds {
  readonly #done = new Map<string, Run>();
  readonly #waiting = new Map<string, (run: Run) => void>();
  readonly #waitingForPipeline = new Map<string, (run: Run) => void>();

  see(run: Run): void {
    if (!isDone(run)) return;
    this.#done.set(run.runId, run);
    this.#waiting.get(run.runId)?.(run);
    this.#waitingForPipeline.get(run.pipelineName)?.(run);
  }

  of(runId: string): Promise<Run> {
    const done = this.#done.get(runId);
    if (done !== undefined) return Promise.resolve(done);
    return new Promise((resolve) => this.#waiting.set(runId, resolve));
  }

  /** The next run of a pipeline that is done from now on, whatever its id. */
  ofPipeline(pipeline: string): Promise<Run> {
    return new Promise((resolve) => this.#waitingForPipeline.set(pipeline, resolve));
  }
}
