import { describe, expect, it } from 'vitest';
import { releaseLane } from '../../shared/run/lane-by-hand.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { servicesAtOnce } from '../run/at-once.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import { servicesToRelease } from '../simulation/people.ts';
import { COLLEAGUE } from '../simulation/tenant.ts';
import { violationsOf } from '../simulation/violations.ts';
import {
  EMPTY_LIST,
  first,
  forgetsTask,
  hidesTasks,
  live,
  many,
  NEXT,
  outcomesOf,
  PRODUCTS,
  REJECTED,
  type Rule,
  SALES,
  START_LOST,
  START_NEVER_ACTED,
  type Story,
  taskFails,
  UNTIL_LATER,
  watchFor,
} from './unsettled.ts';

/** Anaplan cannot tell what became of a task while the run looks for it, and can tell later. */

describe('the watch settles a run that ended unknown', () => {
  it('when its task, which it was told, is known again: as succeeded, and frees the lane', async () => {
    await using world = await live({ rules: [forgetsTask(1)] });
    expect(first(world)?.ended).toMatchObject({ outcome: 'unknown', failure: { category: 'task-lost' } });
    await world.drop(NEXT.key, NEXT.text);
    await watchFor(world, 0.5);
    expect(violationsOf(world)).toEqual([]);
    const taskId = world.watcher.ours[0]?.taskId;
    expect(first(world)).toMatchObject({
      ended: { outcome: 'unknown' },
      settled: {
        as: 'succeeded',
        by: 'watch',
        evidence: `task ${taskId} is COMPLETE (it was started by this run): it did what it should.`,
      },
      steps: [{ result: { outcome: 'succeeded' }, start: { open: false } }],
    });
    expect(outcomesOf(world)).toEqual(['succeeded', 'unknown']);
  });

  it('when a task has become visible whose rows are those of the file, and tells whoever was told', async () => {
    await using world = await live({
      rules: [START_LOST, hidesTasks(UNTIL_LATER)],
      steps: ['list-import', 'process'],
      text: PRODUCTS,
    });
    expect(first(world)?.ended?.outcome).toBe('unknown');
    await watchFor(world, 2);
    expect(violationsOf(world)).toEqual([]);
    expect(first(world)?.settled?.evidence).toContain('(its total of rows is that of the file)');
    expect(world.heldLanes()).toEqual([]);
    const [told, ...more] = world.alerts.published.filter(({ id }) => id.endsWith('-settled'));
    expect(more).toEqual([]);
    expect(told?.subject).toBe('Plandrop: sales is settled as succeeded');
    expect(told?.text).toContain(`1 of 2 steps): npx plandrop failures redrive ${first(world)?.runId}`);
  });

  it.each([
    ['continue', 'frees the lane', 0],
    ['hold', 'leaves the lane held', 1],
  ] as const)('as failed when its task has failed, and with onFailure: %s %s', async (onFailure, _what, held) => {
    await using world = await live({ rules: [taskFails, forgetsTask(1)], pipeline: { onFailure } });
    expect(world.heldLanes()).toHaveLength(1);
    await watchFor(world, 0.5);
    expect(violationsOf(world)).toEqual([]);
    expect(first(world)?.settled).toMatchObject({ as: 'failed', by: 'watch' });
    expect(world.heldLanes()).toHaveLength(held);
  });

  it('with its dump in the store before the lane is free', async () => {
    await using world = await live({ rules: [forgetsTask(1)], text: REJECTED, pipeline: { maxRows: 1 } });
    const dumpsAtRelease: number[] = [];
    world.fate = ({ name, about }) => {
      const dumps = world.state.keys().filter((key) => key.startsWith('dumps/')).length;
      if (name === 'replace' && about.endsWith('/holder')) dumpsAtRelease.push(dumps);
      return GOES;
    };
    await watchFor(world, 0.5);
    expect(first(world)?.settled?.as).toBe('succeeded');
    expect(first(world)?.steps[0]?.result).toMatchObject({ counts: { rejected: 1 }, dumps: [{}] });
    expect(dumpsAtRelease.length).toBeGreaterThan(0);
    expect(new Set(dumpsAtRelease)).toEqual(new Set([1]));
  });

  it('with a dump that one look cannot bring to the store: the next goes on there', async () => {
    const chunk = { method: 'GET', path: '**/dump/chunks/*' };
    await using world = await live({
      rules: [forgetsTask(1), { match: chunk, do: { delayMs: 130_000 } }],
      text: REJECTED,
      pipeline: { maxRows: 1 },
      outputBytes: { chunk: 37, part: 100 },
    });
    await watchFor(world, 2);
    expect(first(world)?.settled?.as).toBe('succeeded');
    expect(first(world)?.steps[0]?.result).toMatchObject({ counts: { rejected: 1 }, dumps: [{ bytes: 130 }] });
    const paths = world.simulator.requests().map(({ path }) => path);
    const chunks = paths.flatMap((path) => /\/dump\/chunks\/(\d+)$/.exec(path)?.[1] ?? []);
    expect(chunks).toEqual(['0', '1', '2', '3']);
    expect(violationsOf(world)).toEqual([]);
  });

  it('whoever dies at whatever it does, also twice', { timeout: 120_000 }, async () => {
    const story: Story = { rules: [START_LOST, hidesTasks(UNTIL_LATER)], steps: ['list-import'], text: PRODUCTS };
    await using plain = await live(story);
    const before = plain.operations;
    await watchFor(plain, 1);
    expect(plain.operations).toBeGreaterThan(before);
    const problems: string[] = [];
    for (let at = before + 1; at <= plain.operations; at++) {
      for (const kind of ['killed-before', 'killed-after'] as const) {
        await using world = await live(story);
        world.fate = ({ number }: Operation): Fate => (number === at ? { kind } : GOES);
        await watchFor(world, 1);
        const found = violationsOf(world);
        const run = first(world);
        if (run?.settled?.as !== 'succeeded') found.push('it is not settled');
        if (world.heldLanes().length > 0) found.push('the lane is held');
        if (world.watcher.ours.length !== 1) found.push(`started ${world.watcher.ours.length} times`);
        if (!world.alerts.published.some(({ id }) => id === `${run?.runId}-settled`)) found.push('nobody was told');
        problems.push(...found.map((what) => `${kind} ${at}: ${what}`));
      }
    }
    expect(problems).toEqual([]);
  });
});

