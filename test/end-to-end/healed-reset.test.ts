import { expect, it } from 'vitest';
import { impatient, landing, SALES } from './landing.ts';

it('frees the lane of a run that fails for its data, although a chunk was cut off and healed before', async () => {
  await using at = await landing({
    pipelines: impatient('sales', '[import: Load Sales]'),
    scenario: { rules: [{ match: { method: 'PUT', path: '**/chunks/*', nth: 1 }, do: { reset: 'after' } }] },
  });
  const good = SALES.split('\n')[1];
  const rows = Array.from({ length: 4000 }, () => good).join('\n');
  const { outcome, run } = await at.land('sales', `${SALES}${rows}\ntoo,short\n${rows}\n`);
  expect([outcome.outcome, outcome.failure?.category]).toEqual(['failed', 'source-file']);
  expect(run.ended?.holdLane).toBeUndefined();
});
