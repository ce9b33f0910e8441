import type { Scenario } from '../../simulator/index.ts';
import { type Fate, GOES, type Operation } from './operation.ts';
import { pick, seededRandom } from './random.ts';
import { COLLEAGUE, type PipelineOptions } from './tenant.ts';
import type { Dropped } from './violations.ts';
import type { WorldOptions } from './world.ts';

/** What happens in one simulated world, all of it from one seed. */
export interface Story {
  seed: number;
  world: WorldOptions;
  drops: (Dropped & { atSeconds: number; copies: number; delaySeconds: number })[];
  /** When the weather turns calm and nothing fails any more, seconds after the beginning. */
  stormSeconds: number;
  /** Nothing ever fails: then nothing may need a net. */
  calm: boolean;
  /** How often time passes although somebody could act. */
  slowness: number;
}

/** How often things go wrong, as shares of all operations. */
interface Storm {
  kills: number;
  storeFaults: number;
  queueFaults: number;
  weather: number;
}

const STORE_FAULTS = ['fail', 'lost-acknowledgement', 'lost-then-refused', 'conflict'] as const;
const QUEUE_FAULTS = ['fail', 'lost-acknowledgement', 'duplicate', 'duplicate'] as const;
type Step = PipelineOptions['steps'][number];
const STEPS: readonly Step[][] = [
  ['import'],
  ['import'],
  ['import', 'process'],
  ['repeatable-import'],
  ['list-import'],
  ['list-import', 'process'],
];

export function storyOf(seed: number): Story {
  const random = seededRandom(seed);
  const models = 1 + Math.floor(random() * 3);
  const pipelines: Record<string, PipelineOptions> = {};
  for (let i = 0; i < models + Math.floor(random() * 2); i++) {
    pipelines[`p${i}`] = {
      model: `Plan ${(i % models) + 1}`,
      steps: pick(random, STEPS),
      onFailure: random() < 0.5 ? 'hold' : 'continue',
      maxRows: random() < 0.3 ? 1 : 0,
      ...(random() < 0.1 ? { deadline: '30min' } : {}),
    };
  }
  const harshness = pick(random, [0, 0.2, 1, 1, 2]);
  const share = (most: number) => random() * most * harshness;
  const storm: Storm = { kills: share(0.01), storeFaults: share(0.02), queueFaults: share(0.05), weather: share(0.05) };
  const repeats = Object.values(pipelines).some(({ steps }) => steps.includes('repeatable-import'));
  // Whoever says that a step may be repeated takes upon them what a start does that acts after the grace time.
  const mostLateMs = repeats ? 60_000 : 300_000;
  const withinSeconds = random() < 0.3 ? 60 : 1800;
  return {
    seed,
    drops: Array.from({ length: 1 + Math.floor(random() * (random() < 0.2 ? 12 : 6)) }, (_, i) => {
      const pipeline = pick(random, Object.keys(pipelines));
      return {
        key: `${pipeline}/${i}.csv`,
        text: textOf(pipelines[pipeline]?.steps[0] === 'list-import', i, random),
        atSeconds: Math.floor(random() * random() * withinSeconds),
        copies: random() < 0.1 * harshness ? 2 : 1,
        delaySeconds: random() < 0.2 * harshness ? Math.floor(random() * 300) : 0,
      };
    }),
    stormSeconds: 3600,
    calm: harshness === 0,
    slowness: share(0.02),
    world: {
      seed,
      models,
      pipelines,
      like: random() < 0.5 ? 'local' : 'aws',
      scenario: weatherOf(storm.weather, random, mostLateMs),
      fate: fateOf(storm, random),
      choose: (choices) => Math.floor(random() * choices),
      skew: () => Math.floor((random() - 0.5) * 10_000),
      concurrency: 1 + Math.floor(random() * 4),
      taskSeconds: pick(random, [
        [1, 3],
        [20, 90],
        [1, 600],
      ] as [number, number][]),
      // Without the watch, what only it would repair is seen.
      ...(random() < 0.5 ? { watchSeconds: 300 } : {}),
    },
  };
}