describe('the watch leaves to a person a run', () => {
  const otherStarts = (action: string): Rule => ({
    match: { method: 'GET', path: '**/tasks', nth: UNTIL_LATER },
    do: { otherStarts: { action, user: COLLEAGUE.email }, answer: EMPTY_LIST },
  });

  it.each([
    ['whose one new task counts no rows, and nothing named it', [START_LOST, hidesTasks(UNTIL_LATER)], 'import', SALES],
    [
      'whose one new task is a colleague’s, with other rows',
      [START_NEVER_ACTED, hidesTasks(UNTIL_LATER - 1), otherStarts('Load Products')],
      'list-import',
      PRODUCTS,
    ],
    [
      'of whose two new tasks any could be its own',
      [START_LOST, hidesTasks(UNTIL_LATER - 1), otherStarts('Load Products')],
      'list-import',
      PRODUCTS,
    ],
  ] as const)('%s', async (_what, rules, step, text) => {
    await using world = await live({ rules, steps: [step], text });
    await watchFor(world, 4);
    expect(first(world)?.ended?.outcome).toBe('unknown');
    expect(first(world)?.settled).toBeUndefined();
    expect(world.heldLanes()).toHaveLength(1);
  });

  it('whose task never comes in sight, and asks for it ever more seldom, for two days', async () => {
    await using world = await live({ rules: [START_NEVER_ACTED] });
    const before = world.simulator.requests().length;
    await watchFor(world, 72);
    const looks = first(world)?.looked?.times ?? 0;
    expect(looks).toBeGreaterThan(40);
    expect(looks).toBeLessThan(60);
    // Signing in anew is not counted among them.
    const asked = world.simulator
      .requests()
      .slice(before)
      .filter(({ path }) => path.includes('/tasks'));
    expect(asked.length).toBeLessThanOrEqual(looks);
    expect(world.heldLanes()).toHaveLength(1);
  });
});

