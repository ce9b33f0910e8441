import { expect, it } from 'vitest';
import { Garden, textFor } from './plant.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

const timesIn = (text: string, part: string) => text.split(part).length - 1;

it.each(PLANTED_BUGS)('"$name" can be planted, in one place', (bug) => {
  expect(timesIn(textFor(bug), bug.find)).toBe(1);
  expect(bug.replace).not.toBe(bug.find);
});

it('every planted bug has a name of its own', () => {
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
});

/** A few that the first seeds find; `node test/simulation/find-planted.ts` plants them all (docs/simulation.md). */
it.each([
  'the next message is never sent',
  'there is no intent',
  'the lane is released before the outcome is stored',
  'every chunk is sent again by each turn',
  'a run that failed never holds its lane',
])('the simulation notices that %s', { timeout: 120_000 }, (name) => {
  const bug = PLANTED_BUGS.find((each) => each.name === name);
  if (bug === undefined) throw new Error(`there is no bug "${name}"`);
  using garden = new Garden();
  expect(garden.seek(bug, 60)).toMatchObject({ seed: expect.any(Number) });
});
