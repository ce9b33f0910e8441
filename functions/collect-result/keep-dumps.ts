import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { AnnouncedDump } from '../../shared/diagnosis/classify-task.ts';
import type { DumpSummary } from '../../shared/diagnosis/dump-summary.ts';
import { summariseDump } from '../../shared/diagnosis/summarise-dump.ts';
import { countOf } from '../../shared/diagnosis/words.ts';
import { ENDED } from '../../shared/ports/store.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { SLICE_SECONDS } from '../../shared/run/limits.ts';
import type { Download, DumpProgress, StepResult } from '../../shared/run/run.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { actionOf, diagnose, modelOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { type ChunkedDownload, keepChunks, MAX_RESTARTS } from './keep-chunks.ts';
import { readObject } from './read-object.ts';

/** A dump in the state store; `ordinal` as in {@link AnnouncedDump}. */
export interface LocatedDump {
  objectId: string;
  ordinal: number;
  key: string;
  bytes: number;
}

export interface KeptDumps {
  dumps: StepResult['dumps'];
  located: LocatedDump[];
  summaries: (DumpSummary & { objectId: string })[];
  /** why one of them could not be kept */
  lost: string | undefined;
}

interface Keeping {
  turn: Turn;
  services: Services;
  anaplan: AnaplanClient;
  taskId: string;
}

const WRITE = { contentType: 'text/csv', tags: ENDED };

/**
 * Brings every announced dump to the store, byte for byte, and summarises it. Anaplan keeps a dump only until the next run of the
 * import, so this happens before the lane is left. A dump that is gone is reported as lost, never forgotten.
 *
 * It takes as many slices as the dumps need: what the ledger says is whole is not asked for again, and of the others the next chunk
 * is. To judge, the dumps are read once more, and their rejected lines once again. So that one turn has the time for both, a turn that has
 * fetched judges only when half of its slice is left; else a turn that fetches nothing does. Reading ends with the slice whatever
 * is left: then the summary says that it is not the whole truth.
 *
 * @returns undefined when the rest follows in a new message; what is kept was told to the turn
 */
export async function keepDumps(announced: readonly AnnouncedDump[], keeping: Keeping): Promise<KeptDumps | undefined> {
  const { turn, services } = keeping;
  const located: LocatedDump[] = [];
  let lost: string | undefined;
  let hasAsked = false;
  for (const dump of announced) {
    let found = await keptBefore(dump, keeping);
    if (found === undefined) {
      if (hasAsked && services.clock.now() >= turn.sliceEndsAt) return undefined;
      hasAsked = true;
      found = await fetchDump(dump, keeping);
      if (found === undefined) return undefined;
      turn.remember({ kind: 'dump-progressed', dump: placed(dump, keeping, found) });
    }
    if (found.kind === 'lost') lost = found.because;
    else located.push({ ...dump, key: keyOf(dump, turn), bytes: found.bytes });
  }
  if (hasAsked && turn.sliceEndsAt - services.clock.now() < (SLICE_SECONDS * 1000) / 2) return undefined;
  const summaries: KeptDumps['summaries'] = [];
  for (const dump of located) summaries.push({ objectId: dump.objectId, ...(await summaryOf(dump, turn, services)) });
  const dumps = located.map(({ objectId, key, bytes }) => ({ objectId, address: services.state.address(key), bytes }));
  return { dumps, located, summaries, lost };
}

/** What need not be fetched (any more). */
type Settled = Exclude<DumpProgress['progress'], { kind: 'under-way' }>;

/** What an earlier turn has found out, if the store still bears it out. */
async function keptBefore(dump: AnnouncedDump, keeping: Keeping): Promise<Settled | undefined> {
  const { turn, services } = keeping;
  const progress = progressOf(dump, keeping);
  if (progress === undefined || progress.kind === 'lost') return progress;
  const head = await services.state.head(keyOf(dump, turn));
  if (head === undefined) return undefined;
  if (progress.kind === 'whole') return head.size === progress.bytes ? progress : undefined;
  // Nobody sees an object before it is whole: a turn has completed this one and died before it said so. Of a step that was judged
  // before, it may be what another task left.
  return currentStep(turn.run).result === null ? { kind: 'whole', bytes: head.size } : undefined;
}

function progressOf({ ordinal }: AnnouncedDump, { turn, taskId }: Keeping): DumpProgress['progress'] | undefined {
  const dumps = currentStep(turn.run).dumps ?? [];
  return dumps.find((dump) => dump.taskId === taskId && dump.ordinal === ordinal)?.progress;
}

function placed(
  { objectId, ordinal }: AnnouncedDump,
  { taskId }: Keeping,
  progress: DumpProgress['progress'],
): DumpProgress {
  return { taskId, objectId, ordinal, progress };
}

