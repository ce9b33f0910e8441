import { fateOf, slownessOf } from './faults.ts';
import { People } from './people.ts';
import { below, seededRandom } from './random.ts';
import { calm, stormOf } from './storm.ts';
import { type Happening, isCalm, type Story } from './story.ts';
import { type Tally, tallyOf } from './tally.ts';
import { violationsOf } from './violations.ts';
import { weatherOf } from './weather.ts';
import { BEGINNING, World, type WorldOptions } from './world.ts';

/** What came of one story. */
export interface Simulated {
  violations: string[];
  /** what happened, one line for each thing, in order; empty unless it was asked for */
  trace: readonly string[];
  outcomes: string[];
  operations: number;
  /** what made trouble, and how often */
  tally: Tally;
}

/** Tells a story: storm, calm, and operators who release what is held, until nothing is left to happen. */
export async function simulate(story: Story, { traced = false } = {}): Promise<Simulated> {
  await using world = await World.build({ ...worldOf(story), traced });
  const people = new People(world);
  const violations: string[] = [];
  try {
    await stormOf(story, world, people);
    calm(world);
    for (const model of world.simulator.tenant.models) model.state = 'UNLOCKED';
    world.say('the weather turns calm');
    await world.runUntilDone();
    await world.wakeAnaplan();
    violations.push(...violationsOf(world));
    if (isCalm(story)) violations.push(...needless(world));
    await people.clearUp();
    violations.push(...violationsOf(world).map((what) => `after all lanes were released: ${what}`));
    const waiting = world.runs().filter(({ ended }) => ended === null);
    if (waiting.length > 0) violations.push(`${waiting.length} runs wait for ever`);
  } catch (error) {
    violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    violations: [...new Set(violations)],
    trace: world.lines,
    outcomes: world.runs().map(({ ended }) => ended?.outcome ?? 'none'),
    operations: world.operations,
    tally: tallyOf(world),
  };
}

function worldOf(story: Story): WorldOptions {
  const { luck, happenings, skewMs } = story;
  const random = (salt: number) => seededRandom(Math.imul(luck, 31) + salt);
  const [choice, skew] = [random(1), random(2)];
  const repeats = Object.values(story.pipelines).some(({ steps }) => steps.includes('repeatable-import'));
  // Whoever says that a step may be repeated takes upon them what a start does that acts after the grace time.
  const mostLateMs = repeats ? 60_000 : 300_000;
  return {
    seed: luck,
    models: story.models,
    pipelines: story.pipelines,
    like: story.like,
    scenario: weatherOf(story.faults, random(3), mostLateMs),
    fate: fateOf(story.faults, luck),
    ...speedOf(story),
    choose: (choices) => below(choice, choices),
    shuffled: !isCalm(story),
    skew: () => Math.floor((skew() - 0.5) * skewMs),
    fails: failing(happenings),
    concurrency: story.concurrency,
    taskSeconds: story.taskSeconds,
    ...(story.watchSeconds === null ? {} : { watchSeconds: story.watchSeconds }),
  };
}

/** How long operations take, and how small the chunks are that Anaplan gives. */
function speedOf({ faults, luck, slowChunks }: Story): Pick<WorldOptions, 'slowness' | 'outputBytes'> {
  const slowness = slownessOf(faults, luck);
  if (slowChunks !== true) return { slowness };
  const isChunk = ({ kind, name, about }: Parameters<typeof slowness>[0]) =>
    kind === 'http' && name === 'GET' && /\/(dumps?\/(.+\/)?|files\/116\d+\/)chunks\/\d+$/.test(about);
  return {
    slowness: (operation) => (isChunk(operation) ? 45_000 : slowness(operation)),
    outputBytes: { chunk: 40, part: 100 },
  };
}

function failing(happenings: readonly Happening[]): NonNullable<WorldOptions['fails']> {
  const outages = happenings.filter((each) => each.what === 'outage');
  return (queue, now) => {
    const seconds = (now - BEGINNING) / 1000;
    return outages.some(
      (each) => seconds >= each.atSeconds && seconds < each.atSeconds + each.seconds && each.queues.includes(queue),
    );
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
