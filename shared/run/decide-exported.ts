import { countOf } from '../diagnosis/words.ts';
import type { BegunRun, Download, Run } from './run.ts';
import { currentStep, forgive, nextTurn, note, withStep } from './transitions.ts';

/** How an export that one message cannot bring to the store goes on in the next. */

/** More of it is there. Only more of it is progress. */
export function keepDownload(run: BegunRun, download: Download): BegunRun {
  const before = currentStep(run).download?.chunksKept ?? 0;
  const kept = withStep(run, { download });
  return download.chunksKept > before ? forgive(kept) : kept;
}

export function restartDownload(
  run: BegunRun,
  download: Download,
  { because, now }: { because: string; now: number },
): Run {
  return note(withStep(run, { download }), { now, text: `The download of the export begins anew: ${because}.` });
}

export function pauseDownload(run: BegunRun, now: number): Run {
  const { chunksKept = 0, chunkCount = 0, write = null, rest = null } = currentStep(run).download ?? {};
  const bytes = (write?.parts ?? []).reduce((sum, part) => sum + part.bytes, rest?.bytes ?? 0);
  const text = `${chunksKept} of ${countOf(chunkCount, 'chunk')} of the export are in the store (${Math.round(bytes / 1_000_000)} MB); the rest follows.`;
  return nextTurn(chunksKept === 0 ? run : note(run, { now, text }), 'collect', { now, delaySeconds: 0 });
}
