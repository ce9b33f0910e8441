import { Command } from 'commander';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import type { FailureReport } from '../../shared/diagnosis/failure-report.ts';
import type { Store } from '../../shared/ports/store.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { dataDirOption, jsonOption } from '../options.ts';
import { printList } from '../print.ts';

interface FailuresOptions {
  dataDir: string;
  json?: true;
}

export function failuresCommand(): Command {
  const failures = new Command('failures')
    .description('the failure reports of this machine')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(list);
  failures
    .command('show <id>')
    .description('one failure report: what happened, why, and what to do')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(show);
  return failures;
}

async function list({ dataDir, json }: FailuresOptions): Promise<void> {
  using folder = joinDataFolder(dataDir);
  const reports: FailureReport[] = [];
  for await (const { key } of folder.state.list('failures/')) {
    const report = await readReport(folder.state, key);
    if (report !== undefined) reports.push(report);
  }
  reports.sort((a, b) => (a.at < b.at ? 1 : -1));
  if (json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  else
    printList(
      ['Id', 'Pipeline', 'At', 'Outcome', 'Category', 'File'],
      reports.map(row),
      'Nothing has failed in this data folder.',
    );
}

function row({ id, pipeline, at, outcome, category, drop }: FailureReport): string[] {
  return [id, pipeline, at, outcome, category, drop?.key ?? ''];
}

async function show(id: string, _: object, command: Command): Promise<void> {
  const { dataDir, json } = command.optsWithGlobals<FailuresOptions>();
  using folder = joinDataFolder(dataDir);
  const report = await readReport(folder.state, `failures/${id}.json`);
  if (report === undefined) {
    throw new CommandError(`There is no failure ${id} in this data folder.`, {
      category: 'not-found',
      whatToCheck: ['plandrop failures lists them.'],
      exitCode: EXIT.failed,
    });
  }
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : alertText(report).text);
}

/** Written by ourselves, create-once, so its shape is trusted. */
async function readReport(state: Store, key: string): Promise<FailureReport | undefined> {
  const object = await state.get(key);
  return object === undefined ? undefined : (JSON.parse(new TextDecoder().decode(object.body)) as FailureReport);
}
