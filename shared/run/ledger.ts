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
  return { run: runSchema.parse(JSON.parse(text)), etag: object.etag };
}

/**
 * Creates the ledger entry of a run, once. Who creates it freezes what is in it.
 * @returns `created: false` with the entry that was there already
 */
export async function createRun(services: LedgerServices, run: Run): Promise<Held & { created: boolean }> {
  const written = { ...run, writer: nonce(services.random) };
  const answer = await services.state.create(ledgerKey(run.runId), serialise(written), writeOptions(written));
  if (answer.written) {
    services.onCommit?.(written);
    return { run: written, etag: answer.etag, created: true };
  }
  const found = await readRun(services, run.runId);
  if (found === undefined) throw new Error(`the ledger of run ${run.runId} exists and cannot be read`);
  return { ...found, created: found.run.writer === written.writer };
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
  const written = { ...next, writer: nonce(services.random) };
  const answer = await services.state.replace(
    ledgerKey(next.runId),
    serialise(written),
    held.etag,
    writeOptions(written),
  );
  if (answer.written) {
    services.onCommit?.(written);
    return { run: written, etag: answer.etag, committed: true };
  }
  const found = await readRun(services, next.runId);
  if (found === undefined)
    throw new Error(`the ledger of run ${next.runId} has vanished from ${services.state.bucket}`);
  return { ...found, committed: found.run.writer === written.writer };
}

function serialise(run: Run): string {
  return `${JSON.stringify(run, null, 1)}\n`;
}

/** Lifecycle rules expire only what is tagged `ended`, so an unfinished run outlives any retention. */
function writeOptions(run: Run): { contentType: string; tags?: Record<string, string> } {
  return { contentType: 'application/json', ...(isDone(run) ? { tags: { ended: 'true' } } : {}) };
}
