import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { StorageError } from '../../infra/local/storage-error.ts';
import { nearMatches } from '../../shared/pipeline/near.ts';
import { type Held, readRun } from '../../shared/run/ledger.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import { requestSkip } from '../../shared/run/request-skip.ts';
import type { Run, Settled } from '../../shared/run/run.ts';
import { type SettleAnswer, settleRun } from '../../shared/run/settle.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { handServices } from '../hand-services.ts';
import { becauseOption } from '../options.ts';
import { owedAlert, sayOwed } from '../owed-alert.ts';
import { printList } from '../print.ts';
import { stateOf } from '../progress.ts';
import { runDocument } from '../run-document.ts';
import { type OpenState, openState, type StateOptions, withStateOptions } from '../state.ts';
import { summarise } from '../summary.ts';
import { supersededBefore } from '../superseded.ts';
import { printSets, SET_COLUMNS, setRow, waitingSets } from '../waiting-sets.ts';

export function runsCommand(): Command {
  const runs = withStateOptions(new Command('runs').description('the runs of this machine, newest first')).action(list);
  withStateOptions(
    runs.command('sets').description('the sets of which some files have come, and what they wait for'),
  ).action((_: object, command: Command) => printSets(command.optsWithGlobals<StateOptions>()));
  withStateOptions(runs.command('show <runId>').description('what became of one run, and what it went through')).action(
    show,
  );
  withStateOptions(
    runs.command('cancel <runId>').description('start nothing new of a run; a task under way goes on to its end'),
  ).action(cancel);
  withStateOptions(
    runs
      .command('skip <runId>')
      .description('end a run that waits for its lane, without its turn; nothing is sent to Anaplan'),
  ).action(skip);
  withStateOptions(runs.command('settle <runId>').description('say what became of a run that ended unknown'))
    .addOption(
      new Option('--as <outcome>', 'what you found in Anaplan').choices(['succeeded', 'failed']).makeOptionMandatory(),
    )
    .addOption(becauseOption('how you know', 'evidence').default('said by hand'))
    .action(settle);
  return runs;
}

async function list(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const runs: Run[] = [];
  for await (const { key } of opened.state.list('runs/')) {
    const runId = key.slice(key.lastIndexOf('/') + 1, -'.json'.length);
    try {
      const found = await readRun(opened, runId);
      if (found !== undefined) runs.push(found.run);
    } catch (error) {
      process.stderr.write(`run ${runId} cannot be read: ${whyUnreadable(error)}\n`);
    }
  }
  runs.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  if (options.json) process.stdout.write(`${JSON.stringify(runs.map(runDocument), null, 2)}\n`);
  else {
    printList(['Run', 'Pipeline', 'Started', 'State', 'File', 'Why'], runs.map(row), 'No run has been started.');
    const sets = await waitingSets(opened);
    if (sets.length > 0) printList(SET_COLUMNS, sets.map(setRow), '');
  }
}

function row(run: Run): string[] {
  const why = run.ended?.failure?.message ?? '';
  return [run.runId, run.pipelineName, run.createdAt, stateOf(run), startedBy(run), inShort(why)];
}

/** What started a run, for a column. */
function startedBy({ trigger }: Run): string {
  switch (trigger.kind) {
    case 'drop':
      return trigger.key;
    case 'set':
      return `set ${trigger.setId}`;
    case 'after':
      return `after ${trigger.pipeline}`;
    case 'schedule':
    case 'manual':
      return trigger.kind;
    default:
      return trigger satisfies never;
  }
}

const IN_SHORT = 60;

/** The first line of a message, cut so that it fits a column. */
export function inShort(message: string): string {
  const line = message.split('\n')[0]?.trim() ?? '';
  return line.length <= IN_SHORT ? line : `${line.slice(0, IN_SHORT - 1).trimEnd()}…`;
}

/** What a person did about a run that had ended, one line each. */
export function sinceThen({
  settled,
  redrivenAs,
  discarded,
}: Pick<Run, 'settled' | 'redrivenAs' | 'discarded'>): string[] {
  return [
    ...(settled === undefined ? [] : [`settled as ${settled.as} by ${settled.by}: ${settled.evidence}`]),
    ...(redrivenAs === undefined ? [] : [`redriven as ${redrivenAs}`]),
    ...(discarded === undefined ? [] : [`discarded by ${discarded.by}: ${discarded.because}`]),
  ];
}

