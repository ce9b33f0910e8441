import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { modelOf } from '../anaplan-turn.ts';
import type { Transfer } from './handler.ts';
import type { Source } from './source.ts';
import { SourceRefused } from './source-refused.ts';

const MAX_RESENDS = 3;

/**
 * Reads every chunk back and compares it with the source, and sends again what differs. Needed only where an announcement was
 * repeated or its answer lost, because a late one may have erased chunks after their 204 (anaplan-notes: Uploading).
 */
export async function verifyChunks({ turn, services, anaplan, source }: Transfer): Promise<'verified' | 'paused'> {
  const { epoch } = currentStep(turn.run);
  if (epoch === null) throw new Error(`run ${turn.run.runId} verifies chunks that it never announced`);
  const model = modelOf(turn.run);
  const mend = async (index: number, expected: Uint8Array) => {
    for (let attempt = 0; attempt <= MAX_RESENDS; attempt++) {
      if (sameBytes(await anaplan.getChunk(model, source.fileId, index), expected)) return;
      if (attempt < MAX_RESENDS) await anaplan.putChunk(model, source.fileId, index, expected, { gzip: services.gzip });
    }
    throw new SourceRefused(readsBackDifferently(source, index));
  };
  for (let index = epoch.verifiedChunks; index < epoch.chunkCount; index++) {
    if (services.clock.now() >= turn.sliceEndsAt) {
      turn.remember({ kind: 'chunks-verified', count: index });
      return 'paused';
    }
    const expected = await source.readChunk(index);
    await mend(index, expected);
  }
  turn.remember({ kind: 'chunks-verified', count: epoch.chunkCount });
  return 'verified';
}

function readsBackDifferently({ key, fileId }: Source, index: number): Diagnosis {
  return {
    category: 'service',
    cause:
      'Anaplan keeps other bytes than were sent. Somebody else may be uploading to the same file as the same user.',
    message: `Chunk ${index} of ${key} reads back differently from what was sent, ${MAX_RESENDS} times.`,
    whatToCheck: ['See that nothing else uploads to this file with the same user, then redrive the run.'],
    retry: { kind: 'no' },
    references: { fileId, chunk: String(index) },
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
