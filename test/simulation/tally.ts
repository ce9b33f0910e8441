import type { FaultName } from './faults.ts';
import type { Fate } from './operation.ts';
import type { World } from './world.ts';

/** How often each thing happened, by its name. */
export type Tally = Map<string, number>;

export function count(tally: Tally, what: string, times = 1): void {
  tally.set(what, (tally.get(what) ?? 0) + times);
}

/** Everything that made trouble in a world: to its processes, to the store, the queues and the alerts, at Anaplan, and by people. */
export function tallyOf(world: World): Tally {
  const tally: Tally = new Map(world.troubles);
  for (const { weather } of world.simulator.requests())
    if (weather !== undefined) count(tally, `Anaplan: ${WEATHER_WORDS[weather] ?? weather}`);
  return tally;
}

/** What a fate is called that is no ordinary one. */
export function nameOfFate(fate: Exclude<Fate, { kind: 'goes' }>): string {
  switch (fate.kind) {
    case 'killed-before':
      return FAULT_WORDS['dies before'];
    case 'killed-after':
      return FAULT_WORDS['dies after'];
    case 'sent-late':
      return 'queue: a message comes late';
    case 'store-fault':
    case 'queue-fault':
    case 'alert-fault':
      return `${fate.kind.replace('-fault', '')}: ${RESULT_WORDS[fate.fault]}`;
    default:
      return fate satisfies never;
  }
}

const FAULT_WORDS = {
  'dies before': 'a process dies before an operation',
  'dies after': 'a process dies after an operation, before it learns of it',
} as const satisfies Partial<Record<FaultName, string>>;

const RESULT_WORDS: Readonly<Record<Extract<Fate, { fault: string }>['fault'], string>> = {
  fail: 'an operation fails',
  'lost-acknowledgement': 'an operation is done and its answer lost',
  'lost-then-refused': 'a write is done and its repetition refused',
  conflict: 'a write meets only conflicts',
  denied: 'the bucket denies an operation',
  duplicate: 'a message comes twice',
};

/** By the actions of the simulator's scenario. */
const WEATHER_WORDS: Readonly<Record<string, string>> = {
  answer: 'a request is refused, or answered by a gateway',
  reset: 'a connection is cut, before or after the request acted',
  actLaterMs: 'a start acts after its connection was cut',
  'actLaterMs, busy': 'a file call acts after its connection was cut, and the model is busy until then',
  delayMs: 'an answer is slow',
  'delayMs, busy': 'a file call hangs',
  'reset, otherStarts': 'a colleague starts the same, and our start is cut off',
  otherStarts: 'a colleague starts something',
  expireTokens: 'tokens expire',
  garble: 'an answer is garbage',
  unload: 'the model is unloaded and forgets its tasks',
  task: 'a task fails',
};

/** A table of what happened, the most frequent first. */
export function tellTally(tally: Tally): string {
  return [...tally]
    .toSorted(([, a], [, b]) => b - a)
    .map(([what, times]) => `${String(times).padStart(9)}  ${what}`)
    .join('\n');
}
