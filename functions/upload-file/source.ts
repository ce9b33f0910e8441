import { checkScan } from '../../shared/diagnosis/check-scan.ts';
import { widthOf } from '../../shared/diagnosis/check-source.ts';
import { checkEnds } from '../../shared/diagnosis/check-source-file.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import type { SourceFormat, SourceScanResult } from '../../shared/diagnosis/source-scan.ts';
import { formatOf } from '../../shared/diagnosis/source-text.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { currentFile, dropFor } from '../../shared/run/step-files.ts';
import type { Services } from '../services.ts';
import { SourceRefused, whatReads } from './source-refused.ts';
import { withLockAdvice } from './with-lock-advice.ts';

/** Anaplan advises at most 1,000 chunks of at most 50 MB before compression (anaplan-notes: Uploading). */
const MAX_CHUNKS = 1000;
const MAX_CHUNK_BYTES = 50_000_000;

/** The pinned file of a run and how it is cut into chunks. */
export interface Source {
  fileId: string;
  key: string;
  bytes: number;
  chunkBytes: number;
  /** at least 1: a drop is always sent as an exact count of chunks, however small */
  chunkCount: number;
  format: SourceFormat;
  readChunk(index: number): Promise<Uint8Array>;
  /** Header and tail against the import's own definition, before the first byte is sent. @throws SourceRefused */
  checkBeforeSending(): Promise<void>;
  /** What only the whole file tells, before the import is started. @throws SourceRefused */
  checkAfterReading(scanned: SourceScanResult): void;
}

export async function openSource(run: BegunRun, services: Services): Promise<Source> {
  const { pipeline } = run;
  const file = currentFile(run);
  const drop = file && dropFor(run, file);
  if (file === undefined || drop === undefined) throw SourceRefused.missing(run);
  const { fileId, source: definition } = file;
  const { bucket, key, versionId, bytes } = drop;
  const store = services.source(bucket);
  const { source: policy } = pipeline.policies;
  const chunkBytes = Math.max(pipeline.policies.chunkBytes, Math.ceil(bytes / MAX_CHUNKS));
  if (chunkBytes > MAX_CHUNK_BYTES) throw new SourceRefused(tooLarge(run, key));
  const read = (start: number, end: number) => store.getRange(key, { start, end: Math.min(end, bytes) }, versionId);
  const refuse = (diagnosis: Diagnosis | undefined) => {
    if (diagnosis === undefined) return;
    if (policy === 'strict') {
      const told = services.pipelines.readAnew === undefined ? withLockAdvice(diagnosis) : diagnosis;
      const references = { ...told.references, key };
      throw new SourceRefused({ ...told, references }, { byDefinition: definition !== undefined });
    }
    services.log.warn(diagnosis.message, { runId: run.runId, key, cause: diagnosis.cause });
  };
  return {
    fileId,
    key,
    bytes,
    chunkBytes,
    chunkCount: Math.max(1, Math.ceil(bytes / chunkBytes)),
    format: definition === undefined ? {} : formatOf(definition),
    readChunk: (index) => read(index * chunkBytes, (index + 1) * chunkBytes),
    async checkBeforeSending() {
      if (bytes === 0) throw new SourceRefused(emptyFile(run, key));
      if (policy === 'off' || definition === undefined) return;
      refuse(await checkEnds(read, bytes, definition));
    },
    checkAfterReading(scanned) {
      if (policy !== 'off') refuse(checkScan(scanned, key, definition && widthOf(definition)));
    },
  };
}

function tooLarge(run: BegunRun, key: string): Diagnosis {
  return {
    category: 'source-file',
    cause: 'Anaplan takes at most 1,000 chunks of 50 MB for one file.',
    message: `${key} is larger than 50 GB, so it was not sent to ${whatReads(run)}.`,
    whatToCheck: ['Split the file, for instance by month, and drop the parts one after the other.'],
    retry: { kind: 'no' },
    references: { key },
  };
}

function emptyFile(run: BegunRun, key: string): Diagnosis {
  return {
    category: 'source-file',
    cause: 'The file has no bytes at all: its export was probably cut off before it wrote anything.',
    message: `${key} is empty, so it was not sent to ${whatReads(run)}.`,
    whatToCheck: ['Look at the job that writes this file, and drop the file again.'],
    retry: { kind: 'no' },
    references: { key },
  };
}
