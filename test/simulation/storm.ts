import { GOES } from './operation.ts';
import type { People } from './people.ts';
import { below, pick, type Random, seededRandom } from './random.ts';
import type { Happening, Story } from './story.ts';
import { count } from './tally.ts';
import { COLLEAGUE } from './tenant.ts';
import type { World } from './world.ts';

/** Lets everything that a story tells of happen at its time, and the world go on in between, until the storm is over. */
export async function stormOf(story: Story, world: World, people: People): Promise<void> {
  const random = seededRandom(story.luck + 1_000_000);
  const begun = world.clock.now();
  const ends = begun + story.stormSeconds * 1000;
  const { stormOperations = Number.POSITIVE_INFINITY } = story;
  const happenings = [...story.happenings];
  while (world.clock.now() < ends) {
    const [next] = happenings;
    const at = next === undefined ? ends : Math.min(ends, begun + next.atSeconds * 1000);
    if (next !== undefined && world.clock.now() >= at) {
      happenings.shift();
      await happens(next, { world, people });
      const following = followingFrom(next);
      if (following !== undefined) happenings.push(following);
      happenings.sort((a, b) => a.atSeconds - b.atSeconds);
      continue;
    }
    if (world.operations >= stormOperations) calm(world);
    else await mischief(story, world, random);
    if (!(await world.step({ notAfter: at }))) await world.clock.advance(Math.max(0, at - world.clock.now()));
  }
}

/** From now on no operation and no request fails. */
export function calm(world: World): void {
  world.fate = () => GOES;
  world.slowness = () => 0;
  world.simulator.changeWeather({ rules: [] });
}

async function happens(what: Happening, { world, people }: { world: World; people: People }): Promise<void> {
  const name = NAMES[what.what];
  if (name !== undefined) count(world.troubles, name);
  switch (what.what) {
    case 'drop':
      world.say(`${what.key} is dropped`);
      return world.drop(what.key, what.text, what);
    case 'schedule':
      world.say(`the schedule of ${what.pipeline} fires`);
      return world.schedule(what.pipeline, what);
    case 'again': {
      const version = world.dropped[what.pick % Math.max(1, world.dropped.length)];
      if (version === undefined) return;
      world.say(`S3 tells of ${version.key} once more`);
      return world.tellOfVersion(version);
    }
    case 'person':
      return people.does(what.does, what.pick);
    case 'colleague': {
      const { tenant } = world.simulator;
      const [model, user] = [tenant.model(what.model), tenant.user(COLLEAGUE.email)];
      const action = model.named(what.action);
      const now = world.clock.now();
      world.say(`a colleague starts ${what.action} in ${what.model}`);
      if (action === undefined || user === undefined) return;
      await model.asOf(now, () => {
        model.start(action.kind, action.id, tenant.starter(user, model), [], now, { seconds: what.seconds });
      });
      return;
    }
    case 'model':
      world.say(`${what.model} is ${what.state}`);
      world.simulator.tenant.model(what.model).state = what.state;
      return;
    case 'outage':
      return world.say(`deliveries from ${what.queues.join(', ')} fail for ${what.seconds} s`);
    case 'blackout':
      world.say('every process dies');
      world.deliveries.killAll();
      if (world.like === 'local') await world.clock.advance(what.seconds * 1000);
      return;
    default:
      return what satisfies never;
  }
}

/** What is called trouble, of all that a story tells of. A person's deeds are counted when they find something to do. */
const NAMES: Partial<Record<Happening['what'], string>> = {
  colleague: 'people: a colleague starts something by hand',
  model: 'Anaplan: the model is locked or offline, or that is over',
  again: 'S3 tells once more of a drop',
  outage: 'deliveries of a queue fail for a while',
  blackout: 'every process dies',
};

/** What has to happen because of what has. */
function followingFrom(what: Happening): Happening | undefined {
  if (what.what !== 'model' || what.state === 'UNLOCKED') return undefined;
  return { ...what, atSeconds: what.atSeconds + what.seconds, state: 'UNLOCKED' };
}

/** What may happen at any moment. */
async function mischief({ faults }: Story, world: World, random: Random): Promise<void> {
  if (random() < (faults['dies meanwhile'] ?? 0)) {
    const { processes } = world.deliveries;
    const unlucky = processes.length === 0 ? undefined : pick(random, processes);
    if (unlucky !== undefined) {
      world.say(`${unlucky.name} dies`);
      count(world.troubles, 'a process dies between two operations');
      unlucky.die();
    }
  }
  // Processes may be slow: time passes although they could act.
  if (random() >= (faults['time passes'] ?? 0)) return;
  count(world.troubles, 'time passes while processes could act');
  await world.clock.advance(below(random, random() * 120_000));
}
