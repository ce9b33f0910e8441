import { describe, expect, it } from 'vitest';
import type { Fate, Operation } from '../simulation/operation.ts';
import { GOES } from '../simulation/operation.ts';
import { LIVES, live, wrongWith } from './lives.ts';

/** Stores and queues fail, at every single operation of a life and all the time; the run ends as if they had not. */

const FAULTS: { name: string; fits: (operation: Operation) => boolean; fate: Fate }[] = [
  { name: 'a store operation fails', fits: isStore, fate: { kind: 'store-fault', fault: 'fail' } },
  { name: 'its answer is lost', fits: isStore, fate: { kind: 'store-fault', fault: 'lost-acknowledgement' } },
  { name: 'its repetition is refused', fits: isSwap, fate: { kind: 'store-fault', fault: 'lost-then-refused' } },
  { name: 'a write meets only conflicts', fits: isSwap, fate: { kind: 'store-fault', fault: 'conflict' } },
  { name: 'a send fails', fits: isSend, fate: { kind: 'queue-fault', fault: 'fail' } },
  { name: 'a send succeeds unheard', fits: isSend, fate: { kind: 'queue-fault', fault: 'lost-acknowledgement' } },
  { name: 'a message comes twice', fits: isSend, fate: { kind: 'queue-fault', fault: 'duplicate' } },
];

function isStore({ kind }: Operation): boolean {
  return kind === 'store';
}
function isSwap({ kind, name }: Operation): boolean {
  return kind === 'store' && (name === 'create' || name === 'replace');
}
function isSend({ kind }: Operation): boolean {
  return kind === 'queue';
}

const FAULTY = LIVES.filter(({ like, steps }) => like === 'local' || steps.length === 1);

describe.each(FAULTY)('in the life of $name, like $like', (life) => {
  it.each(FAULTS)('$name, at each operation', async ({ fits, fate }) => {
    await using plain = await live(life);
    const problems: string[] = [];
    for (let at = 1; at <= plain.operations; at++) {
      let met: Operation | undefined;
      const spoil = (operation: Operation) => {
        if (operation.number < at || met !== undefined || !fits(operation)) return GOES;
        met = operation;
        return fate;
      };
      await using world = await live(life, { fate: spoil });
      // The operation after it is the same life again.
      if (met !== undefined) at = Math.max(at, met.number);
      const where = `${at} (${met?.name} ${met?.about})`;
      problems.push(...wrongWith(life, world).map((what) => `${where}: ${what}`));
    }
    expect(problems).toEqual([]);
  });

  it('every message comes twice', async () => {
    await using world = await live(life, {
      fate: (operation) => (isSend(operation) ? { kind: 'queue-fault', fault: 'duplicate' } : GOES),
    });
    expect(wrongWith(life, world)).toEqual([]);
  });

  it.each([3, 5])('every %ith write is refused after its own success', async (every) => {
    let writes = 0;
    await using world = await live(life, {
      fate: (operation) =>
        isSwap(operation) && ++writes % every === 0 ? { kind: 'store-fault', fault: 'lost-then-refused' } : GOES,
    });
    expect(wrongWith(life, world)).toEqual([]);
  });
});
