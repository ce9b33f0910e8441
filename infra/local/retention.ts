import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerKey } from '../../shared/run/trigger.ts';
import type { DataFolder } from './data-folder.ts';
import { isCode } from './object-files.ts';
import { guard } from './storage-error.ts';
import { TAKEN } from './taken-folder.ts';

const DAY_MS = 86_400_000;
/** What was asked of Anaplan is for whoever looks into a failure, as on AWS. */
const REQUESTS_DAYS = 90;
const QUEUES = ['drops', 'poison'] as const;
const ALL_MESSAGES = 1_000_000;

export interface Expired {
  /** ledgers, reports, dumps and whatever else a run leaves */
  objects: number;
  /** versions of source files that no run needs any more */
  drops: number;
}

/**
 * Removes what has ended and is older than `days`, as the lifecycle of the state bucket does on AWS: what is tagged `ended`. And
 * what there only the person's own rules remove: drops that no run, no set and no message names any more.
 */
export async function expire(
  { state, drops, queues, clock }: Pick<DataFolder, 'state' | 'drops' | 'queues' | 'clock'>,
  days: number,
): Promise<Expired> {
  const before = (age: number) => new Date(clock.now() - age * DAY_MS).toISOString();
  const requests = await state.expire(before(Math.min(days, REQUESTS_DAYS)), ({ key }) => key.startsWith('requests/'));
  const needed = await neededBy({ state, queues });
  const isMended = (key: string) => key.startsWith('mended/');
  const ended = await state.expire(before(days), ({ key, versionId, tags, isDeleted }) =>
    isMended(key) ? !needed(versionId) : isDeleted || tags.ended === 'true',
  );
  return { objects: requests + ended, drops: await drops.expire(before(days), ({ versionId }) => !needed(versionId)) };
}

/** Whether a ledger of an unfinished run, a set that is still gathered or a message names a version. */
async function neededBy({
  state,
  queues,
}: Pick<DataFolder, 'state' | 'queues'>): Promise<(versionId: string) => boolean> {
  const texts = QUEUES.flatMap((queue) => queues.peek(queue, ALL_MESSAGES).map(({ body }) => body));
  const read = async (key: string) => {
    const found = await state.get(key);
    if (found !== undefined) texts.push(new TextDecoder().decode(found.body));
  };
  for await (const { key } of state.list('lanes/')) {
    const runId = /\/tickets\/.{24}-(.+)$/.exec(key)?.[1];
    if (runId !== undefined) await read(ledgerKey(runId));
  }
  for await (const { key } of state.list('sets/')) await read(key);
  return (versionId) => texts.some((text) => text.includes(versionId));
}

/** Removes taken files that were moved there more than `days` ago. @returns how many */
export async function expireTaken(dropFolder: string, days: number, now: number): Promise<number> {
  const folder = join(dropFolder, TAKEN);
  let removed = 0;
  for (const path of await filesIn(folder)) {
    // Moving a file changes its inode, while its time stays that of its making.
    const times = await stat(path).catch(() => undefined);
    // A file on its way is gone by now.
    if (times === undefined || Math.max(times.ctimeMs, times.mtimeMs) >= now - days * DAY_MS) continue;
    await guard('write', path, () => unlink(path));
    removed++;
  }
  return removed;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    return guard('read', folder, () => Promise.reject(error));
  }
}
