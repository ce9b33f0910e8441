import { expect, it } from 'vitest';
import { violationsOf } from './violations.ts';
import { World } from './world.ts';

const FILE = {
  key: 'sales/a.csv',
  text: 'Product,Month,Units\nTea,Jan 26,1\nCoffee,Feb 26,2\nMug,Mar 26,3\nTea,Apr 26,4\nMug,May 26,5\n',
};

it('a chunk that Anaplan shows otherwise than it was sent may be sent again', async () => {
  const chunk = { method: 'GET', path: '**/chunks/0' };
  await using world = await World.build({
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    scenario: {
      rules: [
        // Announced twice, so that every chunk is read back.
        { match: { method: 'POST', path: '**/files/*', nth: 1 }, do: { reset: 'after' } },
        { match: { ...chunk, nth: 1 }, do: { garble: true } },
      ],
    },
  });
  await world.drop(FILE.key, FILE.text);
  await world.runUntilQuiet();
  const puts = world.simulator.requests().filter(({ method, path }) => method === 'PUT' && path.endsWith('/chunks/0'));
  expect(puts.map(({ status }) => status)).toEqual([204, 204]);
  expect(violationsOf(world)).toEqual([]);
  expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded']);
});
