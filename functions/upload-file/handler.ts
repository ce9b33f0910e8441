import { AnaplanCallError } from '../../shared/anaplan/failure.ts';
import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import { NotAllowedError, ObjectGoneError } from '../../shared/ports/store.ts';
import type { RunEvent } from '../../shared/run/decide.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { anaplanFor, diagnose, isRefused, modelOf, noteUnanswered } from '../anaplan-turn.ts';
import { handleTurns, type SqsHandler } from '../handle-records.ts';
import { waitForModel } from '../model-ready.ts';
import type { Services } from '../services.ts';
import { openChecked } from './open-checked.ts';
import { sendChunks } from './send-chunks.ts';
import { openSource, type Source } from './source.ts';
import { SourceRefused } from './source-refused.ts';
import { verifyChunks } from './verify-chunks.ts';

/** Brings the bytes of the pinned drop to the file that the step's import reads: announced, in chunks, each 204 recorded. */
export function createUploadFile(services: Services): SqsHandler {
  return handleTurns(services, 'upload', uploadFile);
}

async function uploadFile(turn: Turn, services: Services): Promise<RunEvent> {
  const anaplan = anaplanFor(turn, services);
  const event = await land(turn, services, anaplan);
  const ends = event.kind === 'hindered' && isLastTry(turn.run, event.diagnosis, services.clock.now());
  if (ends && currentStep(turn.run).fileCallUnanswered) await askOnce(turn, anaplan);
  return event;
}

/** The run is about to end: unless the model answers a file call now, its lane stays held. */
async function askOnce(turn: Turn, anaplan: AnaplanClient): Promise<void> {
  try {
    await anaplan.listFiles(modelOf(turn.run));
    turn.remember({ kind: 'file-calls-answered' });
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
  }
}

async function land(turn: Turn, services: Services, anaplan: AnaplanClient): Promise<RunEvent> {
  try {
    const begun = currentStep(turn.run).epoch?.announced === true;
    const source = begun ? await openSource(turn.run, services) : await openChecked(turn, services, anaplan);
    if (!begun) {
      const waiting = await waitForModel(anaplan, turn.run);
      if (waiting !== undefined) return { kind: 'hindered', diagnosis: waiting };
      await announce(turn, anaplan, source);
    }
    return await transfer({ turn, services, anaplan, source });
  } catch (error) {
    if (error instanceof SourceRefused) return { kind: 'hindered', diagnosis: error.diagnosis };
    if (error instanceof ObjectGoneError)
      return { kind: 'hindered', diagnosis: SourceRefused.gone(turn.run).diagnosis };
    if (error instanceof NotAllowedError)
      return { kind: 'hindered', diagnosis: SourceRefused.notAllowed(turn.run).diagnosis };
    if (error instanceof AnaplanCallError) noteUnanswered(turn, error.failure);
    return { kind: 'hindered', diagnosis: diagnose(error, turn.run) };
  }
}

/** Opens an epoch: the ledger knows before Anaplan does, and knows Anaplan's answer before the first chunk is sent. */
async function announce(turn: Turn, anaplan: AnaplanClient, source: Source): Promise<void> {
  const run = await turn.commit({ kind: 'announcing', chunkBytes: source.chunkBytes, chunkCount: source.chunkCount });
  const chunkCount = currentStep(run).epoch?.chunkCount ?? source.chunkCount;
  try {
    await anaplan.announceFile(modelOf(run), source.fileId, chunkCount);
  } catch (error) {
    if (error instanceof AnaplanCallError && isRefused(error.failure)) turn.remember({ kind: 'announcement-refused' });
    throw error;
  }
  await turn.commit({ kind: 'announced' });
}

export interface Transfer {
  turn: Turn;
  services: Services;
  anaplan: AnaplanClient;
  source: Source;
}

async function transfer(to: Transfer): Promise<RunEvent> {
  const { turn, anaplan, source } = to;
  const sent = await sendChunks(to);
  if (sent.kind === 'paused') return { kind: 'upload-paused' };
  if (currentStep(turn.run).fileCallUnanswered) {
    // Its answer may take until the claim is over, and the chunks that have arrived would be forgotten with the turn.
    await turn.commit({ kind: 'file-call-unanswered' });
    await anaplan.listFiles(modelOf(turn.run));
    turn.remember({ kind: 'file-calls-answered' });
  }
  // After the model has answered, so that no late announcement can erase what was compared.
  if (currentStep(turn.run).epoch?.verify === true) {
    const verified = await verifyChunks(to);
    if (verified === 'paused') return { kind: 'upload-paused' };
  }
  source.checkAfterReading(sent.scanned);
  const { bytes, rows, sha256 } = sent.scanned;
  return { kind: 'upload-finished', uploaded: { bytes, rows, sha256 } };
}
