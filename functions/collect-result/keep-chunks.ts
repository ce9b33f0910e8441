import { ObjectGoneError, PartsGoneError, type WrittenObject } from '../../shared/ports/store.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { Download } from '../../shared/run/run.ts';
import type { Services } from '../services.ts';
import { inOrder } from './in-order.ts';
import { PartedObject, type PartedObjectOptions } from './parted-object.ts';

/** Anaplan cuts files and dumps into chunks of about 10 MB, so this is what a download needs of memory (anaplan-notes: Files). */
const CHUNKS_AT_ONCE = 2;
/** How often a download begins anew because what it began with is gone. */
export const MAX_RESTARTS = 3;

/** Something of Anaplan's that comes in chunks, on its way to the store. */
export interface ChunkedDownload {
  key: string;
  /** ids in the order of the content; at least one */
  chunks: readonly string[];
  fetch(chunkId: string): Promise<Uint8Array>;
  /** as the ledger has it; undefined before anything of it was kept */
  before: Download | undefined;
  /** why `before` is of no use any more, where that is known */
  spoilt?: string;
  options: PartedObjectOptions;
  /** More of it is kept: for the ledger. */
  onKept(download: Download): void;
  /** What was kept is of no use any more: for the ledger. */
  onRestarted(download: Download, because: string): void;
  /** what is in chunks at Anaplan, in words */
  called: 'the file' | 'the dump';
}

/**
 * - `kept`: the whole object is in the store.
 * - `paused`: the slice is over, or the download begins anew; what is kept was told, and the rest follows in a new message.
 * - `given-up`: it began anew as often as it may, the last time because of what is said.
 */
export type DownloadAnswer =
  | { kind: 'kept'; object: WrittenObject }
  | { kind: 'paused' }
  | { kind: 'given-up'; because: string };

/**
 * Brings the chunks of a download to the store as one object that nobody sees before it is whole, in as many slices as it takes. What came
 * before a failure is kept, and told, before the failure is thrown.
 */
export async function keepChunks(download: ChunkedDownload, turn: Turn, services: Services): Promise<DownloadAnswer> {
  const { before, chunks, spoilt } = download;
  if (before !== undefined && spoilt !== undefined) return anew(download, before, services, spoilt);
  if (before !== undefined && before.chunkCount !== chunks.length) return anew(download, before, services);
  const begun = before ?? beginning(download);
  try {
    return await keepMissing(download, begun, turn, services);
  } catch (error) {
    if (!(error instanceof PartsGoneError || error instanceof ObjectGoneError)) throw error;
    return anew(download, begun, services, error.message);
  }
}

async function keepMissing(
  { chunks, fetch, options, onKept }: ChunkedDownload,
  begun: Download,
  turn: Turn,
  { state, clock }: Services,
): Promise<DownloadAnswer> {
  const object = await PartedObject.open(state, begun, options);
  let kept = begun.chunksKept;
  let isFirst = true;
  const goesOn = () => {
    // Each slice brings at least one, so that the download comes to an end.
    const goes = isFirst || clock.now() < turn.sliceEndsAt;
    isFirst = false;
    return goes;
  };
  try {
    const missing = chunks.keys().drop(kept);
    const at = (index: number) => fetch(chunks[index] ?? '');
    for await (const piece of inOrder(missing, at, { atOnce: CHUNKS_AT_ONCE, goesOn })) {
      await object.add(piece);
      kept++;
    }
  } catch (error) {
    if (kept > begun.chunksKept) onKept(await object.pause());
    throw error;
  }
  if (kept === chunks.length) return { kind: 'kept', object: await object.finish() };
  onKept(await object.pause());
  return { kind: 'paused' };
}

function beginning({ key, chunks }: ChunkedDownload, restarts = 0): Download {
  return { key, chunkCount: chunks.length, chunksKept: 0, write: null, rest: null, restarts };
}

/** What was kept is of no use any more. */
async function anew(
  download: ChunkedDownload,
  { key, restarts, write }: Download,
  { state, log }: Services,
  because = `${download.called} in Anaplan has another number of chunks now`,
): Promise<DownloadAnswer> {
  if (write !== null) {
    // Else the store removes it by itself, some days later.
    const { writeId } = write;
    await state.abandonParts({ key, writeId }).catch((error: unknown) => {
      log.warn('The parts of a download that is of no use could not be removed.', { key, error });
    });
  }
  if (restarts >= MAX_RESTARTS) return { kind: 'given-up', because };
  download.onRestarted(beginning(download, restarts + 1), because);
  return { kind: 'paused' };
}
