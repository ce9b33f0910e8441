import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIPELINE_ATTRIBUTE } from '../../functions/receive-drop/handler.ts';
import type { Services } from '../../functions/services.ts';
import { openDataFolder } from '../../infra/local/data-folder.ts';
import { startEngine } from '../../infra/local/engine.ts';
import type { Mapping } from '../../infra/local/event-source-mapping.ts';
import { functionMappings } from '../../infra/local/function-mappings.ts';
import { localServices } from '../../infra/local/local-services.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import type { FailureReport } from '../../shared/diagnosis/failure-report.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Alert } from '../../shared/ports/alerts.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import { isDone, type Run } from '../../shared/run/run.ts';
import { runIdOf } from '../../shared/run/trigger.ts';
import { type Scenario, type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { Canary } from './canary.ts';
import { fastClock } from './fast-clock.ts';

/** In memory where the system has such a place: these tests are about answers, and waiting for a disk takes most of their time. */
const ROOM = isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

/** How much faster than the machine's clock everything runs, simulator included. */
const SPEED = 25;

export interface LandingOptions extends Pick<SimulatorOptions, 'tenant'> {
  scenario?: Scenario;
  /** text of the configuration's `pipelines:`; addresses are filled in */
  pipelines?: string;
  /** whose credentials are used; default: the tenant's first user */
  user?: { email: string; password: string };
  /** a last change to the services before the functions get them */
  adjust?: (services: Services) => Services;
  /** stands between a queue and its function */
  between?: (mapping: Mapping) => Mapping;
}

export interface Landed {
  run: Run;
  outcome: RunOutcome;
  /** in the order they were sent */
  alerts: readonly Alert[];
}

const ANY_RUN = 'any';

/** A pipeline that gives up soon: each row of a table shows what happens, not how long it is tried. */
export function impatient(name: string, steps: string, more = ''): string {
  return `
  ${name}:
    workspace: Finance
    model: FY26 Plan
    steps: ${steps}
    retry: { attempts: 2, conflicts: 2, failedPolls: 2 }
    modelWait: 0s
    startGrace: 1s
    poll: { minSeconds: 1 }
    chunkMegabytes: 1
    onFailure: continue
    ${more}
`;
}

export const PRODUCTS = 'Product,Code,Family,Launch Date\nFlat White,P130,Coffee,2026-02-01\n';
export const SALES = 'Product,Region,Month,Units,Revenue,Ship Date\nP100,North,Jan 26,10,20.5,2026-01-31\n';

/**
 * One simulated tenant and one engine with the real functions, in this process; everything is gone at the end of the test, after a
 * search for secrets in all that was written.
 */
export async function landing(options: LandingOptions = {}) {
  const clock = fastClock(SPEED);
  const simulator = await startSimulator({
    clock,
    taskSeconds: 0,
    seed: 'landing',
    tenant: options.tenant,
    scenario: options.scenario,
  });
  const user = options.user ?? { email: simulator.user, password: simulator.password };
  const dataDir = await mkdtemp(join(ROOM, 'plandrop-landing-'));
  const folder = await openDataFolder(dataDir, { clock });
  const canary = new Canary(simulator);
  canary.hide(user.password);
  const alerts: Alert[] = [];
  const log = memoryLogger();
  const ends = new Map<string, (run: Run) => void>();
  const text = options.pipelines ?? impatient('products', '[import: Load Products]');
  const configuration = configurationFor(simulator, text);
  const built = localServices(folder, {
    configuration,
    secrets: { credentials: async () => ({ kind: 'basic', username: user.email, password: user.password }) },
    alerts: { publish: async (alert) => void alerts.push(alert) },
    log,
    onCommit: (run) => {
      if (isDone(run)) (ends.get(run.runId) ?? ends.get(ANY_RUN))?.(run);
    },
  });
  // Each row of a table has its own alert, however like the row before it is.
  const apart = { ...built, burstSeconds: 0 };
  const services = options.adjust?.(apart) ?? apart;
  const mappings = functionMappings(services).map(options.between ?? ((mapping) => mapping));
  const engine = startEngine(folder, mappings, { log, failedVisibilitySeconds: 1, lookAgainMs: 60_000 });

  async function ended(runId: string): Promise<Landed> {
    const run = await new Promise<Run>((resolve) => ends.set(runId, resolve));
    return { run, outcome: outcomeOf(run), alerts: [...alerts] };
  }

  return {
    simulator,
    services,
    /** what drop folders and schedulers of this machine work on */
    folder,
    configuration,
    alerts,
    log,
    dataDir,
    /** Drops `content` for a pipeline and waits until the run is done. */
    async land(pipeline = 'products', content: string | Uint8Array = PRODUCTS): Promise<Landed> {
      const path = join(dataDir, 'source');
      await writeFile(path, content);
      const key = `${pipeline}.csv`;
      const { versionId, lastModified, size, ...drop } = await putDrop(folder, {
        path,
        key,
        attributes: { [PIPELINE_ATTRIBUTE]: pipeline },
      });
      const { bucket } = folder.drops;
      return ended(runIdOf(pipeline, { kind: 'drop', bucket, key: drop.key, versionId, lastModified, bytes: size }));
    },
    /** Asks for a run without a file and waits until it is done. */
    async start(pipeline: string): Promise<Landed> {
      const requestedAt = new Date(clock.now()).toISOString();
      const requestId = `request ${requestedAt}`;
      await services.queues.send('schedules', JSON.stringify({ pipeline, scheduledAt: requestedAt, requestId }));
      return ended(runIdOf(pipeline, { kind: 'manual', requestId, requestedAt }));
    },
    /** The next run that is done, whatever starts it. */
    nextRun: () => ended(ANY_RUN),
    /** Waits until no message is left, nor under way. */
    idle: () => engine.idle(),
    calls: (call: Call) => callsOf(simulator, call),
    /** every failure report that was kept, oldest run first */
    async reports(): Promise<FailureReport[]> {
      const reports: FailureReport[] = [];
      for await (const { key } of folder.state.list('failures/')) {
        const { body } = (await folder.state.get(key)) ?? {};
        reports.push(JSON.parse(Buffer.from(body ?? []).toString()));
      }
      return reports;
    },
    async [Symbol.asyncDispose]() {
      await engine.stop(10);
      await simulator.close();
      canary.saw('an alert', JSON.stringify(alerts));
      canary.saw('the log', JSON.stringify(log.entries));
      try {
        await canary.search(dataDir);
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  };
}

/** A thing with some of its methods replaced; the others work as they do. */
export function altered<T extends object>(thing: T, changes: Partial<T>): T {
  return new Proxy(thing, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(changes, name) ? changes : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function configurationFor({ url }: Simulator, pipelines: string): Configuration {
  const loaded = loadConfiguration(`anaplan: { apiUrl: "${url}", authUrl: "${url}" }\npipelines:\n${pipelines}`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.configuration;
}

/** Method and path, without query, of the calls that a run makes. */
const CALLS = {
  'sign-in': ['POST', '^/token/authenticate$'],
  models: ['GET', '/models$'],
  imports: ['GET', '/imports$'],
  announce: ['POST', String.raw`/files/\d+$`],
  chunk: ['PUT', String.raw`/chunks/\d+$`],
  'read-back': ['GET', String.raw`/chunks/\d+$`],
  files: ['GET', '/files$'],
  start: ['POST', '/tasks$'],
  tasks: ['GET', '/tasks$'],
  poll: ['GET', '/tasks/[0-9A-F]+$'],
  dump: ['GET', '/dumps?(/|$)'],
  status: ['GET', '/status$'],
} as const;
export type Call = keyof typeof CALLS;

/** The requests of one kind that the simulator saw, in order. */
function callsOf(simulator: Simulator, call: Call) {
  const [method, path] = CALLS[call];
  return simulator
    .requests()
    .filter((request) => request.method === method && new RegExp(path).test(request.path.replace(/\?.*$/, '')));
}

export type Rule = NonNullable<Scenario['rules']>[number];

/** What happens to each request of a kind, or to the `nth` of them. */
export function when(call: Call, what: NonNullable<Rule['do']>, nth?: number | number[]): Rule {
  const [method, path] = CALLS[call];
  return { match: { method, path: `/${path}/`, ...(nth === undefined ? {} : { nth }) }, do: what };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
