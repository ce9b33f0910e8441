import type { TransportRequest } from '../../shared/anaplan/index.ts';
import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import type { LedgerView } from './ledger-view.ts';

type Asked = Pick<TransportRequest, 'method' | 'url' | 'body'>;

/**
 * Sees to it that no chunk whose 204 is recorded in the current epoch is sent again, unless Anaplan has just shown other bytes
 * for it. It only listens: asking the simulator for a file counts there as a use of it.
 */
export class ChunkWatch {
  readonly #ledger: LedgerView;
  readonly #breaks: (promise: string) => void;
  /** what Anaplan last showed of each chunk, since it last took it */
  readonly #shown = new Map<string, Uint8Array>();

  constructor(ledger: LedgerView, breaks: (promise: string) => void) {
    this.#ledger = ledger;
    this.#breaks = breaks;
  }

  /** To be told of each request before it goes. */
  sent({ method, url, body = new Uint8Array() }: Asked): void {
    const chunk = method === 'PUT' ? chunkOf(url) : undefined;
    if (chunk === undefined) return;
    const shown = this.#shown.get(url);
    const differs = shown !== undefined && !Buffer.from(shown).equals(body);
    if (!differs && isRecorded(chunk, this.#ledger))
      this.#breaks(`chunk ${chunk.index} was sent again after its 204 was recorded`);
  }

  /** To be told of each answer. */
  answered({ method, url }: Asked, status: number, bytes: Uint8Array): void {
    if (chunkOf(url) === undefined) return;
    if (method === 'GET' && status === 200) this.#shown.set(url, bytes);
    if (method === 'PUT' && status === 204) this.#shown.delete(url);
  }
}

type Chunk = { modelId: string; fileId: string; index: number };

function isRecorded({ modelId, fileId, index }: Chunk, ledger: LedgerView): boolean {
  return ledger
    .runs()
    .some(
      ({ ended, pipeline, position, steps }) =>
        ended === null &&
        pipeline?.modelId === modelId &&
        fileUnderWay(pipeline.steps[position.step], position.file) === fileId &&
        steps[position.step]?.epoch?.sent.includes(index),
    );
}

function fileUnderWay(step: FrozenStep | undefined, file = 0): string | undefined {
  return step?.files === undefined ? step?.fileId : step.files[file]?.fileId;
}

function chunkOf(url: string): Chunk | undefined {
  const match = /\/models\/([^/]+)\/files\/([^/]+)\/chunks\/(\d+)$/.exec(url);
  if (match === null) return undefined;
  const [, modelId = '', fileId = '', index = ''] = match;
  return { modelId, fileId, index: Number(index) };
}
