import { readRequests } from '../../shared/run/read-requests.ts';
import type { Scenario } from '../../simulator/index.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

/** Lives of one run, to be lived again with something going wrong at each operation. */
export interface Life {
  name: string;
  like: 'local' | 'aws';
  steps: PipelineOptions['steps'];
  text: string;
  outcome: string;
  scenario?: Scenario;
}

const HEADER = 'Product,Month,Units';
const GOOD = [HEADER, 'Tea,Jan 26,1', 'Coffee,Feb 26,2', 'Mug,Mar 26,3', 'Tea,Apr 26,4', 'Mug,May 26,5', ''].join('\n');
const REJECTED = [HEADER, 'Tea,Jan 26,1', 'Cocoa,Feb 26,2', 'Mug,Mar 26,3', ''].join('\n');
const PRODUCTS = ['Product,Code', 'Tea,T', 'Coffee,C', 'Cocoa,K', 'Chai,H', ''].join('\n');
const FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/tasks' }, do: { task: { fails: { type: 'actionFailed' } } } }],
};

export const LIVES: readonly Life[] = [
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

export async function live(life: Life, options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await World.build({
    like: life.like,
    pipelines: { sales: { model: 'Plan 1', steps: life.steps } },
    taskSeconds: 20,
    ...(life.scenario === undefined ? {} : { scenario: life.scenario }),
    ...options,
  });
  await world.drop('sales/a.csv', life.text);
  await world.runUntilQuiet();
  return world;
}

/** What is wrong with a life that has been lived. `mayBeUnknown`: where nobody can ever tell whose the start was. */
export function wrongWith(life: Life, world: World, { mayBeUnknown = false } = {}): string[] {
  const found = violationsOf(world);
  const ended = world.runs()[0]?.ended;
  const isRight =
    ended?.outcome === life.outcome || (mayBeUnknown && ended?.outcome === 'unknown' && leavesUnknown(world));
  return isRight ? found : [...found, `it ended ${ended?.outcome}: ${ended?.failure?.message}`];
}

/**
 * Whether it stays open for ever whose the start was: the intent is in the ledger and Anaplan has no task; or it has one, nothing
 * named it ours while it ran, and it tells no total of rows to compare.
 */
function leavesUnknown(world: World): boolean {
  return world.runs().some(({ steps }) =>
    steps.some(({ start, task, result }) => {
      if (start === null) return false;
      return task === null || (task.adopted && task.named !== true && result?.rowsVerified === false);
    }),
  );
}

/** What the simulated Anaplan saw, and what of it is kept of the one run, one line each; and where the run says that requests are missing. */
export async function requestsOf(world: World) {
  const [run] = world.runs();
  if (run === undefined) throw new Error('there is no run');
  const { requests, gaps } = await readRequests(world.state, run);
  const line = ({ method, path, status }: { method: string; path: string; status?: number }) =>
    `${method} ${path} ${status}`;
  const saw = world.simulator.requests().map(line);
  const kept = requests.map(line);
  const countIn = (list: readonly string[], each: string) => list.filter((other) => other === each).length;
  const missing = saw.filter((each) => countIn(saw, each) > countIn(kept, each));
  return { saw, kept, gaps, missing, requests };
}