async function show(runId: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const { run: found } = await readRunNamed(runId, opened);
  const outcome: RunOutcome = outcomeOf(found);
  const alert = await owedAlert(opened, runId);
  const superseded = await supersededBefore(found, opened);
  if (options.json) {
    const { journal, journalDropped } = found;
    const document = {
      ...runDocument(found),
      ...(superseded.length === 0 ? {} : { superseded }),
      journal,
      journalDropped,
      ...(alert === undefined ? {} : { alert }),
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${summarise(outcome, superseded)}\n`);
  if (found.ended === null) process.stdout.write(`  now: ${stateOf(found)}\n`);
  if (found.redriveOf !== undefined) process.stdout.write(`  redrive of ${found.redriveOf.runId}\n`);
  for (const line of sinceThen(found)) process.stdout.write(`  ${line}\n`);
  if (alert !== undefined) process.stdout.write(`  ${sayOwed(alert)}\n`);
  for (const { at, text } of found.journal) process.stdout.write(`  ${at}  ${text}\n`);
}

async function cancel(runId: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  await readRunNamed(runId, opened);
  const run = await requestCancel(handServices(opened, options), runId, userInfo().username);
  const ended = run?.ended ?? null;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ runId, requested: ended === null, outcome: ended?.outcome }, null, 2)}\n`);
  else if (ended !== null) process.stdout.write(`Run ${runId} has ended already: ${ended.outcome}.\n`);
  else
    process.stdout.write(
      `Run ${runId} is asked to stop. Where a task of it runs in Anaplan, it goes on until that has ended.\n`,
    );
}

async function skip(runId: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  await readRunNamed(runId, opened);
  const answer = await requestSkip(handServices(opened, options), runId, userInfo().username);
  if (answer.kind === 'begun' || answer.kind === 'unknown-run') {
    throw new CommandError(`Run ${runId} has begun, so it cannot be skipped.`, {
      category: 'conflict',
      whatToCheck: [`Stop it before its next step: plandrop runs cancel ${runId}`],
      exitCode: EXIT.failed,
    });
  }
  const outcome = answer.run.ended?.outcome;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ runId, requested: outcome === undefined, outcome }, null, 2)}\n`);
  else if (outcome !== undefined) process.stdout.write(`Run ${runId} has ended already: ${outcome}.\n`);
  else
    process.stdout.write(
      `Run ${runId} will be skipped: it ends without its turn, and nothing of it is sent to Anaplan.\n`,
    );
}

async function settle(
  runId: string,
  { as, because }: { as: Settled['as']; because: string },
  command: Command,
): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const held = await readRunNamed(runId, opened);
  const by = userInfo().username;
  const answer = await settleRun(handServices(opened, options), held, { as, by, evidence: because });
  if (!answer.ok) {
    const whatToCheck = [`See what became of it: plandrop runs show ${runId}`];
    throw new CommandError(answer.because, { category: 'conflict', whatToCheck, exitCode: EXIT.failed });
  }
  const { run, lane } = answer;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ runId, settled: run.settled, lane }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`Run ${runId} is settled as ${as}.\n`);
  for (const line of sayLane(lane, run)) process.stdout.write(`${line}\n`);
  if (as === 'failed' || run.position.step + 1 < run.steps.length)
    process.stdout.write(`What is not done of it runs with: plandrop failures redrive ${runId}\n`);
}

/** What became of the lane of a run about which somebody has given their word. */
export function sayLane(lane: Extract<SettleAnswer, { ok: true }>['lane'], { pipeline }: Run): string[] {
  const model = pipeline?.modelName ?? '';
  if (lane === null) return [];
  return lane.freed
    ? [`The lane of model "${model}" is free.`]
    : [`The lane of model "${model}" stays held by ${lane.because}.`];
}

/** @throws CommandError when there is no such run, naming those that are called nearly so, or when its ledger cannot be read */
export async function readRunNamed(runId: string, opened: OpenState): Promise<Held> {
  if (!/^\d{8}-[^/]+$/.test(runId)) throw await noSuchRun(runId, opened);
  const found = await readRun(opened, runId).catch((error: unknown) => {
    throw new CommandError(`run ${runId} cannot be read: ${whyUnreadable(error)}`, {
      category: 'internal',
      exitCode: EXIT.failed,
    });
  });
  if (found === undefined) throw await noSuchRun(runId, opened);
  return found;
}

async function noSuchRun(runId: string, { state }: OpenState): Promise<CommandError> {
  return new CommandError(`There is no run ${runId}.`, {
    category: 'not-found',
    whatToCheck: [...(await nearIds(runId, 'runs/', state)), 'plandrop runs lists them.'],
    exitCode: EXIT.failed,
  });
}

/** A sentence with the ids under a folder of the state store that begin as the one that was asked for, or are called nearly so. */
export async function nearIds(id: string, folder: string, state: OpenState['state']): Promise<string[]> {
  const known: string[] = [];
  for await (const { key } of state.list(folder)) known.push(key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
  const begins = id.length < 4 ? [] : known.filter((each) => each.startsWith(id)).slice(-3);
  const near = begins.length > 0 ? begins : nearMatches(id, known);
  return near.length === 0 ? [] : [`There is ${near.join(', ')}.`];
}

/** Why one entry of the store cannot be read, in one line. @throws what has nothing to do with that entry */
export function whyUnreadable(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not JSON';
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join('.') ?? '';
    return `it is not of this version of plandrop${where === '' ? '' : ` (at ${where})`}`;
  }
  if (error instanceof StorageError) return error.message.split('\n')[0] ?? '';
  if (error instanceof Error && error.message.includes('is not a run id')) return 'its name is not a run id';
  throw error;
}
