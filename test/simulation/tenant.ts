import { AnaplanClient, type Transport } from '../../shared/anaplan/index.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import type { Lock } from '../../shared/pipeline/lock.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import { createSimulator, type TenantDefinition } from '../../simulator/index.ts';
import { answerOf, requestOf } from './in-process.ts';

/** The integration user of every simulated world, and a colleague who works in the same models by hand. */
export const OURS = { email: 'robot@example.com', password: 'robots dream of csv' } as const;
export const COLLEAGUE = { email: 'grace@example.com', password: 'nautilus coffee anchor' } as const;

/** No world has more. */
export const MOST_MODELS = 3;

/** The most imports of `Load Parts`. */
const MOST_IN_A_PROCESS = 10;

/**
 * A tenant of `models` models: `Plan 1`, `Plan 2`, … Each loads sales into a module and has a process that reads no file; and one of so
 * many `parts`, each an import with a file of its own.
 */
export function tenantOf(
  models: number,
  {
    outputChunkBytes = 10_000_000,
    parts = 0,
  }: { outputChunkBytes?: number | undefined; parts?: number | undefined } = {},
): TenantDefinition {
  const names = Array.from({ length: models }, (_, i) => `Plan ${i + 1}`);
  return {
    workspace: 'Finance',
    users: [
      { ...OURS, role: 'admin' },
      { ...COLLEAGUE, role: 'admin' },
    ],
    models: Object.fromEntries(names.map((name) => [name, parts === 0 ? MODEL : withParts(parts)])),
    settings: { requestsPerMinute: 0, outputChunkBytes },
  };
}

const MODEL = {
  lists: { Products: ['Tea', 'Coffee', 'Mug'], Old: [{ name: 'Chicory' }] },
  modules: { Sales: { by: ['Products', 'Time'], items: { Units: 'number' } } },
  imports: {
    'Load Sales': { into: 'Sales', file: 'sales.csv', columns: { Product: 'Products', Month: 'Time', Units: 'Units' } },
    // Only list imports tell how many rows they read.
    'Load Products': { into: 'Products', file: 'products.csv', columns: { Product: 'name', Code: 'code' } },
  },
  exports: { Report: { from: 'Sales' } },
  actions: { Tidy: { delete: 'Old', where: { name: 'Chicory' } } },
  processes: { Recalculate: ['Tidy', 'Report'], 'Load All': ['Load Products', 'Load Sales'] },
} as const;

function partsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `Part ${i + 1}`);
}

function withParts(count: number): NonNullable<TenantDefinition['models']>[string] {
  const { 'Load Sales': sales } = MODEL.imports;
  const parts = partsOf(count).map((name) => [name, { ...sales, file: `${name}.csv` }]);
  return {
    ...MODEL,
    imports: { ...MODEL.imports, ...Object.fromEntries(parts) },
    processes: { ...MODEL.processes, 'Load Parts': partsOf(count) },
  };
}

/** What a pipeline of the simulated worlds is like. */
export interface PipelineOptions {
  model: string;
  steps: readonly StepName[];
  onFailure?: 'hold' | 'continue';
  maxRows?: number;
  deadline?: string;
  /** instead of the drops under `<name>/` */
  on?: string;
  /** further settings, such as `keep: delete` */
  more?: string;
}

const STEPS = {
  import: '- import: Load Sales',
  'repeatable-import': '- { import: Load Sales, repeatable: true }',
  'list-import': '- import: Load Products',
  process: '- process: Recalculate',
  action: '- action: Tidy',
  export: '- { export: Report, to: "exports/{run}.csv" }',
  'packed-export': '- { export: Report, to: "exports/{run}.csv.gz", gzip: true }',
  'several-files':
    '- { process: Load All, files: { Load Products: "{name}/**/products*.csv", Load Sales: "{name}/**/sales*.csv" } }',
  parts: `- { process: Load Parts, files: { ${partsOf(MOST_IN_A_PROCESS)
    .map((name) => `${name}: "{name}/*/${name}.csv"`)
    .join(', ')} } }`,
} as const;
export type StepName = keyof typeof STEPS;

