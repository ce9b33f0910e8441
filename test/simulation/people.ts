import { holdLane, releaseLane } from '../../shared/run/lane-by-hand.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { discardRun, redriveRun } from '../../shared/run/redrive.ts';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import { requestSkip } from '../../shared/run/request-skip.ts';
import type { Run } from '../../shared/run/run.ts';
import type { RunServices } from '../../shared/run/services.ts';
import { settleRun } from '../../shared/run/settle.ts';
import type { Deed } from './story.ts';
import { count } from './tally.ts';
import type { World } from './world.ts';

/** Longer than anything sent to Anaplan can be on its way there. */
const QUIET_MS = 900_000;
const MOST_TRIES = 5;
/** Who holds and releases lanes by hand. */
export const ANN = 'ann';

const LONG_AGO = '2026-01-05T05:00:00.000Z';

type Command = { tells: string; releases?: true; run: (services: RunServices) => Promise<unknown> };
type Begun = Command & { ended: () => void };

/**
 * The operators of an installation. They look in Anaplan before they let a run into a lane or say what became of one, and they
 * repeat a command that did not come to its end.
 */
export class People {
  readonly #world: World;
  readonly #unfinished: Begun[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Does something about whatever is there now, if there is anything. @param chosen which, where there are several */
  async does(deed: Deed, chosen: number): Promise<void> {
    const command = this.#command(deed, chosen % 3 === 0, (list) => list[chosen % Math.max(1, list.length)]);
    if (command === undefined) return;
    count(this.#world.troubles, `people: ${deed}`);
    await this.#tries(command);
  }

  /** Ends what was begun, and releases every held lane, again and again until nobody waits. */
  async clearUp(): Promise<void> {
    for (const command of this.#unfinished.splice(0)) await this.#goesOn(command);
    for (let round = 0; round < 20; round++) {
      await this.#world.runUntilDone();
      const held = this.#world.heldLanes();
      if (held.length === 0) return;
      await this.#world.clock.advance(QUIET_MS);
      await this.#world.wakeAnaplan();
      for (const modelId of held) await this.#tries(this.#release(modelId));
    }
  }

  #tries(command: Command): Promise<void> {
    return this.#goesOn({ ...command, ended: this.#world.deed() });
  }

  async #goesOn(begun: Begun): Promise<void> {
    const { tells, releases, run, ended } = begun;
    const world = this.#world;
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      world.say(`somebody ${tells}`);
      try {
        await world.doing(run(releases === true ? servicesToRelease(world) : world.servicesOf(world.newProcess())));
        return ended();
      } catch (error) {
        world.say(`which fails: ${error instanceof Error ? error.message : String(error)}`);
        await world.clock.advance(10_000);
      }
    }
    this.#unfinished.push(begun);
  }

  #command(deed: Deed, mends: boolean, choose: <T>(list: readonly T[]) => T | undefined): Command | undefined {
    const world = this.#world;
    const runs = world.runs();
    const about = (run: Run | undefined, tells: string, act: (services: RunServices, run: Run) => Promise<unknown>) =>
      run && { tells: `${tells} ${run.runId}`, run: (services: RunServices) => act(services, run) };
    switch (deed) {
      case 'release': {
        const modelId = choose(world.heldLanes().filter((id) => this.#isMine(id) || this.#isQuiet(id)));
        return modelId === undefined ? undefined : this.#release(modelId);
      }
      case 'hold': {
        const model = choose(world.simulator.tenant.models);
        const reason = { by: ANN, reason: 'month end' };
        return model && { tells: `holds ${model.name}`, run: (services) => holdLane(services, model.id, reason) };
      }
      case 'cancel':
        return about(choose(runs.filter(({ ended }) => ended === null)), 'cancels', (services, { runId }) =>
          requestCancel(services, runId, 'ann'),
        );
      case 'skip':
        return about(choose(runs.filter(({ ended }) => ended === null)), 'skips', (services, { runId }) =>
          requestSkip(services, runId, 'ann'),
        );
      case 'settle':
        return about(choose(runs.filter((run) => this.#canTell(run))), 'settles', (services, run) =>
          this.#settle(services, run),
        );
      case 'redrive':
        return about(choose(runs.filter((run) => canBeRedriven(run))), 'redrives', (services, run) =>
          this.#redrive(services, run, mends),
        );
      case 'discard':
        return about(choose(runs.filter((run) => canBeRedriven(run))), 'discards', discard);
      default:
        return deed satisfies never;
    }
  }

  #release(modelId: string): Command {
    return { tells: `releases ${modelId}`, releases: true, run: (services) => releaseLane(services, modelId) };
  }

  /** Held by a person, who takes the hold off again whenever they like. */
  #isMine(modelId: string): boolean {
    return JSON.parse(this.#world.state.text(`lanes/${modelId}/holder`) ?? '{}').hold?.by === ANN;
  }

  /** Nothing of ours is under way in the model, as far as a person who looks can see. */
  #isQuiet(modelId: string): boolean {
    const { lanes, clock } = this.#world;
    return lanes.openTasks(modelId).length === 0 && clock.now() - lanes.lastTouched(modelId) >= QUIET_MS;
  }

  #canTell({ ended, settled, pipeline }: Run): boolean {
    return (
      ended?.outcome === 'unknown' && settled === undefined && pipeline !== null && this.#isQuiet(pipeline.modelId)
    );
  }

  /** With the drop as it is, or, where one import reads it, with its rows mended. */
  async #redrive(services: RunServices, { runId, trigger }: Run, mends: boolean): Promise<void> {
    const held = await readRun(services, runId);
    const pipeline = held?.run.pipeline;
    if (held === undefined || pipeline == null) return;
    const isSales = pipeline.steps[0]?.name === 'Load Sales';
    if (!mends || !isSales || trigger.kind !== 'drop') return void (await redriveRun(services, held, pipeline));
    const key = `mended/${runId}.1/sales.csv`;
    await redriveRun(services, held, pipeline, async () => {
      const { size, ...written } = await services.state.put(key, `Product,Month,Units\nMug,Jan 26,${runId.length}\n`);
      const { versionId } = written;
      return { bucket: services.state.bucket, key, versionId, lastModified: LONG_AGO, bytes: size };
    });
  }

  /** Says what Anaplan says. */
  async #settle(services: RunServices, { runId, pipeline, position }: Run): Promise<void> {
    const held = await readRun(services, runId);
    await this.#world.wakeAnaplan();
    const name = pipeline?.steps[position.step]?.name;
    const starts = this.#world.watcher.startsOf(runId).filter(({ action }) => action === name);
    const ran = starts.some(
      ({ task }) => task.final === 'COMPLETE' && task.parts.every((part) => part.outcome?.successful),
    );
    if (held !== undefined)
      await settleRun(services, held, { as: ran ? 'succeeded' : 'failed', by: 'ann', evidence: 'looked in Anaplan' });
  }
}

/** The services of a process in which a person releases a lane: there a person's hold may be taken off. */
export function servicesToRelease(world: World): RunServices {
  const process = world.newProcess();
  world.lanes.releases(process);
  return world.servicesOf(process);
}

function canBeRedriven({ ended, pipeline, redrivenAs }: Run): boolean {
  return ended !== null && ended.outcome !== 'succeeded' && pipeline !== null && redrivenAs === undefined;
}

async function discard(services: RunServices, { runId }: Run): Promise<void> {
  const held = await readRun(services, runId);
  if (held !== undefined) await discardRun(services, held, { by: 'ann', because: 'mended by hand' });
}
