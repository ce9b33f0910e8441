import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Command, Option } from 'commander';
import {
  FILES_ATTRIBUTE,
  type FilesAttribute,
  filesTrigger,
  PIPELINE_ATTRIBUTE,
} from '../../functions/receive-drop/handler.ts';
import type { Pipelines } from '../../functions/services.ts';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import { announceDrop, announceDrops, fingerprintOf, storeDrop } from '../../infra/local/put-drop.ts';
import { routedAlerts } from '../../infra/local/routed-alerts.ts';
import type { Diagnosis } from '../../shared/diagnosis/diagnosis.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import type { ObjectHead } from '../../shared/ports/store.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import { type Drop, runIdOf, type Trigger } from '../../shared/run/trigger.ts';
import { type AssignedFile, assignFiles } from '../assign-files.ts';
import { CommandError } from '../command-error.ts';
import { commandPlace } from '../command-place.ts';
import { configurationFor, requirePipeline } from '../configuration.ts';
import { type EmbeddedEngine, embeddedEngine } from '../embedded-engine.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { interruption } from '../interruption.ts';
import { logBeside } from '../log-beside.ts';
import { requireOpenLane, runsUnderWay, throughItsLane } from '../open-lane.ts';
import { configOption, dataDirOption, jsonOption, keepFreeOption } from '../options.ts';
import { progressOf } from '../progress.ts';
import { RunEnds } from '../run-ends.ts';
import { summarise } from '../summary.ts';
import { usableCredentials } from '../usable-credentials.ts';

interface RunOptions {
  pipeline: string;
  file: string[];
  config: string;
  dataDir: string;
  keepFree: number;
  json?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('one run through the embedded engine, to its outcome')
    .argument('[files...]', 'what to load: one file for the imports, or all that a process names under files:')
    .addOption(
      new Option('--file <name=path>', 'a file and which of the process’s files it is; once for each')
        .argParser((text: string, said: string[]) => [...said, text])
        .default([], 'none'),
    )
    .requiredOption('--pipeline <name>', 'the pipeline to run')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(keepFreeOption())
    .addOption(jsonOption())
    .action(async (paths: string[], options: RunOptions) => {
      process.exitCode = await run(paths, options);
    });
}

/** A file, where it goes, and what it was when it was chosen. */
type SeenFile = AssignedFile & { asSeen: string };

/** How far a call has come: what an interruption may promise. */
interface Call {
  files: readonly SeenFile[];
  pipeline: string;
  /** aborted when the call is to begin nothing more */
  stop: AbortSignal;
  /** of the run, once the drop or the request is safe in a queue */
  sent?: string;
}

