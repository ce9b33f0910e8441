import { userInfo } from 'node:os';
import { Command } from 'commander';
import { readRun } from '../../shared/run/ledger.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import { requestCancel } from '../../shared/run/request-cancel.ts';
import type { Run } from '../../shared/run/run.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { handServices } from '../hand-services.ts';
import { printList } from '../print.ts';
import { stateOf } from '../progress.ts';
import { openState, type StateOptions, withStateOptions } from '../state.ts';
import { summarise } from '../summary.ts';

export function runsCommand(): Command {
  const runs = withStateOptions(new Command('runs').description('the runs of this machine, newest first')).action(list);
  withStateOptions(runs.command('show <runId>').description('what became of one run, and what it went through')).action(
    show,
  );
  withStateOptions(
    runs.command('cancel <runId>').description('start nothing new of a run; a task under way goes on to its end'),
  ).action(cancel);
  return runs;
}

async function list(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const runs: Run[] = [];
  for await (const { key } of opened.state.list('runs/')) {
    const found = await readRun(opened, key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
    if (found !== undefined) runs.push(found.run);
  }
  runs.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  if (options.json) process.stdout.write(`${JSON.stringify(runs.map(outcomeOf), null, 2)}\n`);
  else printList(['Run', 'Pipeline', 'Started', 'State', 'File'], runs.map(row), 'No run has been started.');
}

function row(run: Run): string[] {
  const file = run.trigger.kind === 'drop' ? run.trigger.key : run.trigger.kind;
  return [run.runId, run.pipelineName, run.createdAt, stateOf(run), file];
}

async function show(runId: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const found = await readRunNamed(runId, opened);
  const outcome: RunOutcome = outcomeOf(found);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${summarise(outcome)}\n`);
  if (found.ended === null) process.stdout.write(`  now: ${stateOf(found)}\n`);
  for (const { at, text } of found.journal) process.stdout.write(`  ${at}  ${text}\n`);
}

async function cancel(runId: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  await readRunNamed(runId, opened);
  const run = await requestCancel(handServices(opened), runId, userInfo().username);
  const ended = run?.ended ?? null;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ runId, requested: ended === null, outcome: ended?.outcome }, null, 2)}\n`);
  else if (ended !== null) process.stdout.write(`Run ${runId} has ended already: ${ended.outcome}.\n`);
  else
    process.stdout.write(
      `Run ${runId} is asked to stop. Where a task of it runs in Anaplan, it goes on until that has ended.\n`,
    );
}

async function readRunNamed(runId: string, opened: Parameters<typeof readRun>[0]): Promise<Run> {
  const missing = new CommandError(`There is no run ${runId}.`, {
    category: 'not-found',
    whatToCheck: ['plandrop runs lists them.'],
    exitCode: EXIT.failed,
  });
  if (!/^\d{8}-/.test(runId)) throw missing;
  const found = await readRun(opened, runId);
  if (found === undefined) throw missing;
  return found.run;
}
