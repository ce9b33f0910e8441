import { type ConditionalWrite, ENDED, type WriteOptions } from '../ports/store.ts';
import { nonce } from './nonce.ts';
import { isDone, type Run, runSchema } from './run.ts';
import type { RunServices } from './services.ts';
import { ledgerKey } from './trigger.ts';

/** A ledger entry as read, with the ETag that a later write names. */
export interface Held {
  run: Run;
  etag: string;
}

type LedgerServices = Pick<RunServices, 'state' | 'random' | 'onCommit'>;

export async function readRun({ state }: Pick<RunServices, 'state'>, runId: string): Promise<Held | undefined> {
  const object = await state.get(ledgerKey(runId));
  if (object === undefined) return undefined;
  const text = new TextDecoder().decode(object.body);
  return { run: parseRun(text), etag: object.etag };
}

/** Entries as they were read last, by their text: most are read several times before they change. Nobody changes a `Run`. */
const lastRead = new Map<string, Run>();
const LAST_READ = 16;

function parseRun(text: string): Run {
  const run = lastRead.get(text) ?? runSchema.parse(JSON.parse(text));
  lastRead.delete(text);
  lastRead.set(text, run);
  for (const oldest of lastRead.keys()) {
    if (lastRead.size <= LAST_READ) break;
    lastRead.delete(oldest);
  }
  return run;
}

/**
 * Creates the ledger entry of a run, once. Who creates it freezes what is in it.
 * @returns `created: false` with the entry that was there already
 */
export async function createRun(services: LedgerServices, run: Run): Promise<Held & { created: boolean }> {
  const { mine, ...held } = await write(services, run, (key, body, options) =>
    services.state.create(key, body, options),
  );
  return { ...held, created: mine };
}

/**
 * Commits the next state of a run by compare-and-swap.
 *
 * A refused write is read back before anything is concluded: our own nonce there means that our write had succeeded and only
 * its answer was lost.
 * @returns `committed: false` with what stands there now, when somebody else wrote
 */
export async function commitRun(
  services: LedgerServices,
  held: Held,
  next: Run,
): Promise<Held & { committed: boolean }> {
  const { mine, ...found } = await write(services, next, (key, body, options) =>
    services.state.replace(key, body, held.etag, options),
  );
  return { ...found, committed: mine };
}

type Attempt = (key: string, body: string, options: WriteOptions) => Promise<ConditionalWrite>;

/** @returns what stands there now, and whether it is ours */
async function write(services: LedgerServices, next: Run, attempt: Attempt): Promise<Held & { mine: boolean }> {
  const written = { ...next, writer: nonce(services.random) };
  const failed: { error?: unknown } = {};
  try {
    const answer = await attempt(ledgerKey(next.runId), serialise(written), writeOptions(written));
    if (answer.written) {
      services.onCommit?.(written);
      return { run: written, etag: answer.etag, mine: true };
    }
  } catch (error) {
    failed.error = error;
  }
  const found = await readRun(services, next.runId);
  const mine = found?.run.writer === written.writer;
  if ('error' in failed && !mine) throw failed.error;
  if (found === undefined) throw new Error(`the ledger of run ${next.runId} is not in ${services.state.bucket}`);
  if (mine) services.onCommit?.(found.run);
  return { ...found, mine };
}

function serialise(run: Run): string {
  return `${JSON.stringify(run, null, 1)}\n`;
}

/** Lifecycle rules expire only what is tagged `ended`, so an unfinished run outlives any retention. */
function writeOptions(run: Run): WriteOptions {
  return { contentType: 'application/json', ...(isDone(run) ? { tags: ENDED } : {}) };
}