/** @returns undefined when the rest of it follows in a new message */
async function fetchDump(dump: AnnouncedDump, keeping: Keeping): Promise<Settled | undefined> {
  const { turn, services, taskId } = keeping;
  const { objectId } = dump;
  try {
    return await fetchAvailable(dump, keeping);
  } catch (error) {
    const { run } = turn;
    const diagnosis = diagnose(error, run);
    if (!isLastTry(run, diagnosis, services.clock.now())) throw error;
    services.log.error('A failure dump is lost.', { runId: run.runId, objectId, taskId, error });
    return { kind: 'lost', because: diagnosis.message };
  }
}

async function fetchAvailable(dump: AnnouncedDump, keeping: Keeping): Promise<Settled | undefined> {
  const { turn, services, anaplan, taskId } = keeping;
  const { state } = services;
  const { run } = turn;
  const { objectId, nested } = dump;
  const key = keyOf(dump, turn);
  const answer = await anaplan.readDump(modelOf(run), actionOf(run), taskId, nested ? objectId : undefined);
  if (!answer.available) {
    // An earlier delivery of this turn may have kept it before Anaplan threw it away.
    const before = await state.head(key);
    if (before !== undefined) return { kind: 'whole', bytes: before.size };
    return { kind: 'lost', because: `Anaplan announced the dump of object ${objectId} and no longer has it.` };
  }
  if (answer.chunkIds.length === 0) {
    const { size } = await state.putStream(key, answer.bytes, WRITE);
    return { kind: 'whole', bytes: size };
  }
  const kept = await keepChunks(downloadOf(dump, keeping, answer.chunkIds), turn, services);
  switch (kept.kind) {
    case 'kept':
      return { kind: 'whole', bytes: kept.object.size };
    case 'paused':
      return undefined;
    case 'given-up':
      return { kind: 'lost', because: restless(objectId, kept.because) };
    default:
      return kept satisfies never;
  }
}

function downloadOf(dump: AnnouncedDump, keeping: Keeping, chunks: readonly string[]): ChunkedDownload {
  const { turn, services, anaplan, taskId } = keeping;
  const { run } = turn;
  const { partBytes } = services;
  const progress = progressOf(dump, keeping);
  const nestedObjectId = dump.nested ? dump.objectId : undefined;
  const underWay = (download: Download) => placed(dump, keeping, { kind: 'under-way', download });
  return {
    called: 'the dump',
    key: keyOf(dump, turn),
    chunks,
    fetch: (chunkId) => anaplan.getDumpChunk(modelOf(run), actionOf(run), taskId, chunkId, nestedObjectId),
    before: progress?.kind === 'under-way' ? progress.download : undefined,
    options: {
      ...WRITE,
      restKey: `parts/${run.runId}/${run.position.step + 1}-${dump.ordinal}`,
      ...(partBytes === undefined ? {} : { partBytes }),
    },
    onKept: (download) => turn.remember({ kind: 'dump-progressed', dump: underWay(download) }),
    onRestarted: (download, because) => turn.remember({ kind: 'dump-restarted', dump: underWay(download), because }),
  };
}

function restless(objectId: string, because: string): string {
  return `The download of the dump of object ${objectId} began anew ${countOf(MAX_RESTARTS, 'time')} and did not come to its end: ${because}.`;
}

async function summaryOf(dump: LocatedDump, turn: Turn, { state, clock, log }: Services): Promise<DumpSummary> {
  let cut: string | undefined;
  const bytes = readObject(state, dump, {
    isTime: () => clock.now() < turn.sliceEndsAt,
    onCut: (readBytes) => {
      cut = `only ${countOf(readBytes, 'byte')} of ${countOf(dump.bytes, 'byte')} could be read in time`;
      log.warn(`A failure dump is not summarised to its end: ${cut}.`, { runId: turn.run.runId, key: dump.key });
    },
  });
  const summary = await summariseDump(bytes);
  return cut === undefined ? summary : { ...summary, unreadable: cut };
}

function keyOf({ objectId, ordinal }: Pick<AnnouncedDump, 'objectId' | 'ordinal'>, { run }: Turn): string {
  return dumpKey({ runId: run.runId, step: run.position.step, ordinal, objectId });
}

/** `step` counts from 0, as in the ledger; the key from 1, as people do. */
export function dumpKey(of: {
  runId: string;
  step: number;
  ordinal: number;
  objectId: string;
  folder?: 'repairs';
}): string {
  return `${of.folder ?? 'dumps'}/${of.runId}/${of.step + 1}-${of.ordinal}-${of.objectId}.csv`;
}
