import { type CommandPlace, commandPlaceText } from './command-place.ts';
import type { Reason } from './diagnosis.ts';
import { type FailureReport, mayDropRows, stepsBefore } from './failure-report.ts';
import { headline, subject } from './headline.ts';
import { releaseCommand } from './release-command.ts';
import { countOf, excerpt } from './words.ts';

const SHOWN_REASONS = 5;
const SHOWN_MEMBERS = 50;
/** What became of the rows of a reason, where they were not rejected. */
const BECAME = { rejected: '', warned: ' (loaded all the same)', ignored: ' (left out)' } as const;

/**
 * The message that wakes somebody: what happened to which file, why, what to do, where the dump is, how to run it again.
 * It is written for a person who knows Anaplan and has never seen Plandrop.
 */
export function alertText(report: FailureReport, place: CommandPlace = {}): { subject: string; text: string } {
  const sections = [
    `${headline(report)}\n${report.message}`,
    `Why: ${report.cause}`,
    `What to check:\n${report.whatToCheck.map((check, index) => `${index + 1}. ${check}`).join('\n')}`,
    reasonsSection(report.reasons ?? []),
    missingSection(report),
    dumpSection(report),
    redriveSection(report, place),
    [provenance(report), commandPlaceText(place)].filter((line) => line !== '').join('\n'),
  ];
  return { subject: subject(report), text: `${sections.filter((section) => section !== '').join('\n\n')}\n` };
}

function reasonsSection(reasons: readonly Reason[]): string {
  if (reasons.length === 0) return '';
  const lines = reasons.slice(0, SHOWN_REASONS).map((reason) => {
    const sample = reason.samples[0];
    const shown = (sample?.values ?? []).filter((value) => value !== '').slice(0, 3);
    const example =
      sample === undefined || shown.length === 0
        ? ''
        : `, for example line ${sample.line}: ${shown.map((value) => excerpt(value, 60)).join(', ')}`;
    return `- ${excerpt(reason.text, 200)}: ${countOf(reason.count, 'time')}${BECAME[reason.severity]}${example}`;
  });
  const rest = reasons.length - lines.length;
  return `Reasons Anaplan gives:\n${lines.join('\n')}${rest > 0 ? `\n- and ${rest} more` : ''}`;
}

function dumpSection(report: FailureReport): string {
  const kept =
    report.dumps.length === 0
      ? ''
      : `The failure dump, with every rejected row and its reason, is at:\n${report.dumps.slice(0, 10).join('\n')}`;
  const lost = report.dumpLost === undefined ? '' : `A failure dump is lost: ${excerpt(report.dumpLost, 300)}`;
  return [kept, lost, repairWords(report)].filter((part) => part !== '').join('\n');
}

function repairWords(report: FailureReport): string {
  const { repair, repairs, noRepair } = report;
  const none =
    noRepair === undefined ? '' : `There is no file of the rejected rows alone for ${excerpt(noRepair, 500)}.`;
  if (repair === undefined) return none;
  const files =
    repairs === undefined
      ? `The rejected rows alone, under the header of the file, are at:\n${repair}`
      : `The rejected rows alone, under the header of their file, are at:\n${repairs.map(({ file, address }) => `${excerpt(file, 120)}: ${address}`).join('\n')}`;
  return [files, useOfRepair(report), none].filter((part) => part !== '').join('\n');
}

const STEP_1 = 'a drop begins with step 1';

/**
 * What a file of the rejected rows alone is good for. It is kept as it was written, so that a copy is mended. Only after rejects is it
 * certain that the others are loaded; and a step that empties what it fills, or has not run, needs them too.
 */
function useOfRepair(report: FailureReport): string {
  const { set, step, outcome, repairs, stillToRead, redrive } = report;
  if (outcome !== 'succeeded-with-rejects')
    return `${repairs === undefined ? 'It shows' : 'They show'} what to mend. Do not drop these rows alone: the others may not be loaded.`;
  const isFirst = stepsBefore(report) === 0;
  const whole = `Mend these rows in the whole ${repairs === undefined ? 'file and drop that' : 'files and drop those'}`;
  if (set !== undefined || step?.kind !== 'import') {
    const drop = set === undefined ? whole : `${whole} in a new set with the others`;
    return isFirst
      ? `${drop}; drop them alone only if the process empties nothing.`
      : `${drop}. Do not drop them alone: ${STEP_1}.`;
  }
  const copy = 'Copy that file, mend the copy, and';
  const goOn = `let this run go on with it:\n  ${redrive} --with <the mended copy>`;
  if (stillToRead === undefined)
    return isFirst
      ? `${copy} drop it: the other rows are loaded already. Or ${goOn}`
      : `Do not drop them alone: ${STEP_1}. ${copy} ${goOn}`;
  const later = `${stillToRead.kind} "${excerpt(stillToRead.name, 120)}"`;
  // The mended rows are then read by this step alone.
  if (!stillToRead.sameFile)
    return `Do not drop them alone: ${later} has not run, and needs all the rows. ${copy} ${goOn}`;
  return isFirst
    ? `${copy} drop it only when ${later} has run: that still needs all the rows.`
    : `Do not drop them alone: ${STEP_1}. ${whole}.`;
}

