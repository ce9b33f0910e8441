import { OURS } from '../simulation/tenant.ts';
import type { World } from '../simulation/world.ts';

/** A run of an import and an export, and what both leave. */

export const DROP = 'Product,Month,Units\nTea,Jan 26,1\nCoffee,Feb 26,2\nMug,Mar 26,3\nTea,Apr 26,4\nMug,May 26,5\n';
/** What the export of the module then writes: 88 bytes. */
export const EXPORTED =
  'Products,Time,Units\nTea,Jan 26,1\nTea,Apr 26,4\nCoffee,Feb 26,2\nMug,Mar 26,3\nMug,May 26,5\n';

export const theRun = (world: World) => world.runs()[0];

/** The chunks of the export's file that were fetched, in order. */
export const downloads = (world: World) =>
  world.simulator
    .requests()
    .filter(({ method, path }) => method === 'GET' && /\/files\/116\d+\/chunks\/\d+$/.test(path))
    .map(({ path }) => Number(path.split('/').at(-1)));

/** What is wrong with an export that is over; nothing when all of it is where it belongs, and nothing else is left. */
export function wrongWith(world: World, expected = EXPORTED): string[] {
  const run = theRun(world);
  if (run === undefined) return ['there is no run'];
  const key = `exports/${run.runId}.csv`;
  const found: string[] = [];
  if (run.ended?.outcome !== 'succeeded') found.push(`it ended ${run.ended?.outcome}: ${run.ended?.failure?.message}`);
  if (world.state.text(key) !== expected) found.push(`the store has ${JSON.stringify(world.state.text(key))}`);
  const address = run.steps[1]?.result?.export;
  if (address !== world.state.address(key)) found.push(`the outcome names ${address}`);
  return found;
}

export function theExport(world: World) {
  const [model] = world.simulator.tenant.models;
  const [action] = model?.exports.values() ?? [];
  const user = world.simulator.tenant.user(OURS.email);
  if (model === undefined || action === undefined || user === undefined) throw new Error('the tenant has no export');
  return { model, action, user };
}

/** A task of the export has ended and written this, whether a run or the same user by hand had started it. */
export async function writeFile(world: World, text: string): Promise<void> {
  const { model, action, user } = theExport(world);
  await model.asOf(world.clock.now(), () => {});
  const content = await world.simulator.tenant.spool.keep([Buffer.from(text)]);
  model.files.putOutput(user.id, action.id, content, world.clock.now());
}
