import type { LineSet } from '../../shared/diagnosis/line-set.ts';
import { readRejectedLines } from '../../shared/diagnosis/rejected-lines.ts';
import { repairFile } from '../../shared/diagnosis/repair-file.ts';
import type { SourceFormat } from '../../shared/diagnosis/source-scan.ts';
import { formatOf } from '../../shared/diagnosis/source-text.ts';
import { ENDED } from '../../shared/ports/store.ts';
import type { Turn } from '../../shared/run/held-turn.ts';
import type { BegunRun, Uploaded } from '../../shared/run/run.ts';
import { dropFor, ownUpload, type StepFile } from '../../shared/run/step-files.ts';
import type { Drop } from '../../shared/run/trigger.ts';
import { stepOf } from '../anaplan-turn.ts';
import type { Services } from '../services.ts';
import { dumpKey, type LocatedDump } from './keep-dumps.ts';
import { readObject } from './read-object.ts';

/** What a person can mend and drop again, and of which imports there is no such file, and why. */
export interface Repairs {
  /** `file`: as the pipeline calls it */
  made: { file: string; address: string }[];
  missing: string[];
}

/** What the dumps are about. */
export interface Dumped {
  dumps: readonly LocatedDump[];
  /** the file that an import reads, by the import's id; undefined where Anaplan did not tell */
  fileOf: ReadonlyMap<string, string> | undefined;
  /** what an import is called, by its id */
  nameOf: (objectId: string) => string;
  /** of an import that came to its end; what one that did not has loaded, nobody knows */
  hasEnded: (objectId: string) => boolean;
  /** how many rows each import that reads a file counted, where Anaplan says so */
  totalsOf: (fileId: string) => readonly number[];
  /** the task may be somebody else's, on another file */
  perhapsOthers: boolean;
}

/**
 * Writes, for each dump with rejected rows, the file that a person mends and drops again: the header of the drop and only its rejected
 * rows. An action of a process tells only which import it is, so the import has to read a file that this very run has uploaded, and
 * nothing may tell that Anaplan read another: else nobody knows what the lines of its dump are lines of. And the other rows have to
 * be loaded.
 *
 * It is a help and no record: where there is none, the reason is told.
 */
export async function keepRepairs(turn: Turn, services: Services, dumped: Dumped): Promise<Repairs> {
  const repairs: Repairs = { made: [], missing: [] };
  for (const dump of dumped.dumps) {
    const name = dumped.nameOf(dump.objectId);
    try {
      const made = await keepRepair(turn, services, dump, {
        source: sourceOf(turn.run, dump.objectId, dumped),
        hasEnded: dumped.hasEnded(dump.objectId),
      });
      if (made !== undefined) repairs.made.push(made);
    } catch (error) {
      const because = error instanceof NoRepair ? error.message : 'it could not be written';
      repairs.missing.push(`import "${name}": ${because}`);
      if (!(error instanceof NoRepair))
        services.log.warn('There is no repair file.', { runId: turn.run.runId, objectId: dump.objectId, error });
    }
  }
  return repairs;
}

/** Why there can be no repair file, in words that complete a sentence. */
class NoRepair extends Error {
  override readonly name = 'NoRepair';
}

interface Source {
  file: StepFile & { uploaded: Uploaded };
  drop: Drop;
}

/** @returns undefined when no row was rejected */
async function keepRepair(
  turn: Turn,
  services: Services,
  dump: LocatedDump,
  { source, hasEnded }: { source: Source | NoRepair; hasEnded: boolean },
) {
  const { state, clock } = services;
  const sourceBytes = source instanceof NoRepair ? {} : { sourceBytes: source.drop.bytes };
  const isTime = () => clock.now() < turn.sliceEndsAt;
  const rows = readObject(state, dump, { isTime, onCut: tooLarge('its failure dump') });
  const { lines, unlocated, unreadable } = await readRejectedLines(rows, sourceBytes);
  if (lines.size === 0 && unlocated === 0) return undefined;
  if (source instanceof NoRepair) throw source;
  if (unreadable !== undefined) throw new NoRepair(`its failure dump cannot be read whole, because ${unreadable}`);
  if (unlocated > 0)
    throw new NoRepair('its failure dump does not tell on which lines of the file the rejected rows stand');
  const { file, drop } = source;
  if (!hasEnded && lines.size < file.uploaded.rows)
    throw new NoRepair('it did not come to its end, and nobody knows which of the other rows are loaded');
  const key = dumpKey({ ...dump, runId: turn.run.runId, step: turn.run.position.step, folder: 'repairs' });
  const bytes = readObject(services.source(drop.bucket), drop, { isTime, onCut: tooLarge('the file') });
  const format = file.source === undefined ? {} : formatOf(file.source);
  await state.putStream(key, wholly(bytes, lines, format), { contentType: 'text/csv', tags: ENDED });
  return { file: file.name, address: state.address(key) };
}

/** The file that the dump's import read, as this run uploaded it. */
function sourceOf(run: BegunRun, objectId: string, { fileOf, totalsOf, perhapsOthers }: Dumped): Source | NoRepair {
  const step = stepOf(run);
  const isProcess = step.kind === 'process';
  if (isProcess && fileOf === undefined) return new NoRepair('Anaplan did not tell which file it reads');
  const fileId = isProcess ? fileOf?.get(objectId) : step.fileId;
  if (fileId === undefined) return new NoRepair('it reads another model and no file');
  const file = ownUpload(run, fileId);
  const drop = file === undefined ? undefined : dropFor(run, file);
  if (file === undefined || drop === undefined) return new NoRepair('it reads a file that this run has not uploaded');
  if (totalsOf(fileId).some((total) => total !== file.uploaded.rows))
    return new NoRepair('Anaplan read another file than this run uploaded, or not all of it');
  if (perhapsOthers) return new NoRepair('nothing proves that Anaplan read the file that this run uploaded');
  return { file, drop };
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
  if (found !== lines.size) throw new NoRepair('its failure dump counts lines in another way than the file has them');
}

/** Many gigabytes are not read again when the slice is over, and a part of them would tell a part of the rejected rows. */
function tooLarge(what: string): () => never {
  return () => {
    throw new NoRepair(`${what} is too large to be read again in time`);
  };
}
