import type { Fate, Operation } from './operation.ts';
import { below, pick, type Random, randomOf } from './random.ts';

/** Everything that can go wrong by chance, with the chance at which it goes wrong in an ordinary storm at the most. */
export const FAULTS = {
  // of each operation
  'dies before': 0.005,
  'dies after': 0.005,
  'an operation is slow': 0.02,
  'a store operation fails': 0.008,
  "a store's answer is lost": 0.008,
  'a write is refused after its success': 0.008,
  'a write meets only conflicts': 0.008,
  'the store fails for a while': 0.002,
  'a send fails': 0.02,
  "a send's answer is lost": 0.02,
  'a message comes twice': 0.04,
  'a message comes late': 0.05,
  'an alert fails': 0.2,
  "an alert's answer is lost": 0.2,
  // of each step of the world
  'dies meanwhile': 0.003,
  'time passes': 0.02,
  // of each request
  'a start is cut off after it acted': 0.2,
  'a start is cut off before it acted': 0.2,
  'a start is answered by a gateway': 0.2,
  'a start is refused': 0.2,
  'a start acts late': 0.2,
  'a start hangs': 0.2,
  'a task fails': 0.2,
  'a colleague starts the same, and a start is cut off': 0.2,
  'a colleague starts something': 0.05,
  'a file call acts late': 0.1,
  'a file call hangs': 0.1,
  'the model is unloaded': 0.01,
  'tokens expire': 0.025,
  'too many requests': 0.025,
  'a gateway fails': 0.025,
  'Anaplan fails after it acted': 0.015,
  'a request is cut off before it acted': 0.025,
  'a request is cut off after it acted': 0.025,
  'an answer is garbage': 0.01,
  'an answer is slow': 0.025,
} as const;

export type FaultName = keyof typeof FAULTS;
/** The chance of each fault that there is in a story. */
export type Faults = Partial<Record<FaultName, number>>;

const NAMES = Object.keys(FAULTS) as FaultName[];
/** No fault hits more often: what always fails shows nothing else. */
const MOST = 0.5;

/** All faults, or some of them, each up to its most; or a few alone, and these far more often. */
export function faultsOf(random: Random, harshness: number): Faults {
  const faults: Faults = {};
  if (harshness === 0) return faults;
  const kind = random();
  if (kind < 0.25) {
    for (let i = 0; i < 4; i++) {
      const name = pick(random, NAMES);
      faults[name] = Math.min(MOST, (0.5 + random()) * FAULTS[name] * harshness * 4);
    }
    return faults;
  }
  for (const name of NAMES)
    if (random() < (kind < 0.6 ? 0.4 : 1)) faults[name] = Math.min(MOST, random() * FAULTS[name] * harshness);
  return faults;
}

/** How many more store operations of a process fail, at the most, where the store fails for a while. */
const MOST_FAILURES = 6;
/** The longest that an operation takes: most of what a function has. */
const SLOWEST_MS = 90_000;

/** How long each operation takes, in milliseconds: usually no time. It hangs on the operation, as its fate does. */
export function slownessOf(
  faults: Faults,
  luck: number,
): (operation: Pick<Operation, 'kind' | 'name' | 'about'>) => number {
  const chance = faults['an operation is slow'] ?? 0;
  if (chance === 0) return () => 0;
  const times = new Map<string, number>();
  return ({ kind, name, about }) => {
    const like = `slow ${kind} ${name} ${about}`;
    const time = (times.get(like) ?? 0) + 1;
    times.set(like, time);
    const random = randomOf(like, luck + time);
    return random() < chance ? Math.ceil(random() * random() * SLOWEST_MS) : 0;
  };
}

/**
 * The fate of each operation. It hangs on the operation and on how often there was one like it, not on what was before, so that
 * a story with a drop less has the same faults elsewhere.
 */
export function fateOf(faults: Faults, luck: number): (operation: Operation) => Fate {
  const times = new Map<string, number>();
  const chance = (name: FaultName) => faults[name] ?? 0;
  const outages = new WeakMap<object, number>();
  return ({ kind, name, about, process }) => {
    const left = kind === 'store' ? (outages.get(process) ?? 0) : 0;
    if (left > 0) {
      outages.set(process, left - 1);
      return { kind: 'store-fault', fault: 'fail' };
    }
    const like = `${kind} ${name} ${about}`;
    const time = (times.get(like) ?? 0) + 1;
    times.set(like, time);
    const random = randomOf(like, luck + time);
    let drawn = random();
    const happens = (fault: FaultName): boolean => {
      drawn -= chance(fault);
      return drawn < 0;
    };
    if (happens('dies before')) return { kind: 'killed-before' };
    if (happens('dies after')) return { kind: 'killed-after' };
    if (kind === 'store') {
      if (happens('a store operation fails')) return { kind: 'store-fault', fault: 'fail' };
      if (happens("a store's answer is lost")) return { kind: 'store-fault', fault: 'lost-acknowledgement' };
      if (happens('a write is refused after its success')) return { kind: 'store-fault', fault: 'lost-then-refused' };
      if (happens('a write meets only conflicts')) return { kind: 'store-fault', fault: 'conflict' };
      if (happens('the store fails for a while')) {
        outages.set(process, 1 + below(random, MOST_FAILURES));
        return { kind: 'store-fault', fault: 'fail' };
      }
    }
    if (kind === 'queue') {
      if (happens('a send fails')) return { kind: 'queue-fault', fault: 'fail' };
      if (happens("a send's answer is lost")) return { kind: 'queue-fault', fault: 'lost-acknowledgement' };
      if (happens('a message comes twice')) return { kind: 'queue-fault', fault: 'duplicate' };
      if (happens('a message comes late')) return { kind: 'sent-late', seconds: Math.ceil(random() * random() * 900) };
    }
    if (kind === 'alert') {
      if (happens('an alert fails')) return { kind: 'alert-fault', fault: 'fail' };
      if (happens("an alert's answer is lost")) return { kind: 'alert-fault', fault: 'lost-acknowledgement' };
    }
    return { kind: 'goes' };
  };
}
