import { expect, it } from 'vitest';
import { violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const SALES = `Product,Month,Units\n${'Tea,Jan 26,1\n'.repeat(20)}`;

async function live(rules: NonNullable<WorldOptions['scenario']>['rules']): Promise<World> {
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    scenario: { rules },
    taskSeconds: 20,
  });
  await world.drop('sales/a.csv', SALES);
  await world.runUntilQuiet();
  return world;
}

function asked(world: World): string[] {
  return world.simulator
    .requests()
    .map(({ method, path }) => `${method} ${/\/(status|files|tasks|chunks\/\d+)(?:$|\?)/.exec(path)?.[1] ?? ''}`);
}

it('a start that has no time left to be answered is left to a new message', async () => {
  await using world = await live([{ match: { method: 'GET', path: '**/files', nth: 2 }, do: { delayMs: 125_000 } }]);
  expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
  expect(violationsOf(world)).toEqual([]);
  const before = asked(world).slice(0, asked(world).indexOf('POST tasks'));
  expect(before.slice(-6)).toEqual([
    'GET status',
    'GET files',
    'GET tasks',
    // a turn later
    'GET status',
    'GET files',
    'GET tasks',
  ]);
});

it('a chunk that was never answered keeps the lane, also when another was refused first', async () => {
  await using world = await live([
    { match: { method: 'PUT', path: '**/chunks/0' }, do: { answer: { status: 403 } } },
    { match: { method: 'PUT', path: '**/chunks/1' }, do: { delayMs: 600_000 } },
  ]);
  expect(world.runs().map(({ ended }) => [ended?.outcome, ended?.holdLane])).toEqual([
    ['failed', 'Anaplan has not answered since a file call of this run was cut off'],
  ]);
});
