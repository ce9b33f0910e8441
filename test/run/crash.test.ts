import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/index.ts';
import { GOES, type Operation } from '../simulation/operation.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

/** A run is killed before and after every single operation, one kill in each life; what Anaplan saw decides. */

const HEADER = 'Product,Month,Units';
const GOOD = [HEADER, 'Tea,Jan 26,1', 'Coffee,Feb 26,2', 'Mug,Mar 26,3', 'Tea,Apr 26,4', 'Mug,May 26,5', ''].join('\n');
const REJECTED = [HEADER, 'Tea,Jan 26,1', 'Cocoa,Feb 26,2', 'Mug,Mar 26,3', ''].join('\n');
const FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/tasks' }, do: { task: { fails: { type: 'actionFailed' } } } }],
};

const PRODUCTS = ['Product,Code', 'Tea,T', 'Coffee,C', 'Cocoa,K', 'Chai,H', ''].join('\n');

interface Life {
  like: 'local' | 'aws';
  name: string;
  steps: PipelineOptions['steps'];
  text: string;
  outcome: string;
  scenario?: Scenario;
}

const LIVES: Life[] = [
  { name: 'an import and a process', like: 'local', steps: ['import', 'process'], text: GOOD, outcome: 'succeeded' },
  { name: 'an import and a process', like: 'aws', steps: ['import', 'process'], text: GOOD, outcome: 'succeeded' },
  {
    name: 'an import with rejects',
    like: 'local',
    steps: ['import'],
    text: REJECTED,
    outcome: 'succeeded-with-rejects',
  },
  { name: 'an import that fails', like: 'aws', steps: ['import'], text: GOOD, outcome: 'failed', scenario: FAILS },
  { name: 'an import that counts its rows', like: 'aws', steps: ['list-import'], text: PRODUCTS, outcome: 'succeeded' },
];
const KINDS = ['killed-before', 'killed-after'] as const;

async function live(life: Life, fate: NonNullable<WorldOptions['fate']>): Promise<World> {
  const world = await World.build({
    like: life.like,
    pipelines: { sales: { model: 'Plan 1', steps: life.steps } },
    taskSeconds: 20,
    fate,
    ...(life.scenario === undefined ? {} : { scenario: life.scenario }),
  });
  await world.drop('sales/a.csv', life.text);
  await world.runUntilQuiet();
  return world;
}

/**
 * Whether dying here leaves it open for ever whose the start was: the intent is in the ledger and Anaplan has no task; or it has
 * one, nothing named it ours while it ran, and it tells no total of rows to compare.
 */
function leavesUnknown(world: World): boolean {
  return world.runs().some(({ steps }) =>
    steps.some(({ start, task, result }) => {
      if (start === null) return false;
      return task === null || (task.adopted && task.named !== true && result?.rowsVerified === false);
    }),
  );
}

describe.each(LIVES)('the life of $name, like $like', (life) => {
  it.each(KINDS)('%s each of its operations', async (kind) => {
    const dropped = [{ key: 'sales/a.csv', text: life.text }];
    await using plain = await live(life, () => GOES);
    expect(plain.runs().map(({ ended }) => ended?.outcome)).toEqual([life.outcome]);
    expect(violationsOf(plain, dropped)).toEqual([]);
    const problems: string[] = [];
    for (let at = 1; at <= plain.operations; at++) {
      let killed: Operation | undefined;
      await using world = await live(life, (operation) => {
        if (operation.number !== at) return GOES;
        killed = operation;
        return { kind };
      });
      const found = violationsOf(world, dropped);
      const [run] = world.runs();
      const outcome = run?.ended?.outcome;
      const isRight = outcome === life.outcome || (outcome === 'unknown' && leavesUnknown(world));
      if (!isRight) found.push(`it ended ${outcome}: ${run?.ended?.failure?.message}`);
      const where = `${kind} ${at} (${killed?.kind} ${killed?.name} ${killed?.about})`;
      if (found.length > 0) problems.push(`${where}: ${found.join('; ')}`);
    }
    expect(problems).toEqual([]);
  });
});
