import Table from 'cli-table3';
import colors from 'picocolors';
import type { Alert } from '../../shared/ports/alerts.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import type { Run } from '../../shared/run/run.ts';
import { countsOf } from '../counts.ts';
import { colored } from '../progress.ts';
import type { Sample } from './sample.ts';

/** A sample with what became of it; `wrong` says what is not as it should be. */
export interface Shown {
  sample: Sample;
  run: Run;
  wrong: string | undefined;
}

/** Prints a table of the samples, what was rejected, and every alert. */
export function report(shown: readonly Shown[], alerts: readonly Alert[], dataDir: string): void {
  const table = new Table({
    head: ['Sample', 'Pipeline', 'Outcome', 'Rows', 'Retries', 'As expected'],
    style: { head: [], border: [] },
  });
  for (const { sample, run, wrong } of shown) {
    const outcome = outcomeOf(run);
    const retries = run.journal.filter(({ delaySeconds }) => delaySeconds !== undefined).length;
    table.push([
      sample.shows,
      sample.pipeline,
      colored(outcome.outcome ?? 'in progress'),
      outcome.steps
        .map(countsOf)
        .filter((counts) => counts !== '')
        .join('; '),
      retries,
      wrong === undefined ? 'yes' : colors.red(`no: ${wrong}`),
    ]);
  }
  process.stdout.write(`\n${table.toString()}\n`);
  for (const { run } of shown) describeRejects(outcomeOf(run));
  for (const alert of alerts)
    process.stdout.write(`\n${colors.bold(`Alert: ${alert.subject}`)}\n${indent(alert.text)}\n`);
  process.stdout.write(
    `\nEverything is kept in ${dataDir}: runs, dumps, exports and failures under state/, alerts in alerts.jsonl.\n\n`,
  );
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
