import type { CommandPlace } from '../diagnosis/command-place.ts';
import type { Logger } from '../observe/logger.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Queues } from '../ports/queue.ts';
import type { Store } from '../ports/store.ts';
import type { Run, Todo } from './run.ts';

/** What the life of a run needs from the outside, built once per process and passed in. */
export interface RunServices {
  /** Ledger, lanes, failures, dumps. */
  state: Store;
  /** The bucket that drops land in. */
  source(bucket: string): Store;
  queues: Queues;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  log: Logger;
  /** What of an ending this process has no right to do; another does it. */
  leaves?: readonly Todo[];
  /** This start of the local engine; absent on AWS. Claims of an earlier start are dead. */
  engine?: string;
  /** How long a newcomer waits before it asks for an idle lane: drops arrive out of order on AWS, never locally. */
  settleSeconds: number;
  /** How many days ledgers are kept: an older trigger may have had its run, and opens none. Absent: nothing is too old. */
  retentionDays?: number;
  /** How long failures like one that was told of are only counted; default 15 minutes, 0: each is told by itself. */
  burstSeconds?: number;
  /** What the commands in alerts need, to find this installation; absent where they find it by themselves. */
  commandPlace?: CommandPlace;
  /** Told after every commit; the command line shows progress with it. */
  onCommit?: (run: Run) => void;
}
