import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Table from 'cli-table3';
import colors from 'picocolors';
import { parse } from 'yaml';
import * as z from 'zod';
import { fileAlerts } from '../infra/local/file-alerts.ts';
import { putDrop } from '../infra/local/put-drop.ts';
import { jsonLogger } from '../shared/observe/logger.ts';
import { readConfiguration } from '../shared/pipeline/load-configuration.ts';
import type { Alert } from '../shared/ports/alerts.ts';
import { outcomeOf, type RunOutcome } from '../shared/run/outcome.ts';
import { OUTCOMES, type Run } from '../shared/run/run.ts';
import { runIdOf } from '../shared/run/trigger.ts';
import { parseScenario, startSimulator } from '../simulator/index.ts';
import { asCommandError } from './command-error.ts';
import { countsOf } from './counts.ts';
import { type EmbeddedEngine, embeddedEngine } from './embedded-engine.ts';
import { colored, progressOf } from './progress.ts';
import { RunEnds } from './run-ends.ts';

/** `npm start`: every sample through the whole way, against the simulator. Exits with 0 when each ended as it should. */

const DATA_DIR = join('.plandrop', 'start');

const sampleSchema = z.object({
  pipeline: z.string(),
  file: z.string().optional(),
  key: z.string().optional(),
  expect: z.enum(OUTCOMES),
  shows: z.string(),
});
type Sample = z.infer<typeof sampleSchema>;

try {
  process.exitCode = await start();
} catch (error) {
  process.stderr.write(`npm start: ${asCommandError(error).message}\n`);
  process.exitCode = 1;
}

async function start(): Promise<number> {
  const samples = z.array(sampleSchema).parse(parse(await readFile('samples/samples.yaml', 'utf8')));
  const scenario = parseScenario(await readFile('samples/weather.yaml', 'utf8'));
  const configuration = await readConfiguration('plandrop.yaml', process.env);
  await using simulator = await startSimulator({ scenario, taskSeconds: 1, seed: 'samples' });
  // Only what earlier starts of these samples left: each starts anew, so that two print the same.
  await rm(DATA_DIR, { recursive: true, force: true });
  await mkdir(DATA_DIR, { recursive: true });

  process.stdout.write(
    `Plandrop runs its ${samples.length} samples against a simulated Anaplan tenant at ${simulator.url}.\n\n`,
  );
  const progress = progressOf((line) => process.stdout.write(`${line}\n`));
  const ends = new RunEnds();
  const alerts: Alert[] = [];
  const embedded = await embeddedEngine(DATA_DIR, {
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
    const runs: Run[] = [];
    for (const sample of samples) runs.push(await ends.of(await trigger(sample, embedded)));
    return report(samples, runs.map(outcomeOf), runs, alerts);
  } finally {
    await embedded.stop(10);
  }
}

/** @returns the id of the run that the sample becomes */
async function trigger({ pipeline, file, key }: Sample, { folder, services }: EmbeddedEngine): Promise<string> {
  if (file === undefined) {
    const scheduledAt = new Date(services.clock.now()).toISOString();
    await services.queues.send('schedules', JSON.stringify({ pipeline, scheduledAt }));
    return runIdOf(pipeline, { kind: 'schedule', scheduledAt });
  }
  const { versionId, lastModified, size, ...drop } = await putDrop(folder, { path: file, key: key ?? file });
  return runIdOf(pipeline, {
    kind: 'drop',
    bucket: folder.drops.bucket,
    key: drop.key,
    versionId,
    lastModified,
    bytes: size,
  });
}

function report(
  samples: readonly Sample[],
  outcomes: readonly RunOutcome[],
  runs: readonly Run[],
  alerts: readonly Alert[],
): number {
  const table = new Table({
    head: ['Sample', 'Pipeline', 'Outcome', 'Rows', 'Retries', 'As expected'],
    style: { head: [], border: [] },
  });
  const wrong = samples.filter((sample, i) => outcomes[i]?.outcome !== sample.expect);
  samples.forEach((sample, i) => {
    const outcome = outcomes[i];
    const ended = outcome?.outcome ?? 'in progress';
    const counts = outcome?.steps.map(countsOf).join('; ') ?? '';
    const retries = runs[i]?.journal.filter(({ delaySeconds }) => delaySeconds !== undefined).length ?? 0;
    table.push([
      sample.shows,
      sample.pipeline,
      colored(ended),
      counts,
      retries,
      ended === sample.expect ? 'yes' : colors.red(`no: ${sample.expect}`),
    ]);
  });
  process.stdout.write(`\n${table.toString()}\n`);
  outcomes.forEach(describeRejects);
  for (const alert of alerts)
    process.stdout.write(`\n${colors.bold(`Alert: ${alert.subject}`)}\n${indent(alert.text)}\n`);
  process.stdout.write(
    `\nEverything is kept in ${DATA_DIR}: runs, dumps and failures under state/, alerts in alerts.jsonl.\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function describeRejects(outcome: RunOutcome): void {
  for (const step of outcome.steps) {
    if (step.dumps === undefined) continue;
    process.stdout.write(
      `\n${colors.bold(`Rejected by ${step.kind} "${step.name}"`)} (${outcome.source?.key ?? outcome.pipeline}), most frequent first:\n`,
    );
    for (const { count, text, samples } of step.reasons ?? []) {
      const [sample] = samples;
      process.stdout.write(
        `  ${String(count).padStart(4)} × ${text}${sample === undefined ? '' : `, for example line ${sample.line}`}\n`,
      );
    }
    for (const dump of step.dumps) process.stdout.write(`  dump: ${dump}\n`);
  }
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}
