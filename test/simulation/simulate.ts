import { releaseLane } from '../../shared/run/lane-by-hand.ts';
import { GOES } from './operation.ts';
import { seededRandom } from './random.ts';
import { type Story, storyOf } from './story.ts';
import { violationsOf } from './violations.ts';
import { World } from './world.ts';

/** What came of one seed. */
export interface Simulated {
  seed: number;
  violations: string[];
  /** what happened, one line for each thing, in order */
  trace: readonly string[];
  outcomes: string[];
  operations: number;
}

/** Tells the story of a seed: storm, calm, and an operator who releases what is held, until nothing is left to happen. */
export async function simulate(seed: number): Promise<Simulated> {
  const story = storyOf(seed);
  await using world = await World.build(story.world);
  const violations: string[] = [];
  try {
    await stormOf(story, world);
    world.fate = () => GOES;
    world.simulator.changeWeather({ rules: [] });
    world.say('the weather turns calm');
    await world.runUntilDone();
    violations.push(...violationsOf(world, story.drops));
    if (story.calm) violations.push(...needless(world));
    await releaseAll(world);
    violations.push(...violationsOf(world, story.drops).map((what) => `after all lanes were released: ${what}`));
    const waiting = world.runs().filter(({ ended }) => ended === null);
    if (waiting.length > 0) violations.push(`${waiting.length} runs wait for ever`);
  } catch (error) {
    violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    seed,
    violations: [...new Set(violations)],
    trace: world.trace,
    outcomes: world.runs().map(({ ended }) => ended?.outcome ?? 'none'),
    operations: world.operations,
  };
}

/** Where nothing fails, no run waits for the watch or the poison queue, and none ends otherwise than by its data. */
function needless(world: World): string[] {
  return world.runs().flatMap((run) => {
    const found: string[] = [];
    if (run.resent !== undefined) found.push('the watch had to send its message again');
    if (run.buried !== undefined) found.push('its message was buried');
    const byItsData = ['missing-members', undefined].includes(run.ended?.failure?.category);
    if (!byItsData) found.push(`it ended ${run.ended?.outcome}: ${run.ended?.failure?.message}`);
    return found.map((what) => `nothing failed, and yet of run ${run.runId} ${what}`);
  });
}

async function stormOf(story: Story, world: World): Promise<void> {
  const random = seededRandom(story.seed + 1_000_000);
  const begun = world.clock.now();
  const drops = story.drops.toSorted((a, b) => a.atSeconds - b.atSeconds);
  while (world.clock.now() < begun + story.stormSeconds * 1000) {
    const [next] = drops;
    const at = begun + (next?.atSeconds ?? story.stormSeconds) * 1000;
    if (world.clock.now() >= at) {
      if (next === undefined) return;
      drops.shift();
      world.say(`${next.key} is dropped`);
      await world.drop(next.key, next.text, { copies: next.copies, delaySeconds: next.delaySeconds });
      continue;
    }
    // Processes may be slow: time passes although they could act.
    if (random() < story.slowness) await world.clock.advance(Math.floor(random() * random() * 120_000));
    if (!(await world.step({ notAfter: at }))) await world.clock.advance(Math.max(0, at - world.clock.now()));
  }
}

/** A person releases every held lane, again and again, until nobody waits. */
async function releaseAll(world: World): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const held = world.heldLanes();
    if (held.length === 0) return;
    world.releasedByHand = true;
    for (const modelId of held) {
      world.say(`somebody releases the lane of ${modelId}`);
      await world.doing(releaseLane(world.servicesOf(world.newProcess()), modelId));
    }
    await world.runUntilDone();
  }
}
