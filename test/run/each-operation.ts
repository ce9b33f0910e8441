import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import type { World, WorldOptions } from '../simulation/world.ts';

export interface EachOperation {
  live: (options: Pick<WorldOptions, 'fate'>) => Promise<World>;
  /** From when on its operations are met, each in a life of its own. */
  hasBegun: (world: World) => boolean;
  /** What happens to the operation that is met; an operation without a fate is passed over. */
  spoil: (operation: Operation) => Fate | undefined;
  wrongWith: (world: World) => string[];
}

/** One life for each operation, until a life meets none; what was wrong after each, with the operation that was met. */
export async function wrongAtEach({ live, hasBegun, spoil, wrongWith }: EachOperation): Promise<string[]> {
  const problems: string[] = [];
  let isOver = false;
  for (let nth = 1; !isOver; nth++) {
    let met: Operation | undefined;
    let seen = 0;
    await using world = await live({
      fate: (operation, world) => {
        if (met !== undefined || !hasBegun(world)) return GOES;
        const fate = spoil(operation);
        if (fate === undefined || ++seen < nth) return GOES;
        met = operation;
        return fate;
      },
    });
    isOver = met === undefined;
    if (isOver && nth === 1) throw new Error('no operation was met: hasBegun or spoil fits nothing');
    problems.push(...wrongWith(world).map((what) => `${nth} (${met?.kind} ${met?.name} ${met?.about}): ${what}`));
  }
  return problems;
}
