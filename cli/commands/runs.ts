import { Command } from 'commander';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { dataDirOption, jsonOption } from '../options.ts';
import { printList } from '../print.ts';
import { stateOf } from '../progress.ts';
import { summarise } from '../summary.ts';

interface RunsOptions {
  dataDir: string;
  json?: true;
}

export function runsCommand(): Command {
  const runs = new Command('runs')
    .description('the runs of this machine, newest first')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(list);
  runs
    .command('show <runId>')
    .description('what became of one run, and what it went through')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(show);
  return runs;
}

async function list({ dataDir, json }: RunsOptions): Promise<void> {
  using folder = joinDataFolder(dataDir);
  const runs: Run[] = [];
  for await (const { key } of folder.state.list('runs/')) {
    const found = await readRun(folder, key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
    if (found !== undefined) runs.push(found.run);
  }
  runs.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  if (json) process.stdout.write(`${JSON.stringify(runs.map(outcomeOf), null, 2)}\n`);
  else
    printList(
      ['Run', 'Pipeline', 'Started', 'State', 'File'],
      runs.map(row),
      'No run has been started in this data folder.',
    );
}

function row(run: Run): string[] {
  const file = run.trigger.kind === 'drop' ? run.trigger.key : run.trigger.kind;
  return [run.runId, run.pipelineName, run.createdAt, stateOf(run), file];
}

async function show(runId: string, _: object, command: Command): Promise<void> {
  const { dataDir, json } = command.optsWithGlobals<RunsOptions>();
  using folder = joinDataFolder(dataDir);
  const found = await readRunNamed(runId, folder);
  const outcome: RunOutcome = outcomeOf(found);
  if (json) {
    process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${summarise(outcome)}\n`);
  if (found.ended === null) process.stdout.write(`  now: ${stateOf(found)}\n`);
  for (const { at, text } of found.journal) process.stdout.write(`  ${at}  ${text}\n`);
}

async function readRunNamed(runId: string, folder: Parameters<typeof readRun>[0]): Promise<Run> {
  const missing = new CommandError(`There is no run ${runId} in this data folder.`, {
    category: 'not-found',
    whatToCheck: ['plandrop runs lists them.'],
    exitCode: EXIT.failed,
  });
  if (!/^\d{8}-/.test(runId)) throw missing;
  const found = await readRun(folder, runId);
  if (found === undefined) throw missing;
  return found.run;
}
