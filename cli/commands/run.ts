import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { PIPELINE_ATTRIBUTE } from '../../functions/receive-drop/handler.ts';
import type { Pipelines, Services } from '../../functions/services.ts';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import { jsonLogger } from '../../shared/observe/logger.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { readHolder } from '../../shared/run/lane.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import { runIdOf } from '../../shared/run/trigger.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor, requirePipeline } from '../configuration.ts';
import { type EmbeddedEngine, embeddedEngine } from '../embedded-engine.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { interruption } from '../interruption.ts';
import { configOption, dataDirOption, jsonOption } from '../options.ts';
import { progressOf } from '../progress.ts';
import { RunEnds } from '../run-ends.ts';
import { summarise } from '../summary.ts';

interface RunOptions {
  pipeline: string;
  config: string;
  dataDir: string;
  json?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('one run through the embedded engine, to its outcome')
    .argument('[file]', 'the file to load; it goes to the imports that read one')
    .requiredOption('--pipeline <name>', 'the pipeline to run')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (file: string | undefined, options: RunOptions) => {
      process.exitCode = await run(file, options);
    });
}

/** @returns the exit code; what the run came to is on standard output */
async function run(file: string | undefined, options: RunOptions): Promise<number> {
  const configuration = await configurationFor(options.config, process.env);
  requirePipeline(options.pipeline, configuration);
  const secrets = environmentSecrets(process.env);
  await secrets.credentials();
  if (file !== undefined) await requireFile(file);

  const progress = progressOf((line) => process.stderr.write(`${line}\n`));
  const ends = new RunEnds();
  const interrupted = interruption();
  const embedded = await embeddedEngine(options.dataDir, {
    configuration,
    secrets,
    alerts: (folder) => fileAlerts(folder.dataDir),
    log: jsonLogger(undefined, 'error'),
    onCommit: (committed) => {
      progress(committed);
      ends.see(committed);
    },
    adjust: (services) => ({ ...services, pipelines: goingOn(services.pipelines) }),
  });
  try {
    const ended = await Promise.race([interrupted, toItsOutcome(file, options.pipeline, embedded, ends)]);
    if (ended === 'interrupted') {
      process.stderr.write('Interrupted. The run goes on the next time plandrop runs on this data folder.\n');
      return EXIT.interrupted;
    }
    const outcome = outcomeOf(ended);
    process.stdout.write(`${options.json ? JSON.stringify(outcome, null, 2) : summarise(outcome)}\n`);
    return exitCodeOf(ended);
  } finally {
    await embedded.stop(10);
  }
}

/** Finishes what an interrupted call left, then lands the file as a new drop. */
async function toItsOutcome(
  file: string | undefined,
  pipeline: string,
  { folder, services, engine }: EmbeddedEngine,
  ends: RunEnds,
): Promise<Run> {
  await engine.idle();
  await requireOpenLane(pipeline, services);
  if (file === undefined) {
    const requestId = randomUUID();
    const requestedAt = new Date(services.clock.now()).toISOString();
    await services.queues.send('schedules', JSON.stringify({ pipeline, scheduledAt: requestedAt, requestId }));
    return ends.of(runIdOf(pipeline, { kind: 'manual', requestId, requestedAt }));
  }
  const drop = await putDrop(folder, {
    path: file,
    key: basename(file),
    attributes: { [PIPELINE_ATTRIBUTE]: pipeline },
  });
  const { versionId, lastModified, size, key } = drop;
  return ends.of(
    runIdOf(pipeline, { kind: 'drop', bucket: folder.drops.bucket, key, versionId, lastModified, bytes: size }),
  );
}

/** One call lands one file and nobody waits behind it, so a failure is told by the exit code and not by a held lane. */
function goingOn(pipelines: Pipelines): Pipelines {
  return {
    ...pipelines,
    freeze: async (name) => {
      const frozen = await pipelines.freeze(name);
      return frozen.ok ? { ok: true, pipeline: { ...frozen.pipeline, onFailure: 'continue' } } : frozen;
    },
  };
}

/** A lane that is held would make this call wait for a person, perhaps for days. */
async function requireOpenLane(pipeline: string, services: Services): Promise<void> {
  const frozen = await services.pipelines.freeze(pipeline);
  if (!frozen.ok) return;
  const { modelId, modelName } = frozen.pipeline;
  const holder = await readHolder(services, modelId);
  if (holder.hold === null) return;
  throw new CommandError(`The lane of model "${modelName}" is held by ${holder.hold.by}: ${holder.hold.reason}.`, {
    category: 'model-state',
    whatToCheck: [`See what that run did in Anaplan, then release the lane: plandrop lanes release ${modelId}`],
    exitCode: EXIT.failed,
  });
}

async function requireFile(path: string): Promise<void> {
  try {
    const found = await stat(path);
    if (found.isFile()) return;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ENOENT') throw new CommandError(`The file ${path} cannot be read (${code}).`);
    throw new CommandError(`There is no file ${path}.`);
  }
  throw new CommandError(`${path} is not a file.`);
}
