import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Command } from 'commander';
import { PIPELINE_ATTRIBUTE } from '../../functions/receive-drop/handler.ts';
import type { Pipelines } from '../../functions/services.ts';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import { announceDrop, fingerprintOf, storeDrop } from '../../infra/local/put-drop.ts';
import { routedAlerts } from '../../infra/local/routed-alerts.ts';
import { jsonLogger } from '../../shared/observe/logger.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import { runIdOf } from '../../shared/run/trigger.ts';
import { CommandError } from '../command-error.ts';
import { configurationFor, requirePipeline } from '../configuration.ts';
import { type EmbeddedEngine, embeddedEngine } from '../embedded-engine.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { interruption } from '../interruption.ts';
import { requireOpenLane, runsUnderWay, throughItsLane } from '../open-lane.ts';
import { configOption, dataDirOption, jsonOption, keepFreeOption } from '../options.ts';
import { progressOf } from '../progress.ts';
import { RunEnds } from '../run-ends.ts';
import { summarise } from '../summary.ts';
import { usableCredentials } from '../usable-credentials.ts';

interface RunOptions {
  pipeline: string;
  config: string;
  dataDir: string;
  keepFree: number;
  json?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('one run through the embedded engine, to its outcome')
    .argument('[file]', 'the file to load; it goes to the imports that read one')
    .requiredOption('--pipeline <name>', 'the pipeline to run')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(keepFreeOption())
    .addOption(jsonOption())
    .action(async (file: string | undefined, options: RunOptions) => {
      process.exitCode = await run(file, options);
    });
}

/** How far a call has come: what an interruption may promise. */
interface Call {
  file?: { path: string; asSeen: string };
  pipeline: string;
  /** aborted when the call is to begin nothing more */
  stop: AbortSignal;
  /** of the run, once the drop or the request is safe in a queue */
  sent?: string;
}

/** @returns the exit code; what the run came to is on standard output */
async function run(path: string | undefined, options: RunOptions): Promise<number> {
  const interrupted = interruption();
  const configuration = await configurationFor(options.config, process.env);
  requirePipeline(options.pipeline, configuration);
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const file = path === undefined ? {} : { file: { path, asSeen: await fingerprintOfFile(path) } };

  const say = (line: string) => process.stderr.write(`${line}\n`);
  const progress = progressOf(say);
  const ends = new RunEnds();
  const trouble = Promise.withResolvers<never>();
  // It is awaited below; when it comes earlier than that, it is not lost.
  trouble.promise.catch(() => {});
  const log = jsonLogger(undefined, 'error');
  const embedded = await embeddedEngine(options.dataDir, {
    configuration,
    secrets,
    alerts: ({ dataDir }) =>
      routedAlerts({ configuration, folder: dirname(options.config), record: fileAlerts(dataDir), log }),
    log,
    minimumFreeBytes: options.keepFree,
    onTrouble: (reason) => trouble.reject(machineTrouble(reason)),
    onCommit: (committed) => {
      progress(committed);
      ends.see(committed);
    },
    // One call is one run, and nobody may be there to send a summary later.
    adjust: (services) => ({ ...services, pipelines: goingOn(services.pipelines), burstSeconds: 0 }),
  });
  const stop = new AbortController();
  const call: Call = { ...file, pipeline: options.pipeline, stop: stop.signal };
  try {
    const ended = await Promise.race([interrupted, trouble.promise, toItsOutcome(call, embedded, ends, say)]);
    if (ended === 'interrupted') throw interruptedAt(call);
    const outcome = outcomeOf(ended);
    process.stdout.write(`${options.json ? JSON.stringify(outcome, null, 2) : summarise(outcome)}\n`);
    return exitCodeOf(ended);
  } finally {
    stop.abort();
    await embedded.stop(10);
  }
}

function interruptedAt({ sent, file }: Call): CommandError {
  const about = { category: 'cancelled', exitCode: EXIT.interrupted } as const;
  if (sent === undefined) {
    const message = `Interrupted before anything was begun${file === undefined ? '' : ` with ${file.path}`}.`;
    return new CommandError(message, { ...about, whatToCheck: ['Run it again when it is to be done.'] });
  }
  return new CommandError('Interrupted. The run goes on the next time plandrop runs on this data folder.', {
    ...about,
    whatToCheck: [`See how far it is: plandrop runs show ${sent}`],
  });
}

function machineTrouble(reason: string): CommandError {
  const message = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
  return new CommandError(message, {
    category: 'internal',
    whatToCheck: ['Then run plandrop again: what was begun goes on.'],
    exitCode: EXIT.failed,
  });
}

/** Finishes what an interrupted call left, then lands the file as a new drop. */
async function toItsOutcome(
  call: Call,
  { folder, services, engine }: EmbeddedEngine,
  ends: RunEnds,
  say: (line: string) => void,
): Promise<Run> {
  const { file, pipeline, stop } = call;
  await requireOpenLane(pipeline, services);
  const before = runsUnderWay(folder.queues);
  if (before.length > 0) say(`First goes on what was begun before: ${before.join(', ')}.`);
  await engine.idle();
  await requireOpenLane(pipeline, services);
  let runId: string;
  let sending: Promise<void>;
  if (file === undefined) {
    if (stop.aborted) return never();
    const requestId = randomUUID();
    const requestedAt = new Date(services.clock.now()).toISOString();
    runId = runIdOf(pipeline, { kind: 'manual', requestId, requestedAt });
    sending = services.queues.send('schedules', JSON.stringify({ pipeline, scheduledAt: requestedAt, requestId }));
  } else {
    const { path, asSeen } = file;
    const head = await storeDrop(folder.drops, { path, key: basename(path) }, { asSeen });
    // Interrupted while the file was copied: nobody may hear of it any more.
    if (stop.aborted) return never();
    const { versionId, lastModified, size: bytes, key } = head;
    runId = runIdOf(pipeline, { kind: 'drop', bucket: folder.drops.bucket, key, versionId, lastModified, bytes });
    sending = announceDrop(folder, head, { [PIPELINE_ATTRIBUTE]: pipeline });
  }
  call.sent = runId;
  await sending;
  return Promise.race([ends.of(runId), throughItsLane(runId, services, { stop, say })]);
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/**
 * One call lands one file and nobody waits behind it, so a failure is told by the exit code and not by a held lane. Nor does anything
 * follow it: the call is one run of one pipeline.
 */
function goingOn(pipelines: Pipelines): Pipelines {
  return {
    ...pipelines,
    freeze: async (name, onExchange) => {
      const frozen = await pipelines.freeze(name, onExchange);
      return frozen.ok ? { ok: true, pipeline: { ...frozen.pipeline, onFailure: 'continue', followers: [] } } : frozen;
    },
  };
}

/** The file's fingerprint now, to see later that it is the same. @throws CommandError when it is no file that can be read */
export async function fingerprintOfFile(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    if (found.isFile()) return fingerprintOf(found);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const whatToCheck = ['Look at the path; it is relative to the folder in which plandrop is called.'];
    if (code !== 'ENOENT') throw new CommandError(`The file ${path} cannot be read (${code}).`, { whatToCheck });
    throw new CommandError(`There is no file ${path}.`, { whatToCheck });
  }
  throw new CommandError(`${path} is not a file.`, { whatToCheck: ['Name one file; plandrop local takes folders.'] });
}
