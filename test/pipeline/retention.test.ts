import { expect, it } from 'vitest';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { retentionDays } from '../../shared/pipeline/retention.ts';

it.each([
  ['is what keepDays says', 'keepDays: 30', '12h', 30],
  ['is 400 days where nothing is said', '', '12h', 400],
  ['is never shorter than the longest deadline and a day', 'keepDays: 7', '13d', 14],
  ['counts a part of a day as one', 'keepDays: 7', '10d', 11],
])('the retention %s', (_, top, deadline, days) => {
  const pipeline = `{ workspace: W, model: M, steps: [{ import: I }], deadline: ${deadline} }`;
  const loaded = loadConfiguration(`${top}\npipelines: { one: ${pipeline} }\n`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  expect(retentionDays(loaded.configuration)).toBe(days);
});
