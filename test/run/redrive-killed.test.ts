import { describe, expect, it } from 'vitest';
import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { sendNext, writeTicket } from '../../shared/run/lane.ts';
import { createRun, type Held, readRun } from '../../shared/run/ledger.ts';
import { redriveIdOf, redriveOf, redriveRun, repairRedrive } from '../../shared/run/redrive.ts';
import { requestSkip } from '../../shared/run/request-skip.ts';
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
        await clickedAgain(world);
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

    /** Whoever redrove it tries once more, as the command does. */
    async function clickedAgain(world: World): Promise<void> {
      const services = { ...world.servicesOf(world.newProcess()), state: world.state, queues: world.queues };
      const old = await readRun(services, first(world)?.runId ?? '');
      const opened = await readRun(services, redriveIdOf(first(world)?.runId ?? ''));
      if (old !== undefined && opened !== undefined)
        await repairRedrive(services, old, { run: opened.run, created: false });
      await world.runUntilQuiet();
      expect(world.runs().filter((run) => run.redriveOf !== undefined).length).toBeLessThan(2);
    }

    const settles = (services: RunServices, held: Held) => settleRun(services, held, WORD);
    const accepts = (services: RunServices, held: Held) =>
      acceptRejects(services, held, { by: 'ada', because: WORD.evidence });

    it('either stops the redrive, or is refused: never is the drop done twice', async () => {
      expect(await wrongWithWord(['import'], settles)).toEqual([]);
    });

    it.each([
      ['settles', ['import', 'process'], settles],
      ['accepts', ['import', 'process'], accepts],
      // A step of another queue.
      ['settles', ['import', 'export'], settles],
      ['accepts', ['import', 'export'], accepts],
    ] as const)(
      'about a step with others after it (%s, %s), has the redrive begin with those, or is refused',
      async (_, steps, say) => {
        expect(await wrongWithWord(steps, say)).toEqual([]);
      },
    );
  },
);

describe('the rows of a step are left out after somebody has opened a redrive of it and died', () => {
  /** Its redrive is opened by that definition, and nothing more is done of it. */
  async function opened(steps: (was: FrozenPipeline) => FrozenPipeline['steps'], was: Steps = ['import', 'process']) {
    const world = await ended('continue', { text: REJECTED, steps: was });
    const services = { ...world.servicesOf(world.newProcess()), state: world.state, queues: world.queues };
    const old = await readRun(services, first(world)?.runId ?? '');
    if (old?.run.pipeline == null) throw new Error('there is no run');
    const pipeline = { ...old.run.pipeline, steps: steps(old.run.pipeline) };
    const decision = redriveOf(old.run, pipeline, world.clock.now());
    if (!decision.ok) throw new Error(decision.because);
    await createRun(services, decision.run);
    return { world, services, old, redriveId: decision.run.runId };
  }
  const loadsOf = (world: World) => world.watcher.ours.map(({ action }) => action);
  const left = { by: 'ada', because: WORD.evidence };

  it('by a definition that no longer has the next step: the redrive follows the one of the old run', async () => {
    const { world, services, old } = await opened(({ steps }) => steps.slice(0, 1));
    await using _ = world;
    expect(await acceptRejects(services, old, left)).toMatchObject({ ok: true });
    await world.runUntilQuiet();
    expect(loadsOf(world)).toEqual(['Load Sales', 'Recalculate', 'Recalculate']);
    expect(redrive(world)?.ended?.outcome).toBe('succeeded-with-rejects');
  });

  it.each(['killed-before', 'killed-after'] as const)(
    'and who moves it on is %s each operation: its message comes all the same, on another queue',
    async (kind) => {
      const live = async ({ fate }: Pick<WorldOptions, 'fate'>) => {
        const { world, services, old, redriveId } = await opened(({ steps }) => steps, ['import', 'export']);
        const waits = await readRun(services, redriveId);
        if (waits?.run.pipeline == null) throw new Error('there is no redrive');
        await writeTicket(services, waits.run);
        expect(await settleRun(services, old, WORD)).toMatchObject({ ok: true });
        await sendNext(services, waits.run);
        if (fate !== undefined) world.fate = fate;
        await world.runUntilQuiet();
        return world;
      };
      const wrongWith = (world: World) => (redrive(world)?.ended == null ? ['it has no message that will come'] : []);
      expect(await wrongAtEach({ live, hasBegun: () => true, spoil: () => ({ kind }), wrongWith })).toEqual([]);
    },
  );

  it('and after somebody skipped it: its own redrive begins with the steps that are left', async () => {
    const { world, services, old, redriveId } = await opened(({ steps }) => steps);
    await using _ = world;
    await requestSkip(services, redriveId, 'bob');
    await world.runUntilQuiet();
    const told = { ok: false, whatToCheck: [`It is the one to redrive: plandrop failures redrive ${redriveId}`] };
    expect(await acceptRejects(services, old, left)).toMatchObject(told);
    const skipped = await readRun(services, redriveId);
    if (skipped?.run.pipeline == null) throw new Error('there is no redrive');
    expect(await redriveRun(services, skipped, skipped.run.pipeline)).toMatchObject({ ok: true });
    await world.runUntilQuiet();
    expect(loadsOf(world).filter((action) => action === 'Load Sales')).toHaveLength(1);
    expect(loadsOf(world)).toContain('Recalculate');
  });
});
