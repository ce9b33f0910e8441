import type { ExchangeNote } from '../shared/anaplan/exchange.ts';
import type { AnaplanClient } from '../shared/anaplan/index.ts';
import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';
import type { FrozenPipeline } from '../shared/pipeline/frozen-pipeline.ts';
import type { NameDirectory } from '../shared/pipeline/name-directory.ts';
import type { RunServices } from '../shared/run/services.ts';
import type { ConfiguredPipelines } from './configured-pipelines.ts';

/** The pipelines as they are configured now. */
export interface Pipelines extends ConfiguredPipelines {
  /**
   * The definition a new run starts with, or why there is none.
   * @param onExchange is told what Anaplan was asked for it, here or on an earlier call that had nobody to tell
   * @param byHand whether a person asked for this run, and not a drop, a schedule or a run before it; default false
   */
  freeze(
    name: string,
    onExchange?: (exchange: ExchangeNote) => void,
    byHand?: boolean,
  ): Promise<{ ok: true; pipeline: FrozenPipeline } | { ok: false; diagnosis: Diagnosis }>;
  /**
   * The definition with its imports as Anaplan tells them now; undefined when the pipeline, or what it names, is no longer there.
   * Absent where definitions are those of a deployed lock, which a person writes, reviews and deploys.
   * @throws AnaplanCallError
   */
  readAnew?(name: string, anaplan: NameDirectory): Promise<FrozenPipeline | undefined>;
}

/** Everything the functions need from the outside. Built once per process, and passed in. */
export interface Services extends RunServices {
  anaplan: AnaplanClient;
  pipelines: Pipelines;
  /** Whether chunks are compressed on their way to Anaplan. */
  gzip: boolean;
  /** How large the parts are in which exports and dumps go to the store; default 8 MiB, and S3 takes none below 5. */
  partBytes?: number;
}