/** Whether drops start a pipeline of these steps. */
export function readsDrops(steps: readonly StepName[]): boolean {
  return steps.some((step) => step.endsWith('import'));
}

/** Whether drops are loaded by these steps, each by itself or as a part of a set. */
export function readsFiles(steps: readonly StepName[]): boolean {
  return readsDrops(steps) || steps.includes('several-files') || steps.includes('parts');
}

/** Pipelines by name with their lock; each takes the drops under `<name>/`. */
export async function configurationOf(
  pipelines: Readonly<Record<string, PipelineOptions>>,
): Promise<{ configuration: Configuration; lock: Lock }> {
  const parts = await Promise.all(groupsOf(pipelines).map(understood));
  const [first] = parts;
  if (first === undefined) throw new Error('a world needs a pipeline');
  return {
    configuration: {
      ...first.configuration,
      pipelines: Object.assign({}, ...parts.map(({ configuration }) => configuration.pipelines)),
    },
    lock: { ...first.lock, pipelines: Object.assign({}, ...parts.map(({ lock }) => lock.pipelines)) },
  };
}

const parts = new Map<string, Promise<{ configuration: Configuration; lock: Lock }>>();
const MOST_PARTS = 10_000;

/** Each pipeline alone, but beside those that it follows, because it is understood only there. */
function groupsOf(pipelines: Readonly<Record<string, PipelineOptions>>): string[] {
  const alone = Object.entries(pipelines).filter(([, { on = '' }]) => !on.includes('after:'));
  const following = Object.entries(pipelines).filter(([, { on = '' }]) => on.includes('after:'));
  const texts = (of: typeof alone) => of.map(([name, options]) => yamlOf(name, options));
  if (following.length === 0) return texts(alone).map((text) => `pipelines:\n${text}`);
  const led = alone.filter(([name]) => following.some(([, { on = '' }]) => on.includes(`after: ${name} `)));
  const others = alone.filter((each) => !led.includes(each));
  return [
    `pipelines:\n${texts([...led, ...following]).join('')}`,
    ...texts(others).map((text) => `pipelines:\n${text}`),
  ];
}

/** Ids follow from names, so that they are found out once for all worlds that have the same pipelines. */
function understood(text: string) {
  const known = parts.get(text) ?? resolve(text);
  if (parts.size > MOST_PARTS) parts.clear();
  parts.set(text, known);
  return known;
}

function yamlOf(
  name: string,
  { model, steps, onFailure = 'hold', maxRows = 0, deadline = '12h', on, more = '' }: PipelineOptions,
): string {
  return `  ${name}:
    workspace: Finance
    model: ${model}
${on === undefined && !readsDrops(steps) ? '' : `    on: ${on ?? `{ drop: "${name}/*.csv" }`}`}
    ${more}
    deadline: ${deadline}
    rejects: { maxRows: ${maxRows} }
    onFailure: ${onFailure}
    steps:
${steps.map((step) => `      ${STEPS[step].replaceAll('{name}', name)}`).join('\n')}
`;
}

async function resolve(text: string): Promise<{ configuration: Configuration; lock: Lock }> {
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new Error(loaded.mistakes.map(({ message }) => message).join('; '));
  const { configuration } = loaded;
  await using simulator = await createSimulator({
    tenant: tenantOf(MOST_MODELS, { parts: MOST_IN_A_PROCESS }),
    seed: 'lock',
  });
  const transport: Transport = async (request) => {
    const response = await simulator.fetch(requestOf(request));
    return answerOf(response, new Uint8Array(await response.arrayBuffer()));
  };
  const origin = 'http://127.0.0.1:1';
  const client = new AnaplanClient({
    apiUrl: origin,
    authUrl: origin,
    oauthUrl: origin,
    transport,
    credentials: async () => ({ kind: 'basic', username: OURS.email, password: OURS.password }),
  });
  const { lock, problems } = await resolveNames(configuration, client);
  if (problems.length > 0) throw new Error(problems.map(({ what }) => what).join('; '));
  return { configuration, lock };
}
