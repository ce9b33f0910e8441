import { Command } from 'commander';
import { alertText } from '../../shared/diagnosis/alert-text.ts';
import type { FailureReport } from '../../shared/diagnosis/failure-report.ts';
import type { Store } from '../../shared/ports/store.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { printList } from '../print.ts';
import { openState, type StateOptions, withStateOptions } from '../state.ts';

export function failuresCommand(): Command {
  const failures = withStateOptions(new Command('failures').description('the failure reports of this machine')).action(
    list,
  );
  withStateOptions(
    failures.command('show <id>').description('one failure report: what happened, why, and what to do'),
  ).action(show);
  return failures;
}

async function list(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const reports: FailureReport[] = [];
  for await (const { key } of opened.state.list('failures/')) {
    const report = await readReport(opened.state, key);
    if (report !== undefined) reports.push(report);
  }
  reports.sort((a, b) => (a.at < b.at ? 1 : -1));
  if (options.json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  else printList(['Id', 'Pipeline', 'At', 'Outcome', 'Category', 'File'], reports.map(row), 'Nothing has failed.');
}

function row({ id, pipeline, at, outcome, category, drop }: FailureReport): string[] {
  return [id, pipeline, at, outcome, category, drop?.key ?? ''];
}

async function show(id: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const report = await readReport(opened.state, `failures/${id}.json`);
  if (report === undefined) {
    throw new CommandError(`There is no failure ${id}.`, {
      category: 'not-found',
      whatToCheck: ['plandrop failures lists them.'],
      exitCode: EXIT.failed,
    });
  }
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : alertText(report).text);
}

/** Written by ourselves, create-once, so its shape is trusted. */
async function readReport(state: Store, key: string): Promise<FailureReport | undefined> {
  const object = await state.get(key);
  return object === undefined ? undefined : (JSON.parse(new TextDecoder().decode(object.body)) as FailureReport);
}
