import { AnaplanCallError } from '../../shared/anaplan/failure.ts';
import { createSourceScan, type SourceScanResult } from '../../shared/diagnosis/source-scan.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { modelOf, noteUnanswered } from '../anaplan-turn.ts';
import type { Transfer } from './handler.ts';
import { Progress } from './progress.ts';

/** A 204 is in the ledger at the latest this long after it came. */
const COMMIT_EVERY_MS = 2000;

export type Sent = { kind: 'sent'; scanned: SourceScanResult } | { kind: 'paused' };

/**
 * Sends the chunks whose 204 is not recorded in this epoch, several at a time, while the source is read in order and scanned.
 * Memory is (chunks in flight + 1) × chunk size, whatever the file's size. A failure lets what is in flight finish, and keeps
 * its 204s.
 *
 * @returns `paused` when the slice is over: the 204s are committed, and the rest goes in a new message
 */
export async function sendChunks({ turn, services, anaplan, source }: Transfer): Promise<Sent> {
  const { epoch } = currentStep(turn.run);
  if (epoch === null) throw new Error(`run ${turn.run.runId} sends chunks that it never announced`);
  const model = modelOf(turn.run);
  const scan = await createSourceScan(source.format, epoch.scan?.saved);
  let scannedThrough = epoch.scan?.throughChunk ?? -1;
  const recorded = new Set(epoch.sent);
  const arrived: number[] = [];
  const inFlight = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;

  const keep = (error: unknown) => {
    failure ??= { error };
  };
  const progressEvent = () =>
    ({
      kind: 'chunks-sent',
      sent: [...arrived],
      scan: { throughChunk: scannedThrough, saved: scan.save() },
    }) as const;
  const progress = new Progress(services.clock, COMMIT_EVERY_MS, async () => {
    const event = progressEvent();
    await turn.commit(event);
    // Only what is stored is forgotten: a commit that fails leaves them to the last one.
    arrived.splice(0, event.sent.length);
  });
  const send = async (index: number, bytes: Uint8Array) => {
    try {
      await anaplan.putChunk(model, source.fileId, index, bytes, { gzip: services.gzip });
      arrived.push(index);
      progress.changed();
    } catch (error) {
      // Of several that fail only the first is told, and any of them may still be on its way.
      if (error instanceof AnaplanCallError) noteUnanswered(turn, error.failure);
      keep(error);
    }
  };

  const sendAll = async (): Promise<boolean> => {
    for (let index = 0; index < epoch.chunkCount && failure === undefined; index++) {
      const unread = index > scannedThrough;
      const unsent = !recorded.has(index);
      if (!unread && !unsent) continue;
      if (services.clock.now() >= turn.sliceEndsAt) return false;
      progress.throwIfFailed();
      const bytes = await source.readChunk(index);
      if (unread) {
        scan.update(bytes);
        scannedThrough = index;
      }
      if (!unsent) continue;
      while (inFlight.size >= turn.run.pipeline.policies.chunksInFlight) await Promise.race(inFlight);
      const sending = send(index, bytes).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    }
    return true;
  };

  // Whatever fails, nothing of ours is left on its way when the claim is given back.
  const whole = await sendAll().catch(keep);
  await Promise.all(inFlight);
  await progress.stop().catch(keep);
  turn.remember(progressEvent());
  if (failure !== undefined) throw failure.error;
  return whole === true ? { kind: 'sent', scanned: scan.result() } : { kind: 'paused' };
}