/** The members that lists lack, one a line, as they are pasted into a list. */
function missingSection(report: FailureReport): string {
  return (report.missing ?? [])
    .map(({ list, members, count, more }) => {
      const shown = members.slice(0, SHOWN_MEMBERS).map((member) => excerpt(member, 200));
      const rest = count - shown.length;
      const beyond =
        rest > 0 || more
          ? `\n… and ${countOf(rest, 'more', 'more')}${more ? ' at least' : ''}, in the failure dump`
          : '';
      return `Missing${list === undefined ? '' : ` from ${excerpt(list, 120)}`}, ready to be pasted:\n${shown.join('\n')}${beyond}`;
    })
    .join('\n\n');
}

function redriveSection(report: FailureReport, place: CommandPlace): string {
  const { redrive, runId } = report;
  switch (report.outcome) {
    case 'unknown':
      return `Nothing is run again by itself, because it might be applied twice. When you know whether it was done, say so:
  npx plandrop runs settle ${runId} --as succeeded
  npx plandrop runs settle ${runId} --as failed
After "failed", run it again:
  ${redrive}${goesOnWords(report)}${heldWords(report)}`;
    case 'succeeded-with-rejects':
      return `When the cause is mended, run it again${mayDropRows(report) ? ', or drop a file with the mended rows' : ''}:
  ${redrive}
Or accept that these rows are left out; the steps after it are then run:
  npx plandrop failures accept ${runId} --because "…"${heldWords(report)}`;
    default:
      return `${againWords(report, place)}${heldWords(report)}`;
  }
}

/** Run again as it was, a file that is wrong would only be read again, and one that is gone not at all. */
function againWords(report: FailureReport, { stateBucket }: CommandPlace): string {
  const { redrive, category, references, readsFile, drop, set, step } = report;
  const goesOn = goesOnWords(report);
  const takesFile = readsFile === true && drop !== undefined && set === undefined && step?.kind === 'import';
  const withFile = (file: string) => `Run it again with ${file}:\n  ${redrive} --with <${file}>`;
  // Told only of a file whose version is gone.
  if (references.versionId !== undefined) {
    const again = `Drop the file again${set === undefined ? '' : ', in a new set with the others'}. That begins with step 1.`;
    return takesFile ? `${withFile('the file')}${goesOn}` : again;
  }
  const isOfFile = readsFile === true && (category === 'source-file' || category === 'mapping');
  // A stack does not read an import anew: its definition is in the lock, which is reviewed and deployed.
  const lock = stateBucket === undefined ? '' : ' and the lock was written anew (plandrop lock), reviewed and deployed';
  const asItIs = `if the import was mended in Anaplan${lock}:\n  ${redrive}${goesOn}`;
  if (isOfFile && set !== undefined)
    return `Drop the mended file in a new set with the others. Or run it again with the same files, ${asItIs}`;
  if (isOfFile && takesFile) return `${withFile('the mended file')}\nOr with the same file, ${asItIs}`;
  return `When the cause is mended, run it again:\n  ${redrive}${goesOn}`;
}

/** Dropping the file again looks like the same thing, and does the finished steps a second time. */
function goesOnWords(report: FailureReport): string {
  if (stepsBefore(report) === 0) return '';
  const { drop, set, step } = report;
  const dropped = drop ?? set;
  const again =
    dropped === undefined ? '' : `; ${set === undefined ? 'the file' : 'a set'} dropped again begins with step 1`;
  return `\nThat goes on with step ${step?.ordinal}${again}.`;
}

function heldWords({ holdLane, model, drop }: FailureReport): string {
  if (holdLane === undefined) return '';
  const release = releaseCommand(model ?? { name: '' });
  const also = drop === undefined ? '' : ', also one of a file that is dropped again';
  return `\nUntil then, other runs for this model wait (${excerpt(holdLane, 200)})${also}. To let them go on:\n  ${release}`;
}

function provenance(report: FailureReport): string {
  const { step } = report;
  const parts = [
    `Run ${report.runId}, ended ${report.at}`,
    report.scheduledFor === undefined ? '' : `scheduled for ${report.scheduledFor}`,
    report.follows === undefined ? '' : `after run ${report.follows.runId} of pipeline ${report.follows.pipeline}`,
    ...(report.set?.files ?? []).map(({ file, key }) => `"${excerpt(file, 80)}" from ${excerpt(key, 200)}`),
    step === undefined
      ? ''
      : `step ${step.ordinal}, ${step.kind} "${excerpt(step.name, 120)}"${step.objectId ? ` (${step.objectId})` : ''}`,
    report.taskId === undefined ? '' : `Anaplan task ${excerpt(report.taskId, 80)}`,
    report.code === undefined ? '' : `Anaplan code ${excerpt(report.code, 120)}`,
    report.references.requestId === undefined ? '' : `request id ${excerpt(report.references.requestId, 120)}`,
  ];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}
