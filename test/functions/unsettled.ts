import type { Scenario } from '../../simulator/index.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { type Dropped, keyOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

/** What Anaplan answers, and what is dropped, until nobody knows what became of a run; and hours of the watch after it. */

export type Rule = NonNullable<Scenario['rules']>[number];

export const many = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
export const EMPTY_LIST = { status: 200, body: { meta: {}, status: { code: 200, message: 'Success' } } };

export const START_LOST: Rule = { match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'after' } };
export const START_NEVER_ACTED: Rule = { match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'before' } };
export const hidesTasks = (times: number): Rule => ({
  match: { method: 'GET', path: '**/tasks', nth: many(times) },
  do: { answer: EMPTY_LIST },
});
export const forgetsTask = (times: number): Rule => ({
  match: { method: 'GET', path: '**/tasks/*', nth: many(times) },
  do: { answer: { status: 404 } },
});
export const taskFails: Rule = {
  match: { method: 'POST', path: '**/tasks', nth: 1 },
  do: { task: { fails: { type: 'actionFailed' } } },
};
/** The list is asked for once before the start, four times in the grace time, and then by the watch, whose first look is in vain too. */
export const UNTIL_LATER = 6;

export const SALES = 'Product,Month,Units\nTea,Jan 26,1\nCoffee,Feb 26,2\n';
export const REJECTED = 'Product,Month,Units\nTea,Jan 26,1\nCocoa,Feb 26,2\n';
export const PRODUCTS = 'Product,Code\nTea,T\nCoffee,C\nCocoa,K\n';
const FIRST_KEY = 'sales/a.csv';
export const NEXT: Dropped = { key: 'sales/next.csv', text: `${SALES}Mug,Mar 26,3\n` };

export interface Story extends Partial<WorldOptions> {
  steps?: PipelineOptions['steps'];
  pipeline?: Partial<PipelineOptions>;
  rules: readonly Rule[];
  text?: string;
}

/** One drop, lived until nobody knows what became of it. */
export async function live({ rules, steps = ['import'], pipeline = {}, text = SALES, ...options }: Story) {
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps, ...pipeline } },
    taskSeconds: 20,
    scenario: { rules: [...rules] },
    ...options,
  });
  await world.drop(FIRST_KEY, text);
  await world.runUntilQuiet();
  return world;
}

export async function watchFor(world: World, hours: number): Promise<void> {
  for (let look = 0; look < hours * 12; look++) {
    await world.clock.advance(300_000);
    world.watch();
    await world.runUntilQuiet();
  }
}

export const first = (world: World) => world.runs().find((run) => keyOf(run) === FIRST_KEY);

/** How the runs ended, without their order: that of their ids is that of their hashes. */
export const outcomesOf = (world: World) =>
  world
    .runs()
    .map(({ ended }) => ended?.outcome)
    .toSorted();
