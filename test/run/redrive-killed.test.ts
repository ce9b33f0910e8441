import { describe, expect, it } from 'vitest';
import { readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import type { Scenario } from '../../simulator/index.ts';
import { GOES } from '../simulation/operation.ts';
import { violationsOf } from '../simulation/violations.ts';
import type { World, WorldOptions } from '../simulation/world.ts';
import { wrongAtEach } from './each-operation.ts';
import { first, HOUR, liveUntilEnded, type OnFailure, redrive } from './ended-redriven.ts';

const FIRST_FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { task: { fails: { type: 'actionFailed' } } } }],
};

/** Somebody redrives the run that failed, in a process of their own, which may die. */
async function redriven(world: World): Promise<void> {
  const process = world.newProcess();
  const services = world.servicesOf(process);
  const redriving = (async () => {
    const held = await readRun(services, first(world)?.runId ?? '');
    if (held?.run.pipeline != null) await redriveRun(services, held, held.run.pipeline);
  })().catch(() => {});
  await world.doing(Promise.race([redriving, process.died]));
}

async function watched(world: World): Promise<void> {
  for (let looks = 0; looks < 3; looks++) {
    await world.clock.advance(HOUR);
    world.watch();
    await world.runUntilQuiet();
  }
}

describe.each<OnFailure>(['continue', 'hold'])('a redrive under onFailure: %s', (onFailure) => {
  it.each(['killed-before', 'killed-after'] as const)(
    'whose command is %s each of its operations, is carried through by the watch once the old ledger names it',
    async (kind) => {
      const met: (string | undefined)[] = [];
      const live = async ({ fate }: Pick<WorldOptions, 'fate'>) => {
        const world = await liveUntilEnded(onFailure, { scenario: FIRST_FAILS });
        if (fate !== undefined) world.fate = fate;
        await redriven(world);
        world.fate = () => GOES;
        met.push(first(world)?.redrivenAs);
        await world.runUntilQuiet();
        await watched(world);
        return world;
      };
      const wrongWith = (world: World) => {
        const outcome = redrive(world)?.ended?.outcome;
        const named = first(world)?.redrivenAs;
        // What is left undone before it is named is for a second click.
        const wrong = named === undefined ? [] : violationsOf(world);
        if (named === undefined && outcome !== undefined) wrong.push('it was carried through, and nothing names it');
        if (named !== undefined && outcome !== 'succeeded') wrong.push(`it is named, and came to ${outcome}`);
        return wrong;
      };
      const problems = await wrongAtEach({ live, hasBegun: () => true, spoil: () => ({ kind }), wrongWith });
      expect(problems).toEqual([]);
      expect(met.filter((named) => named === undefined).length).toBeGreaterThan(2);
      expect(met.filter((named) => named !== undefined).length).toBeGreaterThan(2);
    },
  );

  it('whose command is killed at each of its operations, is carried through by a second click', async () => {
    const live = async ({ fate }: Pick<WorldOptions, 'fate'>) => {
      const world = await liveUntilEnded(onFailure, { scenario: FIRST_FAILS });
      if (fate !== undefined) world.fate = fate;
      await redriven(world);
      world.fate = () => GOES;
      await redriven(world);
      await world.runUntilQuiet();
      return world;
    };
    const wrongWith = (world: World) => [
      ...violationsOf(world),
      ...(redrive(world)?.ended?.outcome === 'succeeded' ? [] : ['it was not carried through']),
    ];
    const problems = await wrongAtEach({
      live,
      hasBegun: () => true,
      spoil: () => ({ kind: 'killed-after' }),
      wrongWith,
    });
    expect(problems).toEqual([]);
  });
});
