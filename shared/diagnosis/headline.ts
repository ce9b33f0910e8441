import { type FailureOutcome, type FailureReport, stepsBefore } from './failure-report.ts';
import { capitalised, countOf, excerpt, fill } from './words.ts';

/** SNS wants fewer than 100 ASCII characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_SUBJECT = 99;

/**
 * The first line of an alert: what became of the file, or of the pipeline where there is none. It never says of a file that it was not
 * loaded where an earlier step, or a part of this one, may have loaded it: whoever believes that drops it a second time.
 */
export function headline(report: FailureReport): string {
  const model = (preposition: string) =>
    report.model === undefined ? '' : ` ${preposition} model "${excerpt(report.model.name, 120)}"`;
  const pipeline = `pipeline ${excerpt(report.pipeline, 80)}`;
  const file = loadedOf(report);
  if (stepsBefore(report) > 0 && report.outcome !== 'succeeded-with-rejects') {
    const withFile = file === undefined ? '' : ` with ${file}`;
    return `${capitalised(pipeline)} ${stoppedAt(report)}${withFile}${model('in')}${ofThatStep(report)}; ${doneBefore(report)}.`;
  }
  if (file === undefined) return `${capitalised(pipeline)}${model('in')} ${withoutFile(report)}.`;
  if (report.step !== undefined && report.readsFile !== true)
    return `${capitalised(pipeline)} with ${file}${model('in')}: ${ofOtherStep(report, report.step)}.`;
  const words = { file, model: model('into'), rows: rejectedRows(report) };
  return `${capitalised(fill(ofFile(report), words))} (${pipeline}).`;
}

/** Of a step that does not upload the file: an earlier one has loaded it, or a later one was to. */
function ofOtherStep(report: FailureReport, { ordinal, kind, name }: NonNullable<FailureReport['step']>): string {
  const what = report.set === undefined ? 'the file' : 'the set';
  const rest = stepsBefore(report) > 0 ? doneBefore(report) : `${what} was not loaded`;
  return `step ${ordinal} (${kind} "${excerpt(name, 120)}") ${withoutFile(report)}; ${rest}`;
}

/** `{model}` stands for the model, with the word before it. */
function ofFile(report: FailureReport): string {
  const { outcome, taskId, appliedInPart, category } = report;
  switch (outcome) {
    case 'failed':
      if (appliedInPart === true) return '{file} was not landed{model} to the end: a part of the step is done';
      if (category === 'row-count') return 'It is not certain what of {file} was loaded{model}';
      if (!isPerhapsPartly(report)) return '{file} was not loaded{model}';
      return category === 'service'
        ? '{file} was loaded{model} in part, or not at all'
        : 'It is not certain what of {file} was loaded{model}';
    case 'unknown':
      return '{file} may or may not have been loaded{model}';
    case 'cancelled':
      return taskId === undefined
        ? '{file} was not loaded{model}, because the run was cancelled'
        : '{file} was not loaded{model} to the end, because the task was cancelled';
    case 'succeeded-with-rejects':
      return '{file} was loaded{model} without {rows}';
    default:
      return outcome satisfies never;
  }
}

function withoutFile(report: FailureReport): string {
  const { outcome } = report;
  switch (outcome) {
    case 'failed':
      return isPerhapsPartly(report) ? `failed, and a part of it ${isDone(report)}` : 'failed';
    case 'unknown':
      return 'ended, and it is not known how';
    case 'cancelled':
      return 'was cancelled';
    case 'succeeded-with-rejects':
      return 'ran with rejected rows';
    default:
      return outcome satisfies never;
  }
}

function stoppedAt({ outcome, step }: FailureReport): string {
  return `${outcome === 'cancelled' ? 'was cancelled' : 'stopped'} at step ${step?.ordinal}`;
}

/** What is to be said of the step where a run stopped, where it is not certain that nothing of it was done. */
function ofThatStep(report: FailureReport): string {
  if (report.outcome === 'unknown') return ', and it is not known whether that step was done';
  if (report.category === 'row-count') return ', and it is not certain what that step loaded';
  return isPerhapsPartly(report) ? `, and a part of that step ${isDone(report)}` : '';
}

function doneBefore(report: FailureReport): string {
  const before = stepsBefore(report);
  return `what ${before === 1 ? 'step 1' : `steps 1 to ${before}`} did is done and stays done`;
}

/** An internal error of Anaplan, or a task that tells no result or reason, tells nothing of what was applied before it. */
function isPerhapsPartly({ appliedInPart, category, taskId }: FailureReport): boolean {
  const tellsNothing = category === 'service' || category === 'unrecognised';
  return appliedInPart === true || (tellsNothing && taskId !== undefined);
}

function isDone({ appliedInPart }: FailureReport): string {
  return appliedInPart === true ? 'is done' : 'may be done';
}

function rejectedRows({ counts, dumpLost }: FailureReport): string {
  const rejected = counts?.rejected ?? 0;
  // Only the dump tells all of them.
  const atLeast = dumpLost === undefined ? '' : 'at least ';
  return rejected > 0 ? `${atLeast}${countOf(rejected, 'row')}` : 'some of its rows';
}

/** The file, or the set of them, that a report is about. */
function loadedOf({ drop, set }: FailureReport): string | undefined {
  const ofSet = set === undefined ? '' : ` of set ${excerpt(set.id, 200)}`;
  if (drop !== undefined) return `file ${excerpt(drop.key, 300)}${ofSet}`;
  return set === undefined ? undefined : `set ${excerpt(set.id, 200)} (${countOf(set.files.length, 'file')})`;
}

/** What a person sees of an alert in a list of messages. */
export function subject(report: FailureReport): string {
  const rejected = report.counts?.rejected ?? 0;
  const at = stepsBefore(report) > 0 ? ` at step ${report.step?.ordinal}` : '';
  const happened: Record<FailureOutcome, string> = {
    failed: `failed${at}`,
    unknown: `ended unknown${at}`,
    cancelled: `was cancelled${at}`,
    'succeeded-with-rejects': rejected > 0 ? `rejected ${countOf(rejected, 'row')}` : 'rejected rows',
  };
  const file = report.drop?.key.split('/').at(-1) ?? (report.set === undefined ? undefined : `set ${report.set.id}`);
  const what = `${excerpt(report.pipeline, 40)} ${happened[report.outcome]} (${report.category})`;
  return asciiSubject(`Plandrop: ${what}${file === undefined ? '' : `, ${file}`}`);
}

/** SNS refuses a subject that is longer, or has anything but printable ASCII. */
export function asciiSubject(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/g, '?')
    .slice(0, MAX_SUBJECT)
    .trimEnd();
}