/** @returns the exit code; what the run came to is on standard output */
async function run(paths: readonly string[], options: RunOptions): Promise<number> {
  const interrupted = interruption();
  const configuration = await configurationFor(options.config, process.env);
  const { steps } = requirePipeline(options.pipeline, configuration);
  const assigned = assignFiles(options.pipeline, { steps }, { paths, said: options.file });
  const secrets = environmentSecrets(process.env);
  await usableCredentials(secrets);
  const files: SeenFile[] = [];
  for (const each of assigned) files.push({ ...each, asSeen: await fingerprintOfFile(each.path) });

  const say = (line: string) => process.stderr.write(`${line}\n`);
  const progress = progressOf(say);
  const ends = new RunEnds();
  const trouble = Promise.withResolvers<never>();
  // It is awaited below; when it comes earlier than that, it is not lost.
  trouble.promise.catch(() => {});
  const log = logBeside(say, 'error', { json: options.json });
  const stop = new AbortController();
  const call: Call = { files, pipeline: options.pipeline, stop: stop.signal };
  const isOfThisFile = (name: string) => call.sent !== undefined && files.length > 0 && name === call.pipeline;
  const embedded = await embeddedEngine(options.dataDir, {
    configuration,
    secrets,
    commandPlace: commandPlace(options),
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
    adjust: (services) => ({ ...services, pipelines: goingOn(services.pipelines, isOfThisFile), burstSeconds: 0 }),
  });
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

function interruptedAt({ sent, files }: Call): CommandError {
  const about = { category: 'cancelled', exitCode: EXIT.interrupted } as const;
  if (sent === undefined) {
    const named = files.map(({ path }) => path).join(', ');
    const message = `Interrupted before anything was begun${named === '' ? '' : ` with ${named}`}.`;
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

/** Finishes what an interrupted call left, then lands the files as new drops. */
async function toItsOutcome(
  call: Call,
  { folder, services, engine }: EmbeddedEngine,
  ends: RunEnds,
  say: (line: string) => void,
): Promise<Run> {
  const { pipeline, stop } = call;
  await requireOpenLane(pipeline, services);
  const before = runsUnderWay(folder.queues);
  if (before.length > 0) say(`First goes on what was begun before: ${before.join(', ')}.`);
  await engine.idle();
  await requireOpenLane(pipeline, services);
  const asked = await ask(call, folder, services);
  // Interrupted while a file was copied: nobody may hear of it any more.
  if (stop.aborted) return never();
  const runId = runIdOf(pipeline, asked.trigger);
  const sending = asked.send();
  call.sent = runId;
  await sending;
  return Promise.race([ends.of(runId), throughItsLane(runId, services, { stop, say })]);
}

/** What starts the run, and how it is said: without a file, with one drop, or with a set that the person has put together. */
async function ask(
  { files, pipeline }: Call,
  folder: EmbeddedEngine['folder'],
  { queues, clock }: EmbeddedEngine['services'],
): Promise<{ trigger: Trigger; send(): Promise<void> }> {
  const { drops } = folder;
  const toPipeline = { [PIPELINE_ATTRIBUTE]: pipeline };
  const found: { head: ObjectHead; drop: Drop; file: string | undefined }[] = [];
  for (const { path, asSeen, file } of files) {
    const head = await storeDrop(drops, { path, key: basename(path) }, { asSeen });
    const { key, versionId, lastModified, size: bytes } = head;
    found.push({ head, drop: { bucket: drops.bucket, key, versionId, lastModified, bytes }, file });
  }
  const [first] = found;
  if (first === undefined) {
    const requestId = randomUUID();
    const requestedAt = new Date(clock.now()).toISOString();
    return {
      trigger: { kind: 'manual', requestId, requestedAt },
      send: () => queues.send('schedules', JSON.stringify({ pipeline, scheduledAt: requestedAt, requestId })),
    };
  }
  if (first.file === undefined)
    return { trigger: { kind: 'drop', ...first.drop }, send: () => announceDrop(folder, first.head, toPipeline) };
  const members = found.map(({ drop, file = '' }) => ({ ...drop, file }));
  const set: FilesAttribute = { setId: `by hand ${randomUUID()}`, files: members.map(({ file }) => file) };
  const heads = found.map(({ head }) => head);
  return {
    trigger: filesTrigger(set.setId, members),
    send: () => announceDrops(folder, heads, { ...toPipeline, [FILES_ATTRIBUTE]: JSON.stringify(set) }),
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/**
 * One call lands one file and nobody waits behind it, so a failure is told by the exit code and not by a held lane. Nor does anything
 * follow it: the call is one run of one pipeline. What `plandrop local` left in this data folder stays as it is configured: others wait
 * for it. Whether an import reads a file or another model only Anaplan says, so that a file goes nowhere is told by its run.
 */
function goingOn(pipelines: Pipelines, isOfThisFile: (name: string) => boolean): Pipelines {
  return {
    ...pipelines,
    freeze: async (name, onExchange, byHand) => {
      const frozen = await pipelines.freeze(name, onExchange, byHand);
      if (!frozen.ok || byHand !== true) return frozen;
      const { steps } = frozen.pipeline;
      if (isOfThisFile(name) && !steps.some(({ fileId, files = [] }) => fileId !== undefined || files.length > 0))
        return { ok: false, diagnosis: readsNoFile(name) };
      return { ok: true, pipeline: { ...frozen.pipeline, onFailure: 'continue', followers: [] } };
    },
  };
}

function readsNoFile(pipeline: string): Diagnosis {
  return {
    category: 'configuration',
    cause: 'The imports of the pipeline read other models.',
    message: `Pipeline "${pipeline}" reads no file, so nothing was uploaded and nothing was started.`,
    whatToCheck: ['Run it without a file, or name a pipeline that reads one.'],
    retry: { kind: 'no' },
    references: { pipeline },
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
