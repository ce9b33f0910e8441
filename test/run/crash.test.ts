import { describe, expect, it } from 'vitest';
import { GOES, type Operation } from '../simulation/operation.ts';
import { LIVES, live, requestsOf, wrongWith } from './lives.ts';

/**
 * A run is killed before and after every single operation, one kill in each life; what Anaplan saw decides. Requests that were not kept
 * when it died are missing afterwards, and it has to be said.
 */
describe.each(LIVES)('the life of $name, like $like', (life) => {
  it.each(['killed-before', 'killed-after'] as const)('%s each of its operations', async (kind) => {
    await using plain = await live(life);
    expect(wrongWith(life, plain)).toEqual([]);
    expect(plain.runs().map(({ ended }) => ended?.outcome)).toEqual([life.outcome]);
    const problems: string[] = [];
    let lost = 0;
    for (let at = 1; at <= plain.operations; at++) {
      let killed: Operation | undefined;
      await using world = await live(life, {
        fate: (operation) => {
          if (operation.number !== at) return GOES;
          killed = operation;
          return { kind };
        },
      });
      const where = `${kind} ${at} (${killed?.kind} ${killed?.name} ${killed?.about})`;
      problems.push(...wrongWith(life, world, { mayBeUnknown: true }).map((what) => `${where}: ${what}`));
      const { missing, gaps } = await requestsOf(world);
      lost += missing.length;
      if (missing.length > 0 && gaps.length === 0)
        problems.push(`${where}: nothing tells that these are lost: ${missing}`);
    }
    expect(problems).toEqual([]);
    expect(lost).toBeGreaterThan(0);
  });
});
