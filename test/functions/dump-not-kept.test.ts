import { describe, expect, it } from 'vitest';
import { releaseLane } from '../../shared/run/lane-by-hand.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { keyOf, violationsOf } from '../simulation/violations.ts';
import type { World } from '../simulation/world.ts';
import { first, live, NEXT, outcomesOf, REJECTED, type Rule, START_LOST, type Story, watchFor } from './unsettled.ts';

/** The store takes no dump for so long that the run ends without it: the lane waits until the watch has fetched it. */

describe('a run whose task is over, and whose announced dump could not be brought to the store', () => {
  const WHY =
    'a failure dump that Anaplan announced is not in the store yet, and another run of the import would have it forgotten';
  const isDump = ({ kind, about }: Pick<Operation, 'kind' | 'about'>) => kind === 'store' && about.startsWith('dumps/');

  /** The store takes no dump until all tries of the run are spent. */
  async function buried(story: Partial<Story> = {}) {
    return live({
      rules: [],
      text: REJECTED,
      pipeline: { onFailure: 'continue', maxRows: 1 },
      fate: (operation) => (isDump(operation) ? { kind: 'store-fault', fault: 'fail' } : GOES),
      ...story,
    });
  }

  /** Another run waits for its lane. */
  async function awaited(story: Partial<Story> = {}) {
    const world = await buried(story);
    await world.drop(NEXT.key, NEXT.text);
    await world.runUntilQuiet();
    return world;
  }

  /** What is in the store when the lane is written, each time. */
  function atEachRelease(world: World, fate: (operation: Operation) => Fate = () => GOES): string[][] {
    const seen: string[][] = [];
    world.fate = (operation) => {
      const { name, about } = operation;
      if (name === 'replace' && about.endsWith('/holder')) seen.push(world.state.keys('dumps/'));
      return fate(operation);
    };
    return seen;
  }

  it('keeps its lane, whatever onFailure says, and the alert says why', async () => {
    await using world = await awaited();
    const run = first(world);
    expect(run?.steps[0]).toMatchObject({ task: { seen: { taskState: 'COMPLETE' } }, result: null });
    expect(run?.ended).toMatchObject({ outcome: 'unknown', holdLane: WHY });
    expect(world.heldLanes()).toHaveLength(1);
    const [told] = world.alerts.published;
    expect(told?.text).toContain(`other runs for this model wait (${WHY})`);
    expect(told?.text).toContain('It is fetched by itself once the cause is mended, if that is within two days');
    expect(told?.text).not.toContain('may still be running');
  });

  it('is not promised its dump where the task was found by guess, and its rows show nothing', async () => {
    await using world = await buried({ rules: [START_LOST] });
    expect(first(world)?.steps[0]?.task).toMatchObject({ adopted: true, seen: { taskState: 'COMPLETE' } });
    const [told] = world.alerts.published;
    expect(told?.text).toContain('It is fetched by itself only where the rows of the task show it to be of this run');
    await watchFor(world, 49);
    expect(first(world)?.settled).toBeUndefined();
    expect(world.heldLanes()).toHaveLength(1);
  });

  it.each([
    ['settled as succeeded, where its rows are allowed', 1, 'succeeded'],
    ['settled as failed, where they are not', 0, 'failed'],
  ] as const)('is %s, once the watch has fetched it, and only then the lane is free', async (_what, maxRows, as) => {
    await using world = await awaited({ pipeline: { onFailure: 'continue', maxRows } });
    const seen = atEachRelease(world);
    await watchFor(world, 1);
    expect(first(world)).toMatchObject({
      ended: { outcome: 'unknown' },
      settled: { as, by: 'watch' },
      steps: [{ result: { outcome: 'succeeded-with-rejects', dumps: [{}] } }],
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((dumps) => dumps.length === 1)).toBe(true);
    expect(violationsOf(world)).toEqual([]);
    expect(world.heldLanes()).toEqual([]);
    expect(outcomesOf(world)).toEqual(['succeeded', 'unknown']);
  });

  it('is settled by what it knew, where Anaplan has forgotten the task and with it the dump: that is told as lost', async () => {
    await using world = await awaited();
    const gone = (path: string): Rule => ({ match: { method: 'GET', path }, do: { answer: { status: 404 } } });
    world.simulator.changeWeather({ rules: [gone('**/tasks/*'), gone('**/dump'), gone('**/dump/**')] });
    world.fate = () => GOES;
    await watchFor(world, 1);
    expect(first(world)?.settled).toMatchObject({ as: 'failed', by: 'watch' });
    expect(first(world)?.steps[0]?.result?.dumpLost).toContain('no longer has it');
    expect(world.alerts.published.find(({ id }) => id.endsWith('-settled'))?.text).toContain('no longer has it');
    const next = world.runs().find((run) => keyOf(run) === NEXT.key);
    expect(next?.lane).not.toBeNull();
  });

  it('frees its lane when a person settles it, or releases the lane', async () => {
    for (const settles of [true, false]) {
      await using world = await awaited();
      world.fate = () => GOES;
      const services = world.servicesOf(world.newProcess());
      const held = await world.doing(readRun(services, first(world)?.runId ?? ''));
      if (held === undefined) throw new Error('there is no run');
      const word = { as: 'failed', by: 'ann', evidence: 'nobody needs the dump' } as const;
      await world.doing<unknown>(
        settles ? settleRun(services, held, word) : releaseLane(services, world.simulator.model.id),
      );
      await world.runUntilQuiet();
      expect(world.heldLanes()).toEqual([]);
      expect(outcomesOf(world)).toEqual(['succeeded', 'unknown']);
    }
  });

  it('is settled at whatever whoever looks dies', { timeout: 120_000 }, async () => {
    await using plain = await buried();
    const before = plain.operations;
    plain.fate = () => GOES;
    await watchFor(plain, 0.1);
    expect(plain.operations).toBeGreaterThan(before);
    const problems: string[] = [];
    for (let at = before + 1; at <= plain.operations; at++) {
      await using world = await buried();
      const seen = atEachRelease(world, ({ number }) => (number === at ? { kind: 'killed-before' } : GOES));
      await watchFor(world, 1);
      const found = violationsOf(world);
      if (first(world)?.settled?.as !== 'succeeded') found.push('it is not settled');
      if (world.heldLanes().length > 0) found.push('the lane is held');
      if (seen.some((dumps) => dumps.length !== 1)) found.push('the lane was left before the dump was there');
      problems.push(...found.map((what) => `killed before ${at}: ${what}`));
    }
    expect(problems).toEqual([]);
  });
});