function textOf(isList: boolean, number: number, random: () => number): string {
  const rows = 1 + Math.floor(random() * 8);
  if (isList)
    return ['Product,Code', ...range(rows).map((row) => `Item ${number}-${row},I${number}-${row}`), ''].join('\n');
  const product = () => (random() < 0.05 ? 'Cocoa' : pick(random, ['Tea', 'Coffee', 'Mug']));
  // The first cell makes the bytes of every drop its own.
  return ['Product,Month,Units', ...range(rows).map((row) => `${product()},Jan 26,${number * 100 + row}`), ''].join(
    '\n',
  );
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function fateOf(storm: Storm, random: () => number): (operation: Operation) => Fate {
  return ({ kind }) => {
    if (random() < storm.kills) return { kind: random() < 0.5 ? 'killed-before' : 'killed-after' };
    if (kind === 'store' && random() < storm.storeFaults)
      return { kind: 'store-fault', fault: pick(random, STORE_FAULTS) };
    if (kind === 'queue' && random() < storm.queueFaults)
      return { kind: 'queue-fault', fault: pick(random, QUEUE_FAULTS) };
    if (kind === 'alert' && random() < storm.queueFaults) return { kind: 'queue-fault', fault: 'fail' };
    return GOES;
  };
}

function weatherOf(chance: number, random: () => number, mostLateMs: number): Scenario {
  const rules: NonNullable<Scenario['rules']> = [];
  if (chance === 0) return { rules };
  const tasks = { method: 'POST', path: '**/tasks' };
  const start = () => Math.min(0.3, chance * 6 * random());
  rules.push(
    { match: { ...tasks, chance: start() }, do: { reset: 'after' } },
    { match: { ...tasks, chance: start() }, do: { reset: 'before' } },
    { match: { ...tasks, chance: start() }, do: { answer: { status: 502, form: 'html', acted: true } } },
    { match: { ...tasks, chance: start() }, do: { answer: { status: 409 } } },
    { match: { ...tasks, chance: start() }, do: { actLaterMs: 1000 + Math.floor(random() * mostLateMs) } },
    { match: { ...tasks, chance: start() }, do: { delayMs: Math.floor(random() * 200_000) } },
    { match: { ...tasks, chance: start() }, do: { task: { fails: { type: 'actionFailed' } } } },
    ...['before', 'after'].flatMap((reset) =>
      ['Load Sales', 'Recalculate'].map((action) => ({
        match: {
          method: 'POST',
          path: action === 'Load Sales' ? '**/imports/*/tasks' : '**/processes/*/tasks',
          chance: start(),
        },
        do: { otherStarts: { action, user: COLLEAGUE.email }, reset: reset as 'before' | 'after' },
      })),
    ),
    {
      match: { method: 'GET', path: '**/status', chance },
      do: { otherStarts: { action: 'Recalculate', user: COLLEAGUE.email, seconds: Math.floor(random() * 900) } },
    },
    { match: { method: 'GET', path: '**/tasks/*', chance: chance * 0.2 }, do: { unload: true } },
    { match: { chance: chance * 0.5 }, do: { expireTokens: true } },
    { match: { chance: chance * 0.5 }, do: { answer: { status: 429, headers: { 'retry-after': '7' } } } },
    { match: { chance: chance * 0.5 }, do: { answer: { status: pick(random, [500, 502, 503, 504]), form: 'html' } } },
    { match: { chance: chance * 0.3 }, do: { answer: { status: 500, acted: true } } },
    { match: { chance: chance * 0.5 }, do: { reset: 'before' } },
    { match: { chance: chance * 0.5 }, do: { reset: 'after' } },
    { match: { chance: chance * 0.2 }, do: { garble: true } },
    { match: { method: 'GET', chance: chance * 0.5 }, do: { delayMs: Math.floor(random() * 30_000) } },
  );
  return { rules };
}
