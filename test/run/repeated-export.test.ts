import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from '../simulation/world.ts';
import { DROP, downloads, theExport, theRun, writeFile, wrongWith } from './an-export.ts';
import { wrongAtEach } from './each-operation.ts';

/**
 * The answer to the start of a repeatable export is lost, it is started again, and the first start acts all the same, late: two tasks write
 * one file.
 */

/** What the late task writes: as many bytes as the first, so that nothing shows a mixture but itself. */
const LATER = 'Products,Time,Units\nTea,Jan 26,9\nTea,Apr 26,9\nCoffee,Feb 26,9\nMug,Mar 26,9\nMug,May 26,9\n';

/** Six chunks of which a slice brings two, into parts of three. */
const SLICES = { outputBytes: { chunk: 16, part: 48 }, delayMs: 130_000 };
/** Three chunks in one slice. */
const ONE_SLICE = { outputBytes: { chunk: 32, part: 1000 }, delayMs: 40_000 };

type Story = Pick<WorldOptions, 'fate'> & { size: typeof SLICES; modelWait?: string };

async function build({ size: { outputBytes, delayMs }, modelWait = '2h', ...options }: Story): Promise<World> {
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import', 'export'], more: `modelWait: ${modelWait}` } },
    taskSeconds: 20,
    outputBytes,
    scenario: {
      rules: [
        { match: { method: 'POST', path: '**/exports/*/tasks', nth: 1 }, do: { reset: 'before' } },
        { match: { method: 'GET', path: '**/files/116*/chunks/*' }, do: { delayMs } },
      ],
    },
    ...options,
  });
  const { freeze } = world.pipelines;
  Object.assign(world.pipelines, {
    freeze: async (name: string) => {
      const frozen = await freeze(name);
      if (!frozen.ok) return frozen;
      const { pipeline } = frozen;
      return {
        ok: true,
        pipeline: { ...pipeline, steps: pipeline.steps.map((step) => ({ ...step, repeatable: true })) },
      };
    },
  });
  await world.drop('sales/a.csv', DROP);
  return world;
}

/** The first start acts now, and takes so long. @returns when it has written its file (epoch ms) */
async function actsLate(world: World, seconds: number): Promise<number> {
  const { model, action, user } = theExport(world);
  const now = world.clock.now();
  await model.asOf(now, () => {
    model.start('exports', action.id, world.simulator.tenant.starter(user, model), [], now, { seconds });
  });
  return now + seconds * 1000;
}

async function until(world: World, isThere: () => boolean): Promise<void> {
  while (!isThere()) if (!(await world.step())) throw new Error(`that never came:\n${world.tail()}`);
}

/** The first chunks have come, and the last is on its way. */
const isHalfFetched = (world: World) => downloads(world).length === 3;

/** It acts when `when` says, and its file is there when it has ended. */
async function lived(story: Story, seconds: number, when: (world: World) => boolean): Promise<World> {
  const world = await build(story);
  await until(world, () => when(world));
  const endsAt = await actsLate(world, seconds);
  while (world.clock.now() < endsAt && (await world.step({ notAfter: endsAt })));
  await writeFile(world, LATER);
  await world.runUntilQuiet();
  return world;
}

/** Of the files of both tasks the later is left in Anaplan. */
const wrongWithLater = (world: World) => wrongWith(world, LATER);

describe('an export whose first start acts late', () => {
  it('before its file is fetched, waits for that task, and fetches nothing until then', async () => {
    await using world = await build({ size: SLICES });
    await until(world, () => theRun(world)?.steps[1]?.task?.seen?.taskState === 'COMPLETE');
    const endsAt = await actsLate(world, 600);
    while (world.clock.now() < endsAt && (await world.step({ notAfter: endsAt })));
    expect(downloads(world)).toEqual([]);
    await writeFile(world, LATER);
    await world.runUntilQuiet();
    expect(wrongWithLater(world)).toEqual([]);
    expect(downloads(world)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['is over before the next slice', 5],
    ['is over long after the last', 1500],
  ])('between two slices, and %s: begins anew, once', async (_, seconds) => {
    const isPaused = (world: World) => theRun(world)?.steps[1]?.download !== undefined;
    await using world = await lived({ size: SLICES }, seconds, isPaused);
    expect(wrongWithLater(world)).toEqual([]);
    const texts = theRun(world)?.journal.map(({ text }) => text) ?? [];
    expect(texts.filter((text) => text.includes('begins anew'))).toEqual([
      expect.stringMatching(/another task of it, which may be its own, has written the file since \([0-9A-F]+\)\.$/),
    ]);
    expect(downloads(world).slice(-6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['has come and gone when all is there', 5],
    ['goes on when all is there', 600],
  ])('while it is fetched, and %s: no mixture is called succeeded', async (_, seconds) => {
    await using world = await lived({ size: ONE_SLICE }, seconds, isHalfFetched);
    expect(wrongWithLater(world)).toEqual([]);
    expect(downloads(world).slice(-3)).toEqual([0, 1, 2]);
  });

  it('and never ends, is waited for as long as for a model, and then nobody knows', async () => {
    await using world = await build({ size: SLICES, modelWait: '1h' });
    await until(world, () => theRun(world)?.steps[1]?.download !== undefined);
    await actsLate(world, 10 * 3600);
    await world.runUntilQuiet();
    const { ended, lane } = theRun(world) ?? {};
    expect(ended).toMatchObject({
      outcome: 'unknown',
      holdLane: 'a task of this run may still be running in Anaplan',
      failure: { category: 'ambiguous-start', message: expect.stringContaining('waits for another task of it') },
    });
    expect(Date.parse(ended?.at ?? '') - Date.parse(lane?.grantedAt ?? '')).toBeGreaterThan(3_600_000);
  });

  it.each([5, 600])(
    'and whoever collects it dies at any of its operations (the late task takes %i s)',
    async (seconds) => {
      const isPaused = (world: World) => theRun(world)?.steps[1]?.download !== undefined;
      const live = ({ fate }: Pick<WorldOptions, 'fate'>) =>
        lived({ size: SLICES, ...(fate === undefined ? {} : { fate }) }, seconds, isPaused);
      const kill = () => ({ kind: 'killed-before' }) as const;
      expect(await wrongAtEach({ live, hasBegun: isPaused, spoil: kill, wrongWith: wrongWithLater })).toEqual([]);
    },
  );
});
