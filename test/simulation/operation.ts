import type { QueueFault } from '../../shared/ports/memory/memory-queues.ts';
import type { StoreFault } from '../../shared/ports/memory/memory-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** One thing that a process does to the world outside it: where it may die, fail, or be overtaken by another. */
export interface Operation {
  /** from 1, in the order in which they were let go */
  number: number;
  process: SimulatedProcess;
  /** the same object for all operations of one invocation, also where a process has several at once */
  invocation: object;
  kind: 'store' | 'queue' | 'alert' | 'http' | 'acknowledge';
  /** `get`, `replace`, `send`, `PUT`, … */
  name: string;
  /** key, queue or path */
  about: string;
}

/** What becomes of an operation. */
export type Fate =
  | { kind: 'goes' }
  /** the process dies instead */
  | { kind: 'killed-before' }
  /** it happens, and the process dies before it learns of it */
  | { kind: 'killed-after' }
  | { kind: 'store-fault'; fault: StoreFault }
  | { kind: 'queue-fault'; fault: QueueFault }
  /** a message that is on its way for longer than it was told to be */
  | { kind: 'sent-late'; seconds: number }
  | { kind: 'alert-fault'; fault: 'fail' | 'lost-acknowledgement' };

export const GOES: Fate = { kind: 'goes' };

/** Whether the operation has its effect, whoever learns of it. */
export function isCarriedOut(fate: Fate): boolean {
  if (fate.kind === 'killed-before') return false;
  return !('fault' in fate) || !['fail', 'conflict', 'denied'].includes(fate.fault);
}
