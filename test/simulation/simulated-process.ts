import { type Transport, TransportError } from '../../shared/anaplan/index.ts';
import type { Alert, Alerts } from '../../shared/ports/alerts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { InjectedFault } from '../../shared/ports/memory/injected-fault.ts';
import type { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import type { MemoryStore, StoreOperation } from '../../shared/ports/memory/memory-store.ts';
import { MAX_DELAY_SECONDS, type Queues, type SendOptions } from '../../shared/ports/queue.ts';
import type { Store } from '../../shared/ports/store.ts';
import { ConnectionCut } from '../../simulator/index.ts';
import { inHand, userAgentOf } from './in-hand.ts';
import type { Fate, Operation } from './operation.ts';

/** What a dead process gets from everything it still tries. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/** What a process needs from the world it lives in. */
export interface Surroundings {
  clock: Clock;
  queues: MemoryQueues;
  alerts: Alerts;
  /** @throws ConnectionCut */
  fetch: Transport;
  /** Waits until the operation is let go, or its process has died. */
  turn(operation: Omit<Operation, 'number'>): Promise<Fate>;
  /** Is told that a process has died: nothing of it waits for a turn any more. */
  died(process: SimulatedProcess): void;
}

const NO_FAULT = () => undefined;

/**
 * A process that can be killed: after its death every operation of it throws and has no effect. What was on its way to Anaplan
 * when it died goes on there, as it would.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly queues: Queues;
  readonly alerts: Alerts;
  /** operations waiting for their turn, and sleeps: while there is one, the process is not busy */
  parked = 0;
  alive = true;
  /** resolves with its death */
  readonly died: Promise<void>;
  readonly #around: Surroundings;
  readonly #onDeath = new Set<() => void>();

  /** @param skewMs how much its clock is ahead of the world's */
  constructor(name: string, around: Surroundings, skewMs = 0) {
    this.name = name;
    this.#around = around;
    this.died = new Promise((resolve) => this.#onDeath.add(resolve));
    this.clock = {
      now: () => around.clock.now() + skewMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
    this.transport = (request) => this.#send(request);
    this.queues = { send: (queue, body, options) => this.#sendMessage(queue, body, options) };
    this.alerts = { publish: (alert) => this.#publish(alert) };
  }

  die(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const tell of this.#onDeath) tell();
    this.#onDeath.clear();
    this.#around.died(this);
  }

  /** The bucket as this process sees it. */
  store(store: MemoryStore): Store {
    const act = <T>(name: StoreOperation['name'], key: string, work: () => Promise<T>): Promise<T> =>
      this.#do('store', name, key, (fate) => {
        store.faults = fate.kind === 'store-fault' ? once(fate.fault) : NO_FAULT;
        return work();
      });
    const list = async function* (prefix: string, options?: { startAfter?: string }) {
      yield* await act('list', prefix, async () => {
        const found = [];
        for await (const each of store.list(prefix, options)) found.push(each);
        return found;
      });
    };
    return {
      bucket: store.bucket,
      address: (key) => store.address(key),
      head: (key, version) => act('head', key, () => store.head(key, version)),
      get: (key, version) => act('get', key, () => store.get(key, version)),
      getRange: (key, range, version) => act('getRange', key, () => store.getRange(key, range, version)),
      create: (key, body, options) => act('create', key, () => store.create(key, body, options)),
      replace: (key, body, etag, options) => act('replace', key, () => store.replace(key, body, etag, options)),
      put: (key, body, options) => act('put', key, () => store.put(key, body, options)),
      putStream: async (key, body, options) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of body) pieces.push(piece);
        return act('putStream', key, () => store.put(key, Buffer.concat(pieces), options));
      },
      beginParts: (key, options) => act('beginParts', key, () => store.beginParts(key, options)),
      putPart: (write, part, body) => act('putPart', write.key, () => store.putPart(write, part, body)),
      completeParts: (write, parts) => act('completeParts', write.key, () => store.completeParts(write, parts)),
      abandonParts: (write) => act('abandonParts', write.key, () => store.abandonParts(write)),
      delete: (key) => act('delete', key, () => store.delete(key)),
      deleteVersion: (key, version) => act('deleteVersion', key, () => store.deleteVersion(key, version)),
      tag: (key, version, tags) => act('tag', key, () => store.tag(key, version, tags)),
      copy: (from, to, tags) => act('copy', to, () => store.copy(from, to, tags)),
      list,
    };
  }

  /** Tells the queue that a message is done with, or gives it back. */
  acknowledge(what: string, act: () => Promise<void>): Promise<void> {
    return this.#do('acknowledge', what, '', act);
  }

  async #do<T>(kind: Operation['kind'], name: string, about: string, act: (fate: Fate) => Promise<T>): Promise<T> {
    this.#checkAlive();
    this.parked++;
    const fate = await this.#around.turn({ process: this, invocation: inHand.getStore() ?? this, kind, name, about });
    this.parked--;
    this.#checkAlive();
    if (fate.kind === 'killed-before') {
      this.die();
      this.#checkAlive();
    }
    const result = await act(fate);
    if (fate.kind === 'killed-after') this.die();
    this.#checkAlive();
    return result;
  }

  #sendMessage(queue: Parameters<Queues['send']>[0], body: string, options: SendOptions = {}): Promise<void> {
    return this.#do('queue', 'send', queue, (fate) => {
      const { queues } = this.#around;
      queues.faults = fate.kind === 'queue-fault' ? once(fate.fault) : NO_FAULT;
      const late = fate.kind === 'sent-late' ? fate.seconds : 0;
      const delaySeconds = Math.min(MAX_DELAY_SECONDS, (options.delaySeconds ?? 0) + late);
      return queues.send(queue, body, {
        ...options,
        delaySeconds,
        // As the SDK hands on the header by which Lambda finds loops.
        attributes: { ...options.attributes, ...(queue === 'failures' ? {} : lineageAttribute()) },
      });
    });
  }

  #publish(alert: Alert): Promise<void> {
    return this.#do('alert', 'publish', alert.id, async (fate) => {
      const fault = fate.kind === 'alert-fault' ? fate.fault : undefined;
      if (fault === 'fail') throw new Error('nobody takes this alert');
      await this.#around.alerts.publish(alert);
      if (fault !== undefined) throw new InjectedFault(`alert ${alert.id}: ${fault}`);
    });
  }

  #send(request: Parameters<Transport>[0]): ReturnType<Transport> {
    const path = request.url.replace(/^https?:\/\/[^/]+/, '').replace(/^\/2\/0\/workspaces\/[^/]+/, '');
    const runId = inHand.getStore()?.runId;
    const headers = runId === undefined ? request.headers : { ...request.headers, 'user-agent': userAgentOf(runId) };
    return this.#do('http', request.method, path, async () => {
      if (request.signal.aborted) throw new TransportError('cut off before it was sent', 'ABORT', false);
      this.parked++;
      const answer = this.#around.fetch({ ...request, headers });
      // Whoever stops waiting does not stop what the server does.
      answer.catch(() => {});
      let stop = () => {};
      const cut = new Promise<never>((_, reject) => {
        stop = () => reject(new TransportError('nobody waits for it any more', 'ABORT', true));
        request.signal.addEventListener('abort', stop);
        this.#onDeath.add(stop);
      });
      try {
        return await Promise.race([answer, cut]);
      } catch (error) {
        if (!(error instanceof ConnectionCut)) throw error;
        throw new TransportError('the connection was cut', 'ECONNRESET', true, { cause: error });
      } finally {
        this.parked--;
        request.signal.removeEventListener('abort', stop);
        this.#onDeath.delete(stop);
      }
    });
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.parked++;
    await this.#around.clock.sleep(ms, signal);
    this.parked--;
    // The dead do not wake.
    if (!this.alive) await new Promise(() => {});
  }

  #checkAlive(): void {
    if (!this.alive) throw new ProcessDied(`process ${this.name} is dead`);
  }
}

function lineageAttribute(): Record<string, string> {
  const lineage = inHand.getStore()?.lineage;
  return lineage === undefined ? {} : { lineage: JSON.stringify(lineage) };
}

/** Faults of the next operation only. Whoever lets operations go does so one at a time. */
function once<Fault extends string>(fault: Fault): () => Fault | undefined {
  let left: Fault | undefined = fault;
  return () => {
    const now = left;
    left = undefined;
    return now;
  };
}
