import { describe, expect, it } from 'vitest';
import { holdLane } from '../../shared/run/lane-by-hand.ts';
import { requestSkip } from '../../shared/run/request-skip.ts';
import { GOES } from '../simulation/operation.ts';
import { type Dropped, keyOf, violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';

const file = (name: string, units: number): Dropped => ({
  key: `sales/${name}.csv`,
  text: `Product,Month,Units\nTea,Jan 26,${units}\nMug,Mar 26,3\n`,
});
const [FIRST, SECOND, THIRD] = [file('a', 1), file('b', 2), file('c', 3)];
const FILES = [FIRST, SECOND, THIRD];

function build(options: Partial<WorldOptions> = {}): Promise<World> {
  return World.build({
    pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
    taskSeconds: 20,
    ...options,
  });
}

const runOf = (world: World, { key }: Dropped) => world.runs().find((run) => keyOf(run) === key);

/** What a person does from the command line, in a process of its own. */
function skip(world: World, dropped: Dropped) {
  const services = world.servicesOf(world.newProcess());
  return world.doing(requestSkip(services, runOf(world, dropped)?.runId ?? '', 'ann'));
}

/** The first has the lane, and the others wait for it. */
async function waiting(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await build(options);
  for (const { key, text } of FILES) {
    await world.drop(key, text);
    while (world.runs()[0]?.lane == null) await world.step();
    await world.clock.advance(1000);
  }
  while (world.runs().length < FILES.length) await world.step();
  return world;
}

describe('a run that waits', () => {
  it('is skipped: it ends cancelled by whoever asked, and the others have their turn', async () => {
    await using world = await waiting();
    expect(await skip(world, SECOND)).toMatchObject({ kind: 'asked' });
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    const ended = runOf(world, SECOND)?.ended;
    expect(ended).toMatchObject({ outcome: 'cancelled', failure: { category: 'cancelled' } });
    expect(ended?.failure?.message).toBe('Skipped by ann; nothing of it was sent to Anaplan.');
    expect(world.watcher.ours).toHaveLength(2);
    expect([runOf(world, FIRST), runOf(world, THIRD)].map((run) => run?.ended?.outcome)).toEqual([
      'succeeded',
      'succeeded',
    ]);
  });

  it('is skipped while its lane is held, which stays held', async () => {
    await using world = await waiting();
    const services = world.servicesOf(world.newProcess());
    await world.doing(holdLane(services, world.simulator.model.id, { by: 'ann', reason: 'month end' }));
    await skip(world, SECOND);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(runOf(world, SECOND)?.ended?.outcome).toBe('cancelled');
    expect(runOf(world, THIRD)?.ended).toBeNull();
  });

  it('is skipped also when whoever asked died before waking it', async () => {
    await using world = await waiting({ watchSeconds: 300, like: 'aws' });
    const process = world.newProcess();
    world.fate = (operation) => {
      if (operation.process !== process || operation.name !== 'replace') return GOES;
      world.fate = () => GOES;
      return { kind: 'killed-after' };
    };
    const asked = requestSkip(world.servicesOf(process), runOf(world, SECOND)?.runId ?? '', 'ann');
    expect(await world.doing(asked.catch(String))).toContain('is dead');
    expect(runOf(world, SECOND)?.requests).toMatchObject([{ kind: 'skip', by: 'ann' }]);
    await world.runUntilDone();
    expect(violationsOf(world)).toEqual([]);
    expect(runOf(world, SECOND)?.ended?.outcome).toBe('cancelled');
  });
});

describe.each(['local', 'aws'] as const)('like %s, a run that is asked to be skipped', (like) => {
  it('at any moment either ends without a call to Anaplan, or has begun and is let be', async () => {
    await using plain = await build({ like });
    await plain.drop(FIRST.key, FIRST.text);
    await plain.runUntilQuiet();
    const seen = new Set<string>();
    const problems: string[] = [];
    for (let at = 1; at <= plain.operations; at++) {
      await using world = await build({ like });
      await world.drop(FIRST.key, FIRST.text);
      while (world.operations < at || world.runs().length === 0) await world.step();
      const answer = await skip(world, FIRST);
      await world.runUntilQuiet();
      const outcome = runOf(world, FIRST)?.ended?.outcome;
      const asked = world.simulator.requests().length;
      const isRight =
        answer.kind === 'asked'
          ? outcome === 'cancelled' && asked === 0
          : outcome === 'succeeded' && world.watcher.ours.length === 1;
      problems.push(...violationsOf(world).map((what) => `${at}: ${what}`));
      if (!isRight) problems.push(`${at}: ${answer.kind}, then ${outcome}, after ${asked} requests`);
      seen.add(answer.kind);
    }
    expect(problems).toEqual([]);
    expect([...seen].toSorted()).toEqual(['asked', 'begun', 'ended']);
  });
});
