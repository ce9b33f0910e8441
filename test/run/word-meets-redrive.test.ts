import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import type { FrozenPipeline } from '../../shared/pipeline/frozen-pipeline.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryQueues } from '../../shared/ports/memory/memory-queues.ts';
import { MemoryStore } from '../../shared/ports/memory/memory-store.ts';
import { acceptRejects } from '../../shared/run/accept-rejects.ts';
import { sendNext, writeTicket } from '../../shared/run/lane.ts';
import { createRun, type Held, readRun } from '../../shared/run/ledger.ts';
import { redriveIdOf, redriveOf, redriveRun, repairRedrive } from '../../shared/run/redrive.ts';
import { requestSkip } from '../../shared/run/request-skip.ts';
import type { RunServices } from '../../shared/run/services.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { violationsOf } from '../simulation/violations.ts';
import type { World, WorldOptions } from '../simulation/world.ts';
import { servicesAtOnce } from './at-once.ts';
import { wrongAtEach } from './each-operation.ts';
import { first, HOUR, liveUntilEnded, type OnFailure, REJECTED, redrive, type Steps } from './ended-redriven.ts';
import { A, B, definition, ended, finished, LATER, openStart } from './ended-run.ts';

/** A word about a run, that its step is done after all, and a redrive of it, in whatever order they come. */

const WORD = { as: 'succeeded', by: 'ada', evidence: 'these rows may be left out' } as const;
const LEFT_OUT = { by: WORD.by, because: WORD.evidence };

/** Lets the world go on until then, or earlier where it has nothing more to do. */
async function until(world: World, notAfter: number, isOver = () => false): Promise<void> {
  for (let goes = true; goes && !isOver() && world.clock.now() < notAfter; ) goes = await world.step({ notAfter });
}

describe.each<OnFailure>(['continue', 'hold'])(
  'a word that comes in the middle of a redrive, under onFailure: %s',
  (onFailure) => {
    /** What is wrong afterwards, wherever the redrive stood still until the word was said and all that follows it was done. */
    async function wrongWithWord(steps: Steps, say: (services: RunServices, held: Held) => Promise<{ ok: boolean }>) {
      const problems: string[] = [];
      const words = new Set<string>();
      for (let nth = 1, isOver = false; !isOver; nth++) {
        await using world = await liveUntilEnded(onFailure, { text: REJECTED, steps, more: 'keep: delete' });
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
      const services = servicesAtOnce(world);
      const old = await readRun(services, first(world)?.runId ?? '');
      const opened = await readRun(services, redriveIdOf(first(world)?.runId ?? ''));
      if (old !== undefined && opened !== undefined)
        await repairRedrive(services, old, { run: opened.run, created: false });
      await world.runUntilQuiet();
      expect(world.runs().filter((run) => run.redriveOf !== undefined).length).toBeLessThan(2);
    }

    const settles = (services: RunServices, held: Held) => settleRun(services, held, WORD);
    const accepts = (services: RunServices, held: Held) => acceptRejects(services, held, LEFT_OUT);

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
    const world = await liveUntilEnded('continue', { text: REJECTED, steps: was, more: 'keep: delete' });
    const services = servicesAtOnce(world);
    const old = await readRun(services, first(world)?.runId ?? '');
    if (old?.run.pipeline == null) throw new Error('there is no run');
    const pipeline = { ...old.run.pipeline, steps: steps(old.run.pipeline) };
    const decision = redriveOf(old.run, pipeline, world.clock.now());
    if (!decision.ok) throw new Error(decision.because);
    await createRun(services, decision.run);
    return { world, services, old, redriveId: decision.run.runId };
  }
  const loadsOf = (world: World) => world.watcher.ours.map(({ action }) => action);

  it('by a definition that no longer has the next step: the redrive follows the one of the old run', async () => {
    const { world, services, old } = await opened(({ steps }) => steps.slice(0, 1));
    await using _ = world;
    expect(await acceptRejects(services, old, LEFT_OUT)).toMatchObject({ ok: true });
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
    expect(await acceptRejects(services, old, LEFT_OUT)).toMatchObject(told);
    const skipped = await readRun(services, redriveId);
    if (skipped?.run.pipeline == null) throw new Error('there is no redrive');
    expect(await redriveRun(services, skipped, skipped.run.pipeline)).toMatchObject({ ok: true });
    await world.runUntilQuiet();
    expect(loadsOf(world).filter((action) => action === 'Load Sales')).toHaveLength(1);
    expect(loadsOf(world)).toContain('Recalculate');
  });
});

describe('a word that comes after a redrive, about a run that was read before it', () => {
  const STEPS = [definition(A), definition(A, B)];
  const following = (pipeline: FrozenPipeline): FrozenPipeline => ({
    ...pipeline,
    followers: ['report'],
    keep: { kind: 'delete' },
  });

  it.for<[string, FrozenPipeline, (services: RunServices, held: Held) => Promise<object>]>(
    STEPS.map(following).flatMap((pipeline) => [
      [
        `as succeeded, in step 1 of ${pipeline.steps.length}`,
        pipeline,
        (services, held) => settleRun(services, held, { as: 'succeeded', by: 'ada', evidence: 'seen' }),
      ],
      [
        `that its rejected rows are accepted, in step 1 of ${pipeline.steps.length}`,
        pipeline,
        (services, held) => acceptRejects(services, held, LEFT_OUT),
      ],
    ]),
  )('is refused: %s', async ([, pipeline, say]) => {
    const clock = new ManualClock(LATER);
    const queues = new MemoryQueues({ clock });
    const services = { ...handServices({ state: new MemoryStore({ bucket: 'state', clock }), queues }), clock };
    const run = ended('succeeded-with-rejects', [finished('succeeded-with-rejects', true)], { pipeline });
    const held = await createRun(services, run);
    expect(await redriveRun(services, held, pipeline)).toMatchObject({ ok: true, created: true });
    expect(await say(services, held)).toMatchObject({
      ok: false,
      because: expect.stringContaining(`redriven as ${run.runId}.1`),
    });
    const now = await readRun(services, run.runId);
    expect(now?.run).toMatchObject({ redrivenAs: `${run.runId}.1`, ended: { todo: [] } });
    expect(now?.run.settled).toBeUndefined();
  });

  it('is refused of an unknown run too, where another word came before the redrive', async () => {
    const clock = new ManualClock(LATER);
    const queues = new MemoryQueues({ clock });
    const services = { ...handServices({ state: new MemoryStore({ bucket: 'state', clock }), queues }), clock };
    const run = ended('unknown', [openStart], { pipeline: following(definition(A)) });
    const seen = await createRun(services, run);
    expect(await redriveRun(services, seen, run.pipeline)).toMatchObject({ ok: false });
    await settleRun(services, seen, { as: 'failed', by: 'ann', evidence: 'half of the rows are missing' });
    const held = await readRun(services, run.runId);
    if (held === undefined) throw new Error('its ledger is gone');
    expect(await redriveRun(services, held, run.pipeline)).toMatchObject({ ok: true });
    // The look of the watch began before.
    const word = { as: 'succeeded', by: 'watch', evidence: 'its task is final' } as const;
    expect(await settleRun(services, seen, word)).toMatchObject({ ok: false });
    expect((await readRun(services, run.runId))?.run).toMatchObject({ settled: { as: 'failed' }, ended: { todo: [] } });
  });
});
