import type { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { AnnouncedDump } from '../../shared/diagnosis/classify-task.ts';
import type { DumpSummary } from '../../shared/diagnosis/dump-summary.ts';
import { summariseDump } from '../../shared/diagnosis/summarise-dump.ts';
import { ENDED, type Store } from '../../shared/ports/store.ts';
import { isLastTry } from '../../shared/run/decide-hindered.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { StepResult } from '../../shared/run/run.ts';
import { actionOf, diagnose, modelOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';

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

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Brings every announced dump to the store, byte for byte, and summarises it. Anaplan keeps a dump only until the next run of the
 * import, so this happens before the lane is left. A dump that is gone is reported as lost, never forgotten.
 */
export async function keepDumps(
  announced: readonly AnnouncedDump[],
  { turn, services, anaplan, taskId }: { turn: Turn; services: Services; anaplan: AnaplanClient; taskId: string },
): Promise<KeptDumps> {
  const { run } = turn;
  const kept: KeptDumps = { dumps: [], located: [], summaries: [], lost: undefined };
  for (const { objectId, ordinal, nested } of announced) {
    const key = dumpKey({ runId: run.runId, step: run.position.step, ordinal, objectId });
    const keep = async (bytes: number) => {
      kept.dumps.push({ objectId, address: services.state.address(key), bytes });
      kept.located.push({ objectId, ordinal, key, bytes });
      kept.summaries.push({ objectId, ...(await summariseDump(readAll(services.state, key, bytes))) });
    };
    try {
      const dump = await anaplan.readDump(modelOf(run), actionOf(run), taskId, nested ? objectId : undefined);
      if (!dump.available) {
        // An earlier delivery of this turn may have kept it before Anaplan threw it away.
        const before = await services.state.head(key);
        if (before !== undefined) {
          await keep(before.size);
          continue;
        }
        kept.lost = `Anaplan announced the dump of object ${objectId} and no longer has it.`;
        continue;
      }
      const { size } = await services.state.putStream(key, dump.bytes, { contentType: 'text/csv', tags: ENDED });
      await keep(size);
    } catch (error) {
      const diagnosis = diagnose(error, run);
      if (!isLastTry(run, diagnosis, services.clock.now())) throw error;
      kept.lost = diagnosis.message;
      services.log.error('A failure dump is lost.', { runId: run.runId, objectId, taskId, error });
    }
  }
  return kept;
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

export async function* readAll(store: Store, key: string, size: number, versionId?: string): AsyncIterable<Uint8Array> {
  for (let start = 0; start < size; start += READ_BYTES) {
    yield await store.getRange(key, { start, end: Math.min(size, start + READ_BYTES) }, versionId);
  }
}
