import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import { jsonLogger } from '../../shared/observe/logger.ts';
import { readConfiguration } from '../../shared/pipeline/load-configuration.ts';
import type { Alert } from '../../shared/ports/alerts.ts';
import { parseScenario, parseTenant, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { embeddedEngine } from '../embedded-engine.ts';
import { progressOf } from '../progress.ts';
import { RunEnds } from '../run-ends.ts';
import { checkSample } from './check-sample.ts';
import { report } from './report.ts';
import { runSample } from './run-sample.ts';
import { readSamples, type Sample } from './sample.ts';

/** A set of samples with their configuration and the tenant they are run against; paths from where `npm start` is called. */
export interface Show {
  name: string;
  /** what Plandrop runs, within a sentence */
  title: (count: number) => string;
  configuration: string;
  samples: string;
  /** default: the tenant that the simulator has by itself */
  tenant?: string;
  scenario?: string;
  dataDir: string;
  /** all samples at the same time, instead of one after the other */
  atOnce?: true;
}

/** Runs the samples and prints what became of each. @returns whether all ended as they should */
export async function showSamples(show: Show): Promise<boolean> {
  const samples = await readSamples(show.samples);
  const configuration = await readConfiguration(show.configuration, process.env);
  await using simulator = await startSimulator(await tenantOf(show));
  // Only what earlier starts of these samples left: each starts anew, so that two print the same.
  await rm(show.dataDir, { recursive: true, force: true });
  await mkdir(show.dataDir, { recursive: true });

  process.stdout.write(
    `Plandrop runs ${show.title(samples.length)} against a simulated Anaplan tenant at ${simulator.url}.\n\n`,
  );
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const progress = progressOf(say);
  const ends = new RunEnds();
  const alerts: Alert[] = [];
  const embedded = await embeddedEngine(show.dataDir, {
    configuration: {
      ...configuration,
      anaplan: { ...configuration.anaplan, apiUrl: simulator.url, authUrl: simulator.url },
    },
    secrets: { credentials: async () => ({ kind: 'basic', username: simulator.user, password: simulator.password }) },
    alerts: (folder) => fileAlerts(folder.dataDir, (alert) => alerts.push(alert)),
    log: jsonLogger(undefined, 'error'),
    // Each sample shows its own alert, also when it is run a second time.
    adjust: (services) => ({ ...services, burstSeconds: 0 }),
    onCommit: (run) => {
      progress(run);
      ends.see(run);
    },
  });
  try {
    const run = async (sample: Sample) => ({ sample, run: await runSample(sample, { embedded, ends, say }) });
    const shown = show.atOnce === true ? await Promise.all(samples.map(run)) : await oneByOne(samples, run);
    const checked = await Promise.all(
      shown.map(async (each) => ({ ...each, wrong: await checkSample(each, embedded.folder.state, simulator.url) })),
    );
    report(checked, alerts, show.dataDir);
    return checked.every(({ wrong }) => wrong === undefined);
  } finally {
    await embedded.stop(10);
  }
}

async function oneByOne<A, B>(items: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const item of items) done.push(await act(item));
  return done;
}

async function tenantOf({ name, tenant, scenario }: Show): Promise<SimulatorOptions> {
  return {
    taskSeconds: 1,
    seed: name,
    ...(tenant === undefined ? {} : { tenant: parseTenant(await readFile(tenant, 'utf8')) }),
    ...(scenario === undefined ? {} : { scenario: parseScenario(await readFile(scenario, 'utf8')) }),
  };
}
