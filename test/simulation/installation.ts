import type { SQSEvent } from 'aws-lambda';
import { createBuryMessage } from '../../functions/bury-message/handler.ts';
import { createCollectResult } from '../../functions/collect-result/handler.ts';
import { createPollTask } from '../../functions/poll-task/handler.ts';
import { createReceiveDrop } from '../../functions/receive-drop/handler.ts';
import { createReceiveSchedule } from '../../functions/receive-schedule/handler.ts';
import type { Services } from '../../functions/services.ts';
import { createStartAction } from '../../functions/start-action/handler.ts';
import { createUploadFile } from '../../functions/upload-file/handler.ts';
import { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import type { Random } from '../../shared/ports/clock.ts';
import type { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { seededRandom } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { OURS } from './tenant.ts';

/** Queues with a function behind them. */
export const WORK_QUEUES = ['drops', 'schedules', 'upload', 'start', 'poll', 'collect', 'poison'] as const;
export type WorkQueue = (typeof WORK_QUEUES)[number];

export const ORIGIN = 'http://127.0.0.1:1';

type Handler = (event: SQSEvent, context: object) => Promise<unknown>;

export interface Parts {
  like: 'local' | 'aws';
  state: MemoryStore;
  drops: MemoryStore;
  pipelines: Services['pipelines'];
  log: Logger;
  random: Random;
  partBytes: number | undefined;
}

/** The functions as each process has them: built once for it, as at a cold start. */
export class Installation {
  readonly #parts: Parts;
  readonly #services = new Map<SimulatedProcess, Services>();
  readonly #handlers = new Map<SimulatedProcess, Record<WorkQueue, Handler>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  servicesOf(process: SimulatedProcess): Services {
    const services = this.#services.get(process) ?? this.#build(process);
    this.#services.set(process, services);
    return services;
  }

  handlersOf(process: SimulatedProcess): Readonly<Record<WorkQueue, Handler>> {
    const known = this.#handlers.get(process);
    if (known !== undefined) return known;
    const services = this.servicesOf(process);
    const handlers = {
      drops: createReceiveDrop(services),
      schedules: createReceiveSchedule(services),
      upload: createUploadFile(services),
      start: createStartAction(services),
      poll: createPollTask(services),
      collect: createCollectResult(services),
      poison: createBuryMessage(services),
    };
    this.#handlers.set(process, handlers);
    return handlers;
  }

  #build(process: SimulatedProcess): Services {
    const { like, state, drops, pipelines, log, partBytes } = this.#parts;
    const { clock, transport, queues, alerts } = process;
    const random = seededRandom(Math.floor(this.#parts.random() * 2 ** 32));
    return {
      state: process.store(state),
      source: (bucket) => process.store(bucket === state.bucket ? state : drops),
      queues,
      alerts,
      clock,
      random,
      log: log.child({ process: process.name }),
      ...(like === 'local' ? { engine: process.name } : {}),
      settleSeconds: like === 'local' ? 0 : 10,
      retentionDays: 400,
      gzip: false,
      ...(partBytes === undefined ? {} : { partBytes }),
      pipelines,
      anaplan: new AnaplanClient({
        apiUrl: ORIGIN,
        authUrl: ORIGIN,
        oauthUrl: ORIGIN,
        credentials: async () => ({ kind: 'basic', username: OURS.email, password: OURS.password }),
        clock,
        random,
        transport,
      }),
    };
  }
}
