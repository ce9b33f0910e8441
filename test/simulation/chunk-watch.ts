import type { TransportRequest } from '../../shared/anaplan/index.ts';
import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import type { LedgerView } from './ledger-view.ts';

type Asked = Pick<TransportRequest, 'method' | 'url' | 'body'>;

/**
 * Sees to it that no chunk whose 204 is recorded in the current epoch is sent again, unless Anaplan has just shown other bytes
 * for it. It only listens: asking the simulator for a file counts there as a use of it.
 */
export class ChunkWatch {
  readonly violations: string[] = [];
  readonly #ledger: LedgerView;
  /** what Anaplan last showed of each chunk, since it was last sent */
  readonly #shown = new Map<string, Uint8Array>();

  constructor(ledger: LedgerView) {
    this.#ledger = ledger;
  }

  /** To be told of each request before it goes. */
  sent({ method, url, body = new Uint8Array() }: Asked): void {
    const chunk = method === 'PUT' ? chunkOf(url) : undefined;
    if (chunk === undefined) return;
    const shown = this.#shown.get(url);
    this.#shown.delete(url);
    const differs = shown !== undefined && !Buffer.from(shown).equals(body);
    if (!differs && isRecorded(chunk, this.#ledger))
      this.violations.push(`chunk ${chunk.index} was sent again after its 204 was recorded`);
  }

  /** To be told of each answer. */
  answered({ method, url }: Asked, status: number, bytes: Uint8Array): void {
    if (method === 'GET' && status === 200 && chunkOf(url) !== undefined) this.#shown.set(url, bytes);
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
