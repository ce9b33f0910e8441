import colors from 'picocolors';
import type { RunOutcome, SourceOutcome, StepOutcome } from '../shared/run/outcome.ts';
import { countsOf } from './counts.ts';
import { colored } from './progress.ts';
import type { Superseded } from './superseded.ts';

const REASONS = 5;

/**
 * What a run came to, for a person at a terminal: the outcome first, then what to do.
 * @param superseded what its set had before, and did not load
 */
export function summarise(outcome: RunOutcome, superseded: readonly Superseded[] = []): string {
  const { failure, source, sources = [] } = outcome;
  const lines = [
    `${colors.bold(outcome.pipeline)}  ${colored(outcome.outcome ?? 'in progress')}  ${colors.dim(outcome.runId)}`,
  ];
  if (source !== undefined) lines.push(sourceLine(source));
  for (const each of sources) {
    const before = superseded.filter(({ file }) => file === each.file);
    lines.push(`${sourceLine(each)}, for "${each.file}"`, ...before.map((one) => inPlaceOf(one, each)));
  }
  for (const { key, file } of superseded.filter(({ file }) => !sources.some((each) => each.file === file)))
    lines.push(`  ${key}, for "${file}", was not loaded: the pipeline no longer takes such a file`);
  for (const step of outcome.steps) lines.push(...stepLines(step));
  if (failure !== undefined) {
    lines.push(
      '',
      ...failure.message.split('\n').map((line) => `  ${line}`),
      `  Why: ${failure.cause}`,
      '  What to check:',
    );
    lines.push(...failure.whatToCheck.map((check, i) => `    ${i + 1}. ${check}`));
  }
  return lines.join('\n');
}

function sourceLine({ key, bytes, rows }: SourceOutcome): string {
  return `  ${key}: ${bytes} bytes${rows === undefined ? '' : `, ${rows} rows`}`;
}

function inPlaceOf({ key }: Superseded, loaded: SourceOutcome): string {
  return `    in place of ${key === loaded.key ? 'an earlier ' : ''}${key}, which was not loaded`;
}

function stepLines(step: StepOutcome): string[] {
  const what = [step.taskState, countsOf(step)].filter((part) => part !== undefined && part !== '').join(', ');
  const lines = [`  ${step.kind} "${step.name}"${what === '' ? '' : `: ${what}`}`];
  for (const { count, text, columns } of (step.reasons ?? []).slice(0, REASONS)) {
    lines.push(`    ${count} × ${text}${columns.length === 0 ? '' : ` (${columns.join(', ')})`}`);
  }
  for (const dump of step.dumps ?? []) lines.push(`    dump: ${dump}`);
  if (step.repair !== undefined) lines.push(`    rejected rows alone: ${step.repair}`);
  if (step.dumpLost !== undefined) lines.push(`    dump lost: ${step.dumpLost}`);
  if (step.export !== undefined) lines.push(`    export: ${step.export}`);
  return lines;
}
