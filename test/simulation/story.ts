import { type Faults, faultsOf } from './faults.ts';
import { below, pick, type Random, seededRandom } from './random.ts';
import { MOST_MODELS, type PipelineOptions, readsDrops, readsFiles, type StepName } from './tenant.ts';

/** Something that happens at a time, whatever the installation does; seconds after the beginning. */
export type Happening = { atSeconds: number } & (
  | { what: 'drop'; key: string; text: string; copies: number; delaySeconds: number }
  | { what: 'schedule'; pipeline: string; copies: number; delaySeconds: number }
  /** S3 tells again of something that was dropped; `pick` chooses. */
  | { what: 'again'; pick: number }
  /** A person does something about whatever is there then; `pick` chooses. */
  | { what: 'person'; does: Deed; pick: number }
  | { what: 'colleague'; model: string; action: string; seconds: number }
  /** The model is in another state for a while. */
  | { what: 'model'; model: string; state: 'LOCKED' | 'MAINTENANCE' | 'UNLOCKED'; seconds: number }
  /** Deliveries fail before their function does anything: a throttle, a bad deployment. */
  | { what: 'outage'; queues: readonly string[]; seconds: number }
  /** Every process dies; on one machine nothing runs for a while. */
  | { what: 'blackout'; seconds: number }
);

export const DEEDS = ['release', 'hold', 'cancel', 'skip', 'settle', 'redrive', 'discard'] as const;
export type Deed = (typeof DEEDS)[number];

/** What happens in one simulated world: plain data, from one seed. */
export interface Story {
  seed: number;
  /** Who goes next, and what hits whom: the same story with other luck is told otherwise. */
  luck: number;
  like: 'local' | 'aws';
  models: number;
  pipelines: Record<string, PipelineOptions>;
  happenings: Happening[];
  faults: Faults;
  /** When nothing fails any more, seconds after the beginning. */
  stormSeconds: number;
  /** Operations after which none fails any more. */
  stormOperations?: number;
  /** Messages at the same time, at most, for each queue. */
  concurrency: number;
  taskSeconds: [number, number];
  /** How often the watch looks; without it, what only it would repair is seen. */
  watchSeconds: number | null;
  /** How far the clocks of two processes may be apart. */
  skewMs: number;
  /** Dumps and exports come in small chunks, so slowly that most take several messages. */
  slowChunks?: true;
}

/** Nothing ever fails and nobody interferes: then nothing may need a net. */
export function isCalm({ faults, happenings, skewMs }: Story): boolean {
  return (
    Object.keys(faults).length === 0 &&
    skewMs === 0 &&
    happenings.every((each) => (each.what === 'drop' || each.what === 'schedule') && each.copies === 1)
  );
}

const SCHEDULE = '{ schedule: "cron(0 6 * * ? *)", timezone: UTC }';

const STEPS: readonly StepName[][] = [
  ['import'],
  ['import'],
  ['import', 'process'],
  ['repeatable-import'],
  ['list-import'],
  ['list-import', 'process'],
  ['import', 'export'],
  ['list-import', 'packed-export'],
  ['several-files'],
  ['several-files', 'process'],
  ['process', 'action'],
  ['export'],
];

/** Long tasks cost a story most of its operations, and these are polls that are all alike; so they are the fewer. */
const TASK_SECONDS: readonly [number, number][] = [
  [1, 3],
  [1, 3],
  [1, 3],
  [5, 40],
  [5, 40],
  [1, 600],
];

export function storyOf(seed: number): Story {
  const random = seededRandom(seed);
  const harshness = pick(random, [0, 0.2, 1, 1, 2]);
  const models = 1 + below(random, MOST_MODELS);
  const pipelines = pipelinesIn(random, models);
  const faults = faultsOf(random, harshness);
  const quiet = harshness === 0;
  const like = random() < 0.5 ? 'local' : 'aws';
  const happenings = [
    ...arrivals(random, pipelines, quiet),
    ...(quiet || random() < 0.4 ? [] : interferences(random, models, like)),
  ].toSorted((a, b) => a.atSeconds - b.atSeconds);
  return {
    seed,
    luck: seed,
    like,
    models,
    pipelines,
    happenings,
    faults,
    stormSeconds: Math.max(3600, ...happenings.map(endOf)),
    concurrency: 1 + below(random, 4),
    taskSeconds: pick(random, TASK_SECONDS),
    watchSeconds: random() < 0.5 ? 300 : null,
    skewMs: quiet ? 0 : below(random, 20_000),
  };
}

/** When a happening is over, seconds after the beginning. */
function endOf(happening: Happening): number {
  return happening.atSeconds + ('seconds' in happening ? happening.seconds : 0);
}

function pipelinesIn(random: Random, models: number): Record<string, PipelineOptions> {
  const pipelines: Record<string, PipelineOptions> = {};
  for (let i = 0; i < models + below(random, 2); i++) {
    const steps = pick(random, STEPS);
    const keep = readsFiles(steps) && random() < 0.3 ? pick(random, ['delete', '{ archive: "done/" }']) : undefined;
    const on = onOf(random, `p${i}`, steps);
    pipelines[`p${i}`] = {
      model: `Plan ${(i % models) + 1}`,
      steps,
      onFailure: random() < 0.5 ? 'hold' : 'continue',
      maxRows: random() < 0.3 ? 1 : 0,
      ...(on === undefined ? {} : { on }),
      ...(keep === undefined ? {} : { more: `keep: ${keep}` }),
      ...(random() < 0.1 ? { deadline: '30min' } : {}),
    };
  }
  if (random() < 0.25) {
    const leader = pick(random, Object.keys(pipelines));
    const model = `Plan ${1 + below(random, models)}`;
    pipelines.follower = { model, steps: pick(random, [['process'], ['export']]), on: `{ after: ${leader} }` };
  }
  return pipelines;
}

