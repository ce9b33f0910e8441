import type { PipelineOptions } from '../simulation/tenant.ts';
import { keyOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const TEXT = 'Product,Month,Units\nTea,Jan 26,1\n';
export const REJECTED = 'Product,Month,Units\nTea,Jan 26,1\nCocoa,Feb 26,2\n';

export const HOUR = 3_600_000;

export type OnFailure = 'hold' | 'continue';
export type Steps = PipelineOptions['steps'];

type Story = Partial<WorldOptions> & Partial<Pick<PipelineOptions, 'steps' | 'more'>> & { text?: string };

/** One drop of a pipeline that another follows, lived until its run has ended and may be redriven. */
export async function liveUntilEnded(
  onFailure: OnFailure,
  { text = TEXT, steps = ['import'], more, ...options }: Story = {},
): Promise<World> {
  const world = await World.build({
    like: 'aws',
    taskSeconds: 20,
    mayForsake: true,
    pipelines: {
      sales: { model: 'Plan 1', steps, onFailure, ...(more === undefined ? {} : { more }) },
      totals: { model: 'Plan 1', steps: ['process'], on: '{ after: sales }' },
    },
    ...options,
  });
  await world.drop('sales/a.csv', text);
  await world.runUntilQuiet();
  return world;
}

export const first = (world: World) =>
  world.runs().find((run) => run.redriveOf === undefined && keyOf(run) === 'sales/a.csv');
export const redrive = (world: World) => world.runs().find((run) => run.redriveOf !== undefined);
