import type { LineSet } from '../../shared/diagnosis/line-set.ts';
import { readRejectedLines } from '../../shared/diagnosis/rejected-lines.ts';
import { repairFile } from '../../shared/diagnosis/repair-file.ts';
import type { SourceFormat } from '../../shared/diagnosis/source-scan.ts';
import { formatOf } from '../../shared/diagnosis/source-text.ts';
import { ENDED } from '../../shared/ports/store.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import { dropFor } from '../../shared/run/step-files.ts';
import { stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { dumpKey, readAll } from './keep-dumps.ts';

/**
 * Writes the file that a person mends and drops again: the header of the drop and only its rejected rows. It is a help and no
 * record: where the dump does not tell the lines of the drop, or there is no time, there is none.
 *
 * @returns its address, or undefined
 */
export async function keepRepair(
  turn: Turn,
  services: Services,
  dumps: readonly { objectId: string; bytes: number }[],
) {
  const { run } = turn;
  const { state, clock, log } = services;
  const step = stepOf(run);
  const { fileId } = step;
  const drop = fileId === undefined ? undefined : dropFor(run, { fileId });
  const [dump, ...others] = dumps;
  if (drop === undefined || dump === undefined || others.length > 0) return undefined;
  const of = { runId: run.runId, step: run.position.step, ordinal: 1, objectId: dump.objectId };
  const key = dumpKey({ ...of, folder: 'repairs' });
  try {
    const rejected = await readRejectedLines(readAll(state, dumpKey(of), dump.bytes));
    if (rejected.lines.size === 0 || rejected.unlocated > 0 || rejected.unreadable !== undefined) return undefined;
    const source = inTime(
      readAll(services.source(drop.bucket), drop.key, drop.bytes, drop.versionId),
      () => clock.now() < turn.sliceEndsAt,
    );
    const format = step.source === undefined ? {} : formatOf(step.source);
    await state.putStream(key, wholly(source, rejected.lines, format), { contentType: 'text/csv', tags: ENDED });
    return state.address(key);
  } catch (error) {
    log.warn('There is no repair file.', { ...of, error });
    return undefined;
  }
}

/** The repair file; it breaks off, so that nothing is stored, where the dump counts lines in another way than the drop has them. */
async function* wholly(
  source: AsyncIterable<Uint8Array>,
  lines: LineSet,
  format: SourceFormat,
): AsyncGenerator<Uint8Array> {
  let found = 0;
  yield* repairFile(source, lines, format, ({ rows }) => {
    found = rows;
  });
  if (found !== lines.size) throw new Error(`only ${found} of ${lines.size} rejected rows stand where the dump says`);
}

/** A drop of many gigabytes is not read again when the slice is over. */
async function* inTime(bytes: AsyncIterable<Uint8Array>, isTime: () => boolean): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    if (!isTime()) throw new Error('the drop is too large to be read again in one message');
    yield piece;
  }
}
