import type { TransportRequest } from '../../shared/anaplan/index.ts';
import type { FrozenStep } from '../../shared/pipeline/frozen-pipeline.ts';
import { type InHand, runIdOfAgent } from './in-hand.ts';
import type { LedgerView } from './ledger-view.ts';

type Asked = Pick<TransportRequest, 'method' | 'url' | 'body' | 'headers'>;

/**
 * Sees to it that no chunk is sent again whose 204 is recorded in the current epoch, or was answered to a turn that came to its
 * end, unless Anaplan has just shown other bytes for it; and that a file of which nobody knows what its announcements did is read
 * back before it is loaded. It only listens: asking the simulator for a file counts there as a use of it.
 */
export class ChunkWatch {
  readonly #ledger: LedgerView;
  readonly #breaks: (promise: string) => void;
  /** what Anaplan last showed of each chunk, since it last took it */
  readonly #shown = new Map<string, Uint8Array>();
  /** whose message was in hand when Anaplan last took each chunk, since the file was last announced */
  readonly #taken = new Map<string, InHand | undefined>();

  /** how often each run has announced each file, refusals apart, since it last started something */
  readonly #announced = new Map<string, Map<string, number>>();

  constructor(ledger: LedgerView, breaks: (promise: string) => void) {
    this.#ledger = ledger;
    this.#breaks = breaks;
  }

  /** To be told of each request before it goes. */
  sent({ method, url, headers, body = new Uint8Array() }: Asked): void {
    const runId = runIdOfAgent(headers['user-agent']) ?? '';
    if (isAnnouncement({ method, url })) {
      this.#forget(url);
      this.#count(runId, url, 1);
    }
    if (method === 'POST' && url.endsWith('/tasks')) this.#started(runId);
    const chunk = method === 'PUT' ? chunkOf(url) : undefined;
    if (chunk === undefined) return;
    const shown = this.#shown.get(url);
    if (shown !== undefined && !Buffer.from(shown).equals(body)) return;
    if (isRecorded(chunk, this.#ledger)) this.#breaks(`chunk ${chunk.index} was sent again after its 204 was recorded`);
    else if (this.#taken.get(url)?.isOver === true)
      this.#breaks(`chunk ${chunk.index} was sent again after the turn had ended that had sent it`);
  }

  /** To be told of each answer that somebody has waited for. */
  answered(
    { method, url, headers }: Asked,
    answer: { status: number; bytes: Uint8Array; sender: InHand | undefined },
  ): void {
    if (isAnnouncement({ method, url }) && isRefusal(answer))
      this.#count(runIdOfAgent(headers['user-agent']) ?? '', url, -1);
    if (chunkOf(url) === undefined) return;
    if (method === 'GET' && answer.status === 200) this.#shown.set(url, answer.bytes);
    if (method !== 'PUT' || answer.status !== 204) return;
    this.#shown.delete(url);
    this.#taken.set(url, answer.sender);
  }

  #count(runId: string, file: string, more: number): void {
    const files = this.#announced.get(runId) ?? new Map<string, number>();
    this.#announced.set(runId, files.set(file, (files.get(file) ?? 0) + more));
  }

  #started(runId: string): void {
    for (const [file, times] of this.#announced.get(runId) ?? []) {
      if (times < 2) continue;
      for (const url of this.#taken.keys())
        if (url.startsWith(`${file}/`) && !this.#shown.has(url))
          this.#breaks(
            `run ${runId} announced a file ${times} times, and did not read chunk ${chunkOf(url)?.index} back`,
          );
    }
    this.#announced.delete(runId);
  }

  #forget(file: string): void {
    for (const url of this.#taken.keys()) if (url.startsWith(`${file}/`)) this.#taken.delete(url);
  }
}

function isAnnouncement({ method, url }: Pick<Asked, 'method' | 'url'>): boolean {
  return method === 'POST' && /\/files\/[^/]+$/.test(url);
}

/** Anaplan itself said that it did nothing; what a gateway says tells nothing. */
function isRefusal({ status, bytes }: { status: number; bytes: Uint8Array }): boolean {
  const isItsOwn = bytes[0] === '{'.charCodeAt(0);
  return isItsOwn && (status === 503 || (status >= 400 && status < 500 && status !== 408));
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
