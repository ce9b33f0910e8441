import { expect, it } from 'vitest';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import type { Scenario } from '../../simulator/index.ts';
import { GOES } from '../simulation/operation.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { servicesAtOnce } from './at-once.ts';

const SALES = 'Product,Month,Units\nTea,Jan 26,1\n';

function build(options: Partial<WorldOptions> = {}): Promise<World> {
  return World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
    taskSeconds: 20,
    ...options,
  });
}

const theRun = (world: World) => world.runs()[0];

it.each([
  ['the model is looked at', /\/status(\?|$)/],
  ['the tasks are listed', /\/tasks(\?|$)/],
])('a cancel that comes while %s keeps the action from being started', async (_, looksAt) => {
  let looks = false;
  await using world = await build({
    fate: ({ kind, name, about }) => {
      const starts = theRun(world)?.position.stage === 'start';
      if (kind === 'http' && name === 'GET' && looksAt.test(about) && starts) looks = true;
      return GOES;
    },
  });
  await world.drop('sales/a.csv', SALES);
  while (!looks) await world.step();
  const services = servicesAtOnce(world);
  await requestCancel(services, theRun(world)?.runId ?? '', 'ann');
  await world.runUntilQuiet();
  expect(theRun(world)?.ended).toMatchObject({ outcome: 'cancelled', todo: [] });
  expect(world.watcher.ours).toEqual([]);
  expect(world.heldLanes()).toEqual([]);
  expect(violationsOf(world)).toEqual([]);
});

it('a cancel of an upload that Anaplan has left unanswered tells somebody that the lane stays held', async () => {
  const cutOff: Scenario = {
    rules: [
      { match: { method: 'PUT', path: '**/chunks/*' }, do: { reset: 'before' } },
      {
        match: { method: 'GET', path: '**/files', nth: Array.from({ length: 900 }, (_, i) => i + 2) },
        do: { reset: 'before' },
      },
    ],
  };
  await using world = await build({ scenario: cutOff });
  await world.drop('sales/a.csv', SALES);
  while (theRun(world)?.steps[0]?.fileCallUnanswered !== true) await world.step();
  await world.doing(requestCancel(world.servicesOf(world.newProcess()), theRun(world)?.runId ?? '', 'ann'));
  await world.runUntilQuiet();
  expect(theRun(world)?.ended).toMatchObject({ outcome: 'cancelled', holdLane: expect.any(String) });
  expect(world.heldLanes()).toHaveLength(1);
  const [told, ...more] = world.alerts.published;
  expect(more).toEqual([]);
  expect(told?.text).toContain('The run was cancelled by ann.');
  expect(told?.text).toContain(`plandrop runs settle ${theRun(world)?.runId} --as failed`);
  expect(told?.text).toContain('lanes release');
});
