import { describe, expect, it } from 'vitest';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { type Held, readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import type { RunServices } from '../../shared/run/services.ts';
import { settleRun } from '../../shared/run/settle.ts';
import type { Scenario } from '../../simulator/index.ts';
import { GOES } from '../simulation/operation.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { keyOf, violationsOf } from '../simulation/violations.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { wrongAtEach } from './each-operation.ts';

const TEXT = 'Product,Month,Units\nTea,Jan 26,1\n';
const REJECTED = 'Product,Month,Units\nTea,Jan 26,1\nCocoa,Feb 26,2\n';
const FIRST_FAILS: Scenario = {
  rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { task: { fails: { type: 'actionFailed' } } } }],
};

const HOUR = 3_600_000;
const WORD = { as: 'succeeded', by: 'ada', evidence: 'these rows may be left out' } as const;

type OnFailure = 'hold' | 'continue';
type Steps = PipelineOptions['steps'];

async function ended(
  onFailure: OnFailure,
  { text = TEXT, steps = ['import'], ...options }: Partial<WorldOptions> & { text?: string; steps?: Steps } = {},
): Promise<World> {
  const more = 'keep: delete';
  const world = await World.build({
    like: 'aws',
    taskSeconds: 20,
    mayForsake: true,
    pipelines: {
      sales: { model: 'Plan 1', steps, onFailure, ...(text === REJECTED ? { more } : {}) },
      totals: { model: 'Plan 1', steps: ['process'], on: '{ after: sales }' },
    },
    ...options,
  });
  await world.drop('sales/a.csv', text);
  await world.runUntilQuiet();
  return world;
}

const first = (world: World) => world.runs().find((run) => run.redriveOf === undefined && keyOf(run) === 'sales/a.csv');
const redrive = (world: World) => world.runs().find((run) => run.redriveOf !== undefined);

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

/** Lets the world go on until then, or earlier where it has nothing more to do. */
async function until(world: World, notAfter: number, isOver = () => false): Promise<void> {
  for (let goes = true; goes && !isOver() && world.clock.now() < notAfter; ) goes = await world.step({ notAfter });
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
        const world = await ended(onFailure, { scenario: FIRST_FAILS });
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
      const world = await ended(onFailure, { scenario: FIRST_FAILS });
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

describe.each<OnFailure>(['continue', 'hold'])(
  'a word that comes in the middle of a redrive, under onFailure: %s',
  (onFailure) => {
    /** What is wrong afterwards, wherever the redrive stood still until the word was said and all that follows it was done. */
    async function wrongWithWord(steps: Steps, say: (services: RunServices, held: Held) => Promise<{ ok: boolean }>) {
      const problems: string[] = [];
      const words = new Set<string>();
      for (let nth = 1, isOver = false; !isOver; nth++) {
        await using world = await ended(onFailure, { text: REJECTED, steps });
        const process = world.newProcess();
        let seen = 0;
        world.slowness = (operation) => (operation.process === process && ++seen === nth ? 3 * HOUR : 0);
        const held = await readRun({ state: world.state }, first(world)?.runId ?? '');
        if (held?.run.pipeline == null) throw new Error('there is no run');
        const redriving = redriveRun(world.servicesOf(process), held, held.run.pipeline);
        await until(world, world.clock.now() + 1, () => seen === nth);
        isOver = seen < nth;
        const answer = await world.doing(say(world.servicesOf(world.newProcess()), held));
        words.add(answer.ok ? 'taken' : 'refused');
        for (let looks = 0; looks < 2; looks++) {
          await until(world, world.clock.now() + HOUR);
          world.watch();
        }
        await world.doing(redriving);
        world.watch();
        await world.runUntilQuiet();
        const loads = world.watcher.ours.filter(({ action }) => action === 'Load Sales').length;
        if (loads !== (answer.ok ? 1 : 2))
          problems.push(`${nth}: the word is ${answer.ok ? 'taken' : 'refused'}, and it loaded ${loads} times`);
        // The rows that somebody left out stay rejected.
        const outcome = redrive(world)?.ended?.outcome;
        if (answer.ok && steps.length > 1 && outcome !== 'succeeded-with-rejects')
          problems.push(`${nth}: the steps that are left came to ${outcome}`);
        problems.push(...violationsOf(world).map((what) => `${nth}: ${what}`));
      }
      expect(words).toEqual(new Set(['taken', 'refused']));
      return problems;
    }

    const settles = (services: RunServices, held: Held) => settleRun(services, held, WORD);
    const accepts = (services: RunServices, held: Held) =>
      acceptRejects(services, held, { by: 'ada', because: WORD.evidence });

    it('either stops the redrive, or is refused: never is the drop done twice', async () => {
      expect(await wrongWithWord(['import'], settles)).toEqual([]);
    });

    it.each([
      ['settles', settles],
      ['accepts', accepts],
    ] as const)(
      'about a step with others after it (%s), has the redrive begin with those, or is refused',
      async (_, say) => {
        expect(await wrongWithWord(['import', 'process'], say)).toEqual([]);
      },
    );
  },
);
