import { configuredPipelines } from '../../functions/configured-pipelines.ts';
import { misconfigured, namesNotFound } from '../../functions/locked-pipelines.ts';
import type { Pipelines } from '../../functions/services.ts';
import type { ExchangeNote } from '../../shared/anaplan/exchange.ts';
import { AnaplanCallError } from '../../shared/anaplan/failure.ts';
import { classifyCall } from '../../shared/diagnosis/classify-call.ts';
import { freeze } from '../../shared/pipeline/freeze.ts';
import { formatLock, type Lock, LockError, parseLock } from '../../shared/pipeline/lock.ts';
import type { NameDirectory } from '../../shared/pipeline/name-directory.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Store } from '../../shared/ports/store.ts';

const LOCK_KEY = 'plandrop.lock.json';
const EMPTY: Lock = { version: 1, pipelines: {} };

/** An import that somebody deletes and makes anew has another id. */
const ASK_AGAIN_MS = 5 * 60_000;

/** What was asked for nobody's run is kept for the next one, as far as somebody may still want to read it. */
const MAX_UNTOLD = 200;

/**
 * The pipelines of one machine: names are resolved by asking Anaplan, for each pipeline at most every five minutes unless a file does
 * not fit, and kept in the data folder for the time when Anaplan does not answer.
 */
export function localPipelines(
  configuration: Configuration,
  anaplan: (onExchange: (exchange: ExchangeNote) => void) => NameDirectory,
  state: Store,
  clock: Clock,
): Pipelines {
  const untold = new Map<string, ExchangeNote[]>();
  const askFor = (name: string) => {
    const notes = untold.get(name) ?? [];
    untold.set(name, notes);
    return anaplan((exchange) => {
      notes.push(exchange);
      if (notes.length > MAX_UNTOLD) notes.shift();
    });
  };
  const resolved = new Map<string, { answer: ReturnType<Pipelines['freeze']>; until: number }>();
  return {
    ...configuredPipelines(configuration),
    freeze: async (name, onExchange) => {
      const known = resolved.get(name);
      const isFresh = known !== undefined && clock.now() < known.until;
      const answer = isFresh ? known.answer : resolve(name, configuration, askFor(name), state);
      if (!isFresh) resolved.set(name, { answer, until: clock.now() + ASK_AGAIN_MS });
      // Only a definition is worth keeping: the cause of anything else may be gone when the next run asks.
      if (!(await answer.catch(() => undefined))?.ok) resolved.delete(name);
      if (onExchange !== undefined) untold.get(name)?.splice(0).forEach(onExchange);
      return answer;
    },
    readAnew: async (name, directory) => {
      if (!Object.hasOwn(configuration.pipelines, name)) return undefined;
      const answer = await ask(name, configuration, directory, state);
      if (!answer.ok) return undefined;
      resolved.set(name, { answer: Promise.resolve(answer), until: clock.now() + ASK_AGAIN_MS });
      return answer.pipeline;
    },
  };
}

async function resolve(
  name: string,
  configuration: Configuration,
  anaplan: NameDirectory,
  state: Store,
): ReturnType<Pipelines['freeze']> {
  if (!Object.hasOwn(configuration.pipelines, name)) {
    const unknown = freeze(name, configuration, EMPTY);
    return { ok: false, diagnosis: misconfigured(name, unknown.ok ? 'it is not there' : unknown.message) };
  }
  try {
    return await ask(name, configuration, anaplan, state);
  } catch (error) {
    if (!(error instanceof AnaplanCallError)) throw error;
    const { model } = configuration.pipelines[name] ?? {};
    const diagnosis = classifyCall(error.failure, model === undefined ? {} : { model });
    const before = freeze(name, configuration, await readLock(state));
    return before.ok && diagnosis.retry.kind !== 'no' ? before : { ok: false, diagnosis };
  }
}

/** Asks Anaplan, and keeps what it says. @throws AnaplanCallError */
async function ask(
  name: string,
  configuration: Configuration,
  anaplan: NameDirectory,
  state: Store,
): ReturnType<Pipelines['freeze']> {
  const { lock, problems } = await resolveNames(configuration, anaplan, { only: name });
  if (problems.length > 0) return { ok: false, diagnosis: namesNotFound(name, problems) };
  const pipelines = { ...(await readLock(state)).pipelines, ...lock.pipelines };
  await state.put(LOCK_KEY, formatLock({ version: 1, pipelines }), { contentType: 'application/json' });
  const frozen = freeze(name, configuration, lock);
  return frozen.ok ? frozen : { ok: false, diagnosis: misconfigured(name, frozen.message) };
}

async function readLock(state: Store): Promise<Lock> {
  const object = await state.get(LOCK_KEY);
  if (object === undefined) return EMPTY;
  try {
    return parseLock(new TextDecoder().decode(object.body), LOCK_KEY);
  } catch (error) {
    // It is only a copy of what Anaplan says, and is written anew.
    if (error instanceof LockError) return EMPTY;
    throw error;
  }
}
