import type { Services } from '../../functions/services.ts';
import type { World } from '../simulation/world.ts';

/** Services of a process of a person, whose reads, writes and messages happen at once: the world does not hold them up, nor let them fail. */
export function servicesAtOnce(world: World): Services {
  const { state, queues } = world;
  return { ...world.servicesOf(world.newProcess()), state, queues };
}
