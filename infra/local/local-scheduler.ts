import * as z from 'zod';
import { type Logger, silentLogger } from '../../shared/observe/logger.ts';
import { expectationSchedule } from '../../shared/pipeline/expectation.ts';
import { earlierAnchor, nextFiring, type ScheduleExpression } from '../../shared/pipeline/schedule-times.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Queues } from '../../shared/ports/queue.ts';
import type { Store } from '../../shared/ports/store.ts';

/** A pipeline and when it is to run, or when a file of it should have come. */
export interface PipelineSchedule extends ScheduleExpression {
  pipeline: string;
  expect?: true;
}

/** Every schedule of a configuration. */
export function schedulesOf({ pipelines }: Pick<Configuration, 'pipelines'>): PipelineSchedule[] {
  return Object.entries(pipelines).flatMap(([pipeline, { trigger, expectBy }]): PipelineSchedule[] => {
    if (expectBy !== undefined) return [{ pipeline, expect: true, ...expectationSchedule(expectBy) }];
    if (trigger?.kind !== 'schedule') return [];
    return [{ pipeline, expression: trigger.expression, timezone: trigger.timezone }];
  });
}

/** Under which name the last firing of a schedule is kept. */
function memoryKey({ pipeline, expect }: PipelineSchedule): string {
  return expect ? `${pipeline}/expect` : pipeline;
}

export interface LocalSchedulerOptions {
  state: Store;
  queues: Queues;
  clock: Clock;
  schedules: readonly PipelineSchedule[];
  log?: Logger;
  /** What was due at most this long before the start still fires; default 15. What is older is told and left out. */
  catchUpMinutes?: number;
}

/** Where the last firing of each schedule is kept, in the state bucket. */
const KEY = 'schedules.json';
/** A clock that was set, or a laptop that slept, is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;
/** What a time service corrects is far below it. */
const SET_BACK_MS = 60_000;
/** Nothing of this program ran before it: a machine without a battery for its clock begins in 1970 or 2000. */
const NEVER_BEFORE = Date.UTC(2026, 0, 1);

const memorySchema = z.record(
  z.string(),
  z.object({ expression: z.string(), timezone: z.string(), anchor: z.number(), last: z.number() }),
);
type Memory = z.infer<typeof memorySchema>;

/**
 * EventBridge Scheduler for one machine: sends `{ pipeline, scheduledAt }` to the `schedules` queue when a schedule is due, and says
 * where nothing is to run but a file should have come.
 *
 * A firing is sent before it is written down, so a kill in between sends it twice; the scheduled time names the run, so the
 * second message finds the run of the first. So after a clock that was ahead is set right, what was due in the last minutes by the clock as
 * it is now is sent again too.
 */
export class LocalScheduler {
  readonly #options: Required<LocalSchedulerOptions>;
  readonly #stop = new AbortController();
  #memory: Memory | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: LocalSchedulerOptions) {
    this.#options = { log: silentLogger, catchUpMinutes: 15, ...options };
  }

  /** Fires what is due until stopped. */
  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /**
   * Sends what is due now, each once, in the order of its time.
   * @returns when something is due next (epoch ms); `undefined` when nothing ever is
   */
  async fireDue(): Promise<number | undefined> {
    const { clock, queues, log } = this.#options;
    const memory = await this.#remember();
    const now = clock.now();
    const horizon = now - this.#options.catchUpMinutes * 60_000;
    await this.#followClock(memory, { now, horizon });
    for (;;) {
      const next = this.#next(memory);
      if (next === undefined || next.at > now) return next?.at;
      const { pipeline, expect } = next.schedule;
      const scheduledAt = new Date(next.at).toISOString();
      if (next.at < horizon) {
        log.warn(
          `Nothing was running when ${pipeline} was due at ${scheduledAt}; what was due until ${new Date(horizon).toISOString()} is left out`,
          {
            pipeline,
          },
        );
        next.entry.last = horizon - 1;
      } else {
        await queues.send('schedules', JSON.stringify({ pipeline, ...(expect ? { expect } : {}), scheduledAt }));
        log.info(`The schedule of ${pipeline} has fired`, { pipeline, scheduledAt });
        next.entry.last = next.at;
      }
      await this.#write(memory);
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.#stop.signal.aborted) {
      let next: number | undefined;
      try {
        next = await this.fireDue();
      } catch (error) {
        log.error(error instanceof Error ? error.message : String(error));
      }
      const wait = Math.min((next ?? Number.POSITIVE_INFINITY) - clock.now(), LONGEST_SLEEP_MS);
      await clock.sleep(Math.max(0, wait), this.#stop.signal);
    }
  }

  /**
   * Brings back what is noted for a time that is still to come: the clock was ahead, and nothing would fire until it is there again. A
   * schedule that began in that time goes on in its rhythm. While the clock is plainly behind, nothing is brought back, and so nothing
   * fires.
   */
  async #followClock(memory: Memory, { now, horizon }: { now: number; horizon: number }): Promise<void> {
    const latest = Math.max(...Object.values(memory).map(({ last, anchor }) => Math.max(last, anchor)));
    if (latest <= now || now < NEVER_BEFORE) return;
    for (const entry of Object.values(memory)) {
      if (entry.anchor > now + SET_BACK_MS)
        Object.assign(entry, { anchor: earlierAnchor(entry, entry.anchor, now), last: now - 1 });
      else if (entry.last > now) entry.last = Math.max(entry.anchor, horizon) - 1;
    }
    if (latest > now + SET_BACK_MS) {
      const minutes = Math.round((latest - now) / 60_000);
      this.#options.log.warn(
        `The clock of this machine was ahead by ${minutes} min or more, or is behind now. Schedules fire by the clock as it is: what was left ` +
          'out too early fires at its time, and what has run does not run again.',
        { now: new Date(now).toISOString(), latest: new Date(latest).toISOString() },
      );
    }
    await this.#write(memory);
  }

  #next(memory: Memory) {
    let first: { at: number; schedule: PipelineSchedule; entry: Memory[string] } | undefined;
    for (const schedule of this.#options.schedules) {
      const entry = memory[memoryKey(schedule)];
      const at = entry && nextFiring(schedule, entry.last, entry.anchor);
      if (entry !== undefined && at !== undefined && (first === undefined || at < first.at))
        first = { at, schedule, entry };
    }
    return first;
  }

  /** A schedule that is new, or was changed, begins now: it does not catch up on a past it did not have. */
  async #remember(): Promise<Memory> {
    if (this.#memory !== undefined) return this.#memory;
    const { state, clock, schedules, log } = this.#options;
    const known = parse((await state.get(KEY))?.body);
    const now = clock.now();
    const memory: Memory = {};
    for (const schedule of schedules) {
      const { pipeline, expression, timezone } = schedule;
      const before = known[memoryKey(schedule)];
      if (nextFiring({ expression, timezone }, now - 1, now) === undefined) {
        log.warn(`The schedule of ${pipeline} fires no more: ${expression} in ${timezone}.`, { pipeline });
      }
      memory[memoryKey(schedule)] =
        before?.expression === expression && before.timezone === timezone
          ? before
          : { expression, timezone, anchor: now, last: now - 1 };
    }
    await this.#write(memory);
    this.#memory = memory;
    return memory;
  }

  async #write(memory: Memory): Promise<void> {
    await this.#options.state.put(KEY, JSON.stringify(memory, null, 2), { contentType: 'application/json' });
  }
}

/** What cannot be read is forgotten: every schedule then begins now. */
function parse(body: Uint8Array | undefined): Memory {
  try {
    return memorySchema.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return {};
  }
}
