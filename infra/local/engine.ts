import { type Logger, silentLogger } from '../../shared/observe/logger.ts';
import { ClockWatch } from './clock-watch.ts';
import type { LockedDataFolder } from './data-folder.ts';
import { whyNoRoom } from './disk-room.ts';
import { EventSourceMapping, type Mapping } from './event-source-mapping.ts';
import { Trouble } from './trouble.ts';

export interface EngineOptions {
  log?: Logger;
  /** After how long a failed message reappears; default 5 s, so that nobody waits 15 minutes on a laptop. */
  failedVisibilitySeconds?: number;
  /** How soon a message sent by another process is seen, at the latest; default 1000. */
  lookAgainMs?: number;
  /** Below this much free disk nothing is received, because no handler could keep its result; default 32 MiB. */
  minimumFreeBytes?: number;
  /**
   * Called once when the disk or the data folder does not let work go on, and again when the reason changes. Default: logged as an
   * error, with the word that work goes on by itself when the trouble is over.
   */
  onTrouble?: (reason: string) => void;
}

export interface Engine {
  /**
   * Resolves when no mapped queue holds a message, visible, in flight or delayed, and no handler runs.
   * @throws StorageError when the queues cannot be asked
   */
  idle(): Promise<void>;
  /**
   * Receives no more, waits for running handlers up to `waitSeconds` (default 30), then closes the data folder and frees its
   * lock. What a handler still does after that fails; its message is delivered again by the next engine.
   * @param beside what else works on the data folder, and may end within the same time
   * @returns whether every handler had come back, and all else was over
   */
  stop(waitSeconds?: number, beside?: readonly Promise<unknown>[]): Promise<boolean>;
}

/** Calls the handlers for what is in the queues of `folder`, until stopped. */
export function startEngine(
  folder: LockedDataFolder,
  mappings: readonly Mapping[],
  options: EngineOptions = {},
): Engine {
  const { queues, clock } = folder;
  const log = options.log ?? silentLogger;
  const minimumFreeBytes = options.minimumFreeBytes ?? 32 * 1024 * 1024;
  let waiting: PromiseWithResolvers<void>[] = [];

  const isIdle = () =>
    running.every((mapping) => mapping.running === 0 && queues.nextVisibleAt(mapping.queue) === undefined);
  const tellIfIdle = () => {
    if (waiting.length === 0) return;
    try {
      if (!isIdle()) return;
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
    waiting = [];
  };
  const trouble = new Trouble(
    options.onTrouble ??
      ((reason) => log.error(`Waiting: ${reason} Nothing is lost, and work goes on by itself when that is mended.`)),
  );
  const clockWatch = new ClockWatch(folder, log);
  const running = mappings.map(
    (mapping) =>
      new EventSourceMapping(mapping, {
        queues,
        clock,
        log,
        failedVisibilitySeconds: options.failedVisibilitySeconds ?? 5,
        lookAgainMs: options.lookAgainMs ?? 1000,
        trouble,
        pause: () => {
          const reason = whyNoRoom(folder.dataDir, minimumFreeBytes);
          return reason ?? reasonNotTo(() => clockWatch.look());
        },
        onSettled: tellIfIdle,
      }),
  );
  const stopListening = queues.onChange((queue) => {
    for (const mapping of running) if (mapping.queue === queue) mapping.wake();
  });
  for (const mapping of running) mapping.start();

  let stopped: Promise<boolean> | undefined;
  const stop = async (waitSeconds: number, beside: readonly Promise<unknown>[]) => {
    stopListening();
    const enough = new AbortController();
    const ending = [...running.map((mapping) => mapping.stop()), ...beside];
    const finished = Promise.allSettled(ending).then(() => true);
    const late = clock.sleep(waitSeconds * 1000, enough.signal).then(() => false);
    const inTime = await Promise.race([finished, late]);
    enough.abort();
    folder.close();
    return inTime;
  };
  return {
    idle: () => {
      const asked = Promise.withResolvers<void>();
      waiting.push(asked);
      tellIfIdle();
      return asked.promise;
    },
    stop: (waitSeconds = 30, beside = []) => (stopped ??= stop(waitSeconds, beside)),
  };
}

/** What keeps `act` from being done, in plain words. */
function reasonNotTo(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
