import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzip as gzipCallback } from 'node:zlib';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { countOf } from '../../shared/diagnosis/words.ts';
import { ObjectGoneError, PartsGoneError, type WriteOptions } from '../../shared/ports/store.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { BegunRun, Download } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { modelOf, stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { exportKey } from './export-key.ts';
import { inOrder } from './in-order.ts';
import { PartedObject } from './parted-object.ts';

/** Runs on Node's thread pool. */
const gzipped = promisify<Uint8Array, Buffer>(gzipCallback);

/** Anaplan cuts the file into chunks of about 10 MB, so this is what a download needs of memory (anaplan-notes: Files). */
const CHUNKS_AT_ONCE = 2;
/** How often a download begins anew because what it began with is gone. */
const MAX_RESTARTS = 3;

/**
 * - `kept`: the whole export is in the store.
 * - `paused`: the slice is over, or the download begins anew; what is kept is in the ledger, and the rest follows in a new message.
 * - `given-up`: it cannot be had whole.
 */
export type ExportAnswer =
  | { kind: 'none' }
  | { kind: 'kept'; address: string }
  | { kind: 'paused' }
  | { kind: 'given-up'; diagnosis: Diagnosis };

/**
 * Brings what an export wrote to the store, chunk by chunk, in as many slices as it takes. The file of an export has the export's own id
 * (anaplan-notes: Files). With `gzip` each chunk becomes a member of its own, and members one after the other are one valid file
 * (RFC 1952, 2.2), so a slice can end after any of them.
 */
export async function keepExport(turn: Turn, services: Services, anaplan: AnaplanClient): Promise<ExportAnswer> {
  const { run } = turn;
  const step = stepOf(run);
  if (step.kind !== 'export') return { kind: 'none' };
  const chunks = await anaplan.listChunks(modelOf(run), step.objectId);
  if (chunks.length === 0) return keepWhole(run, services, anaplan);
  const before = currentStep(run).download;
  if (before !== undefined && before.chunkCount !== chunks.length) {
    return anew(turn, services, before, { chunkCount: chunks.length, because: REWRITTEN });
  }
  const download = before ?? begun(exportKey(run), chunks.length);
  try {
    return await keepChunks({ turn, services, anaplan, chunks, download });
  } catch (error) {
    if (!(error instanceof PartsGoneError || error instanceof ObjectGoneError)) throw error;
    return anew(turn, services, download, { chunkCount: chunks.length, because: error.message });
  }
}

interface Keeping {
  turn: Turn;
  services: Services;
  anaplan: AnaplanClient;
  chunks: readonly string[];
  download: Download;
}

async function keepChunks({ turn, services, anaplan, chunks, download }: Keeping): Promise<ExportAnswer> {
  const { run } = turn;
  const { state, clock } = services;
  const { objectId, gzip = false } = stepOf(run);
  const object = await PartedObject.open(state, download, {
    restKey: `parts/${run.runId}/${run.position.step + 1}`,
    ...contentTypeOf(gzip),
    ...(services.exportPartBytes === undefined ? {} : { partBytes: services.exportPartBytes }),
  });
  const fetch = async (index: number) => {
    const bytes = await anaplan.getChunk(modelOf(run), objectId, chunks[index] ?? '');
    return gzip ? gzipped(bytes) : bytes;
  };
  let isFirst = true;
  const goesOn = () => {
    // Each slice brings at least one, so that the download comes to an end.
    const goes = isFirst || clock.now() < turn.sliceEndsAt;
    isFirst = false;
    return goes;
  };
  let kept = download.chunksKept;
  try {
    const missing = chunks.keys().drop(kept);
    for await (const piece of inOrder(missing, fetch, { atOnce: CHUNKS_AT_ONCE, goesOn })) {
      await object.add(piece);
      kept++;
    }
  } catch (error) {
    if (kept > download.chunksKept) turn.remember({ kind: 'export-kept', download: await object.pause() });
    throw error;
  }
  if (kept < chunks.length) {
    turn.remember({ kind: 'export-kept', download: await object.pause() });
    return { kind: 'paused' };
  }
  await object.finish();
  return { kind: 'kept', address: state.address(download.key) };
}

function begun(key: string, chunkCount: number, restarts = 0): Download {
  return { key, chunkCount, chunksKept: 0, write: null, rest: null, restarts };
}

const REWRITTEN = 'the file in Anaplan has another number of chunks now';

/** What was kept is of no use any more. */
async function anew(
  turn: Turn,
  { state, log }: Services,
  { key, restarts, write }: Download,
  { chunkCount, because }: { chunkCount: number; because: string },
): Promise<ExportAnswer> {
  if (write !== null) {
    // Else the store removes it by itself, some days later.
    const { writeId } = write;
    await state.abandonParts({ key, writeId }).catch((error: unknown) => {
      log.warn('The parts of an export that is of no use could not be removed.', { key, error });
    });
  }
  if (restarts >= MAX_RESTARTS) return { kind: 'given-up', diagnosis: restless(turn.run, because) };
  turn.remember({ kind: 'export-restarted', download: begun(key, chunkCount, restarts + 1), because });
  return { kind: 'paused' };
}

function restless(run: BegunRun, because: string): Diagnosis {
  const { name, objectId } = stepOf(run);
  return {
    category: 'conflict',
    cause:
      'The export ran, and its file could not be brought to the store in one piece: something changed it, or what was kept of it, meanwhile.',
    message: `The download of export "${name}" began anew ${countOf(MAX_RESTARTS, 'time')} and did not come to its end: ${because}.`,
    whatToCheck: [
      'See whether somebody runs the same export in Anaplan as the same user, in the history of the model.',
      'Then redrive the run.',
    ],
    retry: { kind: 'no' },
    references: { objectId },
  };
}

/** Where Anaplan lists no chunks there is one answer with everything, and it is small. */
async function keepWhole(run: BegunRun, { state }: Services, anaplan: AnaplanClient): Promise<ExportAnswer> {
  const { objectId, gzip = false } = stepOf(run);
  const key = exportKey(run);
  const bytes = anaplan.downloadFile(modelOf(run), objectId);
  await state.putStream(key, gzip ? packed(bytes) : bytes, contentTypeOf(gzip));
  return { kind: 'kept', address: state.address(key) };
}

async function* packed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip();
  // Whoever reads the packed bytes gets the error of the plain ones.
  pipeline(bytes, gzip).catch(() => {});
  yield* gzip;
}

/** What a plain export is, a table or a workbook, its definition in Anaplan says. */
function contentTypeOf(gzip: boolean): WriteOptions {
  return gzip ? { contentType: 'application/gzip' } : {};
}