describe('the watch', () => {
  it('adopts what the model’s status names as ours while it runs, and settles by it later', async () => {
    await using world = await live({ rules: [START_LOST, hidesTasks(UNTIL_LATER)], taskSeconds: 3600 });
    expect(first(world)?.ended?.outcome).toBe('unknown');
    await watchFor(world, 4);
    expect(violationsOf(world)).toEqual([]);
    expect(first(world)?.settled).toMatchObject({ as: 'succeeded' });
    expect(first(world)?.settled?.evidence).toContain('the model’s status named it ours');
  });

  it('frees the lane of a failed run when the model answers a file call again', async () => {
    const lost: Rule = { match: { method: 'PUT', path: '**/chunks/*' }, do: { reset: 'after' } };
    const silent: Rule = {
      match: { method: 'GET', path: '**/files', nth: many(40).slice(1) },
      do: { answer: { status: 502, form: 'html' } },
    };
    await using world = await live({ rules: [lost, silent], pipeline: { onFailure: 'continue' } });
    expect(first(world)?.ended).toMatchObject({ outcome: 'failed' });
    expect(world.heldLanes()).toHaveLength(1);
    await watchFor(world, 48);
    expect(first(world)?.settled).toMatchObject({ as: 'failed', by: 'watch' });
    expect(world.heldLanes()).toEqual([]);
  });

  it('asks also behind the hold of a person, who is told of and keeps the lane', async () => {
    await using world = await live({ rules: [forgetsTask(1)] });
    const key = world.state.keys().find((each) => each.endsWith('/holder')) ?? '';
    const holder = JSON.parse(world.state.text(key) ?? '');
    await world.state.put(key, JSON.stringify({ ...holder, hold: { by: 'ann', reason: 'month end' } }));
    await world.drop(NEXT.key, NEXT.text);
    await watchFor(world, 0.5);
    expect(first(world)?.settled).toMatchObject({ as: 'succeeded', by: 'watch' });
    expect(world.heldLanes()).toHaveLength(1);
    expect(world.alerts.published.find(({ id }) => id.endsWith('-settled'))?.text).toContain(
      'It keeps the lane of model "Plan 1" no longer, which is still held by ann: month end.',
    );
    await world.doing(releaseLane(servicesToRelease(world), world.simulator.model.id));
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(world.heldLanes()).toEqual([]);
    expect(outcomesOf(world)).toContain('succeeded');
  });

  it('says nothing about a run that a person settles while it looks', async () => {
    await using world = await live({ rules: [forgetsTask(1)] });
    let looks = false;
    world.fate = ({ name, about }) => {
      if (name === 'GET' && /\/tasks\/[^/]+$/.test(about)) looks = true;
      return GOES;
    };
    await world.clock.advance(300_000);
    world.watch();
    while (!looks) await world.step();
    const services = servicesAtOnce(world);
    const held = await readRun(services, first(world)?.runId ?? '');
    if (held === undefined) throw new Error('there is no run');
    await settleRun(services, held, { as: 'failed', by: 'ann', evidence: 'half of the rows are missing' });
    await world.runUntilQuiet();
    expect(first(world)?.settled).toMatchObject({ as: 'failed', by: 'ann' });
    expect(world.alerts.published.filter(({ id }) => id.endsWith('-settled'))).toEqual([]);
  });

  it('frees the lane that somebody settled and did not live to free', async () => {
    await using world = await live({ rules: [forgetsTask(1)] });
    const key = world.state.keys().find((each) => each.startsWith('runs/')) ?? '';
    const { ended, ...run } = JSON.parse(world.state.text(key) ?? '');
    const { holdLane, ...rest } = ended;
    expect(holdLane).toBeDefined();
    const settled = { as: 'succeeded', by: 'ann', evidence: 'looked', at: rest.at };
    await world.state.put(key, JSON.stringify({ ...run, ended: rest, settled }));
    await watchFor(world, 0.1);
    expect(violationsOf(world)).toEqual([]);
    expect(world.heldLanes()).toEqual([]);
    expect(first(world)?.settled?.by).toBe('ann');
  });
});
