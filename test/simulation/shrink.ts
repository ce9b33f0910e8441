import type { FaultName } from './faults.ts';
import { simulate } from './simulate.ts';
import type { Story } from './story.ts';

/** Other lucks that are tried before a smaller story counts as harmless: what is left out changes who goes when. */
const LUCKS = 4;

/**
 * A smaller story that breaks the same promise: fewer happenings, fewer kinds of faults, a shorter storm. Greedy: it takes
 * whatever can go, in turn, until nothing more can, or after `most` tellings.
 */
export async function shrink(story: Story, broken: readonly string[], { most = 600 } = {}): Promise<Story> {
  const kinds = new Set(broken.map(kindOf));
  let tellings = 0;
  const breaks = async (smaller: Story): Promise<Story | undefined> => {
    for (let other = 0; other < LUCKS && tellings < most; other++) {
      const told = { ...smaller, luck: smaller.luck + other };
      tellings++;
      const { violations } = await simulate(told);
      if (violations.some((what) => kinds.has(kindOf(what)))) return told;
    }
    return undefined;
  };
  let smallest = story;
  for (let before: Story | undefined; before !== smallest && tellings < most; ) {
    before = smallest;
    for (const move of MOVES) {
      for (let at = 0; tellings < most; ) {
        const smaller = move(smallest, at);
        if (smaller === undefined) break;
        const found = await breaks(smaller);
        if (found === undefined) at++;
        else smallest = found;
      }
    }
  }
  return smallest;
}

/** What a violation says of the code, without the names of this world. */
export function kindOf(violation: string): string {
  const [first = ''] = violation.replace(/^after all lanes were released: /, '').split('\n');
  return first
    .split(/\s+/)
    .filter((word) => !/[\d/]/.test(word))
    .join(' ');
}

/** Makes a story smaller in the `at`-th way; undefined when there is no such way. */
type Move = (story: Story, at: number) => Story | undefined;

const withoutHappening: Move = (story, at) => {
  const { happenings } = story;
  return at < happenings.length
    ? { ...story, happenings: happenings.toSpliced(happenings.length - 1 - at, 1) }
    : undefined;
};

const withoutFault: Move = (story, at) => {
  const name = Object.keys(story.faults)[at] as FaultName | undefined;
  if (name === undefined) return undefined;
  const { [name]: _, ...faults } = story.faults;
  return { ...story, faults };
};

const withoutPipeline: Move = (story, at) => {
  const name = Object.keys(story.pipelines)[at];
  if (name === undefined || Object.keys(story.pipelines).length === 1) return undefined;
  const others = Object.entries(story.pipelines).filter(
    ([other, { on = '' }]) => other !== name && !on.includes(`after: ${name} `),
  );
  if (others.length === 0) return undefined;
  const pipelines = Object.fromEntries(others);
  const happenings = story.happenings.filter(
    (each) =>
      !(each.what === 'drop' && each.key.startsWith(`${name}/`)) &&
      !(each.what === 'schedule' && each.pipeline === name),
  );
  return { ...story, pipelines, happenings };
};

const withoutStep: Move = (story, at) => {
  const [name, pipeline] = Object.entries(story.pipelines)[at] ?? [];
  if (name === undefined || pipeline === undefined) return undefined;
  // The first step says what the drops are like.
  const steps = pipeline.steps.length > 1 ? pipeline.steps.slice(0, -1) : pipeline.steps;
  return { ...story, pipelines: { ...story.pipelines, [name]: { ...pipeline, steps } } };
};

const plainer: Move = (story, at) => {
  const ways: Partial<Story>[] = [
    { skewMs: 0 },
    { concurrency: 1 },
    { taskSeconds: [1, 3] },
    { watchSeconds: null },
    { stormSeconds: Math.ceil(story.stormSeconds / 2) },
  ];
  const way = ways[at];
  return way && { ...story, ...way };
};

const shorterStorm: Move = (story, at) => {
  const operations = story.stormOperations ?? 2000;
  const shorter = [Math.floor(operations / 2), Math.floor(operations * 0.9), operations - 1][at];
  return shorter === undefined || shorter < 1 ? undefined : { ...story, stormOperations: shorter };
};

/** A move that changes nothing would be made for ever. */
function real(move: Move): Move {
  return (story, at) => {
    for (let way = at; ; way++) {
      const smaller = move(story, way);
      if (smaller === undefined || JSON.stringify(smaller) !== JSON.stringify(story)) return smaller;
    }
  };
}

const MOVES = [withoutPipeline, withoutHappening, withoutFault, withoutStep, plainer, shorterStorm].map(real);
