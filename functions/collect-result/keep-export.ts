import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzip as gzipCallback } from 'node:zlib';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { countOf } from '../../shared/diagnosis/words.ts';
import { NotAllowedError, type WriteOptions } from '../../shared/ports/store.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { BegunRun, Download } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { modelOf, stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { exportKey } from './export-key.ts';
import { type ChunkedDownload, keepChunks, MAX_RESTARTS } from './keep-chunks.ts';
import { newAmong } from './other-tasks.ts';

/** Runs on Node's thread pool. */
const gzipped = promisify<Uint8Array, Buffer>(gzipCallback);

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
 * (RFC 1952, 2.2), so a slice can end after any of them. Each task of an export writes that one file: what was brought before another that may
 * be ours had come is of no use any more.
 * @param besides other tasks that may be ours, all of them final; undefined where there can be none
 */
export async function keepExport(
  turn: Turn,
  services: Services,
  anaplan: AnaplanClient,
  besides?: readonly string[],
): Promise<ExportAnswer> {
  const { run } = turn;
  const step = stepOf(run);
  if (step.kind !== 'export') return { kind: 'none' };
  try {
    return await keep(turn, services, anaplan, besides);
  } catch (error) {
    if (!(error instanceof NotAllowedError)) throw error;
    return { kind: 'given-up', diagnosis: notWritable(run, services.state.bucket) };
  }
}

async function keep(
  turn: Turn,
  services: Services,
  anaplan: AnaplanClient,
  besides: readonly string[] | undefined,
): Promise<ExportAnswer> {
  const { run } = turn;
  const chunks = await anaplan.listChunks(modelOf(run), stepOf(run).objectId);
  if (chunks.length === 0) return keepWhole(run, services, anaplan);
  const answer = await keepChunks(downloadOf(turn, services, anaplan, { chunks, besides }), turn, services);
  switch (answer.kind) {
    case 'kept':
      return { kind: 'kept', address: services.state.address(answer.object.key) };
    case 'paused':
      return answer;
    case 'given-up':
      return { kind: 'given-up', diagnosis: restless(run, answer.because) };
    default:
      return answer satisfies never;
  }
}

function downloadOf(
  turn: Turn,
  { partBytes }: Services,
  anaplan: AnaplanClient,
  { chunks, besides }: { chunks: readonly string[]; besides: readonly string[] | undefined },
): ChunkedDownload {
  const { run } = turn;
  const { objectId, gzip = false } = stepOf(run);
  const { download } = currentStep(run);
  const known = besides === undefined ? {} : { besides: [...besides] };
  return {
    called: 'the file',
    ...spoiltBy(download, besides),
    key: placeOf(run),
    chunks,
    fetch: async (chunkId) => {
      const bytes = await anaplan.getChunk(modelOf(run), objectId, chunkId);
      return gzip ? gzipped(bytes) : bytes;
    },
    before: download,
    options: {
      restKey: `parts/${run.runId}/${run.position.step + 1}`,
      ...contentTypeOf(gzip),
      ...(partBytes === undefined ? {} : { partBytes }),
    },
    onKept: (kept) => turn.remember({ kind: 'export-kept', download: { ...kept, ...known } }),
    onRestarted: (begun, because) => turn.remember({ kind: 'export-restarted', download: begun, because }),
  };
}

function spoiltBy(
  download: Download | undefined,
  besides: readonly string[] | undefined,
): Pick<ChunkedDownload, 'spoilt'> {
  if (download?.besides === undefined || besides === undefined) return {};
  const come = newAmong(besides, download.besides);
  return come.length === 0
    ? {}
    : { spoilt: `another task of it, which may be its own, has written the file since (${come.join(', ')})` };
}

/** What has begun goes on where it began. */
function placeOf(run: BegunRun): string {
  return currentStep(run).download?.key ?? exportKey(run);
}

/**
 * The place of an export is the user's choice, and on AWS the functions may write only to those of the deployed definition. A run keeps
 * the one that it began with. Tried again, because rights take a while to hold everywhere.
 */
function notWritable(run: BegunRun, bucket: string): Diagnosis {
  const { name, objectId } = stepOf(run);
  const key = placeOf(run);
  return {
    category: 'configuration',
    cause: 'The export ran, and the functions may not write its file where it is to go.',
    message: `The file of export "${name}" could not be stored: ${bucket} answered 403, access denied, for ${key}.`,
    whatToCheck: [
      'See whether `to` of this export was changed, and deployed, since the run began: a run keeps the definition that it began with, and the functions may write only where the deployed one says.',
      'If it was not, see whether the policy of the bucket, or of the organisation, denies s3:PutObject there, or whether the functions may not use the key that encrypts the bucket.',
      'Then redrive the run: the redrive follows the definition of today. The export itself has run, and changed nothing in Anaplan.',
    ],
    retry: { kind: 'after', budget: 'attempts' },
    references: { objectId, bucket, key },
  };
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