function onOf(random: Random, name: string, steps: readonly StepName[]): string | undefined {
  if (readsDrops(steps)) return undefined;
  if (!readsFiles(steps)) return SCHEDULE;
  return pick(random, ['{ set: folder }', '{ set: date }', `{ set: { marker: "${name}/*/_READY" } }`]);
}

function arrivals(random: Random, pipelines: Record<string, PipelineOptions>, quiet: boolean): Happening[] {
  const names = Object.keys(pipelines).filter((name) => name !== 'follower');
  const count = 1 + below(random, random() < 0.15 ? 10 : 4);
  const withinSeconds = random() < 0.3 ? 60 : 1800;
  const arrival = () => ({
    atSeconds: below(random, random() * withinSeconds),
    copies: !quiet && random() < 0.1 ? 2 : 1,
    delaySeconds: !quiet && random() < 0.2 ? below(random, 300) : 0,
  });
  return Array.from({ length: count }, (_, i): Happening[] => {
    const name = pick(random, names);
    const { steps = [], on } = pipelines[name] ?? {};
    // Two times of a schedule are never the same.
    if (on === SCHEDULE)
      return [{ what: 'schedule', pipeline: name, ...arrival(), atSeconds: i * 120 + below(random, 120) }];
    // Now and then a file is replaced by a corrected one, also while its first version waits.
    const number = !quiet && i > 0 && random() < 0.15 ? i - 1 : i;
    const drop = (key: string, text: string): Happening => ({
      what: 'drop',
      key: `${name}/${key}`,
      text,
      ...arrival(),
    });
    const [products, sales] = [productsOf(i, random), salesOf(i, random)];
    if (on === undefined) return [drop(`${number}.csv`, steps[0] === 'list-import' ? products : sales)];
    const folder = on.includes('date') ? '' : `${number}/`;
    const day = on.includes('date') ? `-2026-01-${String(number + 1).padStart(2, '0')}` : '';
    const set = [drop(`${folder}products${day}.csv`, products), drop(`${folder}sales${day}.csv`, sales)];
    if (on.includes('marker')) set.push(drop(`${folder}_READY`, ''));
    // Of some sets a part never comes.
    return !quiet && random() < 0.1 ? set.toSpliced(below(random, set.length), 1) : set;
  }).flat();
}

const QUEUES = ['drops', 'schedules', 'upload', 'start', 'poll', 'collect', 'poison'] as const;

function interferences(random: Random, models: number, like: Story['like']): Happening[] {
  const model = () => `Plan ${1 + below(random, models)}`;
  const atSeconds = () => below(random, 3600);
  const times = (chance: number, make: () => Happening): Happening[] =>
    random() < chance ? Array.from({ length: 1 + below(random, 3) }, make) : [];
  return [
    ...times(0.6, () => ({
      what: 'person',
      atSeconds: atSeconds(),
      does: pick(random, DEEDS),
      pick: below(random, 1000),
    })),
    // What is held by hand is released by hand.
    ...(random() < 0.2 ? holdAndRelease(atSeconds(), below(random, 1800), below(random, 1000)) : []),
    ...times(0.3, () => ({ what: 'again', atSeconds: atSeconds(), pick: below(random, 1000) })),
    ...times(0.3, () => ({
      what: 'colleague',
      atSeconds: atSeconds(),
      model: model(),
      action: pick(random, ['Load Sales', 'Load Products', 'Recalculate']),
      seconds: below(random, 600),
    })),
    ...times(0.15, () => ({
      what: 'model',
      atSeconds: atSeconds(),
      model: model(),
      state: pick(random, ['LOCKED', 'MAINTENANCE']),
      seconds: below(random, 1200),
    })),
    ...times(0.2, () => ({
      what: 'outage',
      atSeconds: atSeconds(),
      queues: random() < 0.3 ? QUEUES : [pick(random, QUEUES)],
      // On one machine a message comes back every few seconds; on AWS it takes more than an hour to bury it.
      seconds: below(random, like === 'local' ? 120 : 7200),
    })),
    ...times(0.15, () => ({ what: 'blackout', atSeconds: atSeconds(), seconds: below(random, 1800) })),
  ];
}

function holdAndRelease(atSeconds: number, forSeconds: number, chosen: number): Happening[] {
  return [
    { what: 'person', atSeconds, does: 'hold', pick: chosen },
    { what: 'person', atSeconds: atSeconds + forSeconds, does: 'release', pick: chosen },
  ];
}

/** The first cells make the bytes of every drop its own. */
function productsOf(number: number, random: Random): string {
  const rows = Array.from({ length: 1 + below(random, 8) }, (_, row) => `Item ${number}-${row},I${number}-${row}`);
  return ['Product,Code', ...rows, ''].join('\n');
}

function salesOf(number: number, random: Random): string {
  const product = () => (random() < 0.05 ? 'Cocoa' : pick(random, ['Tea', 'Coffee', 'Mug']));
  const rows = Array.from({ length: 1 + below(random, 8) }, (_, row) => `${product()},Jan 26,${number * 100 + row}`);
  return ['Product,Month,Units', ...rows, ''].join('\n');
}
