import type { TaskOutcome } from '../diagnosis/classify-task.ts';
import type { Counts, Diagnosis } from '../diagnosis/diagnosis.ts';
import { lookUpMessage } from '../diagnosis/message-codes.ts';
import { capitalised, countOf, excerpt } from '../diagnosis/words.ts';
import type { FrozenStep, Rejects } from '../pipeline/frozen-pipeline.ts';
import { areVerified, differingFile, type FileRows } from './file-rows.ts';
import type { StepResult, Uploaded } from './run.ts';

const MAX_LISTS = 10;
const MAX_MEMBERS = 200;

export interface StepEvidence {
  step: FrozenStep;
  /** what the classifier read from the task and its dumps */
  classified: TaskOutcome;
  rejects: Rejects;
  /** absent when no rows of ours went in */
  uploaded?: Uploaded;
  /** of a process with several files, instead of `uploaded` */
  files?: readonly FileRows[];
  /** the task was found by listing, and nothing has named it ours */
  perhapsOthers: boolean;
  dumps: StepResult['dumps'];
  /** why a dump that Anaplan announced could not be kept */
  dumpLost?: string;
  export?: string;
  /** files of rejected rows to be mended, and why there are no others */
  repairs: { made: { file: string; address: string }[]; missing: readonly string[] };
  /** names of the actions of a process that its result leaves out, by id */
  names?: Record<string, string>;
}

/**
 * What a finished step came to. `succeeded` is never said when rows were rejected, when an announced dump is gone, when Anaplan's
 * total of rows differs from those uploaded, or of a task that may be somebody else's (invariants 2 and 8). Pure.
 */
export function judgeStep(evidence: StepEvidence): StepResult {
  const { classified, dumps, dumpLost } = evidence;
  const rowsVerified = areRowsVerified(evidence);
  const counts = countsOf(evidence);
  const { outcome, diagnosis } = verdict(evidence, rowsVerified);
  return {
    outcome,
    ...(counts === undefined ? {} : { counts }),
    ...(classified.cells === undefined ? {} : { cells: classified.cells }),
    reasons: [...classified.reasons],
    ...missingOf(classified),
    dumps,
    ...(dumpLost === undefined ? {} : { dumpLost }),
    ...(evidence.export === undefined ? {} : { export: evidence.export }),
    ...repairsOf(evidence),
    ...(evidence.names === undefined ? {} : { names: evidence.names }),
    rowsVerified,
    beyondAllowance: outcome === 'succeeded-with-rejects' && isBeyond(evidence),
    ...(diagnosis === undefined ? {} : { diagnosis: { ...diagnosis, whatToCheck: [...diagnosis.whatToCheck] } }),
  };
}

/** Anaplan counts the rows that this run has uploaded for the step, each file's. */
export function areRowsVerified({
  classified: { totalRows },
  uploaded,
  files,
}: Pick<StepEvidence, 'classified' | 'uploaded' | 'files'>): boolean {
  if (files !== undefined) return areVerified(files);
  return uploaded !== undefined && totalRows !== undefined && totalRows === uploaded.rows;
}

/** A ledger is read with every turn, so it holds the first of them; the dump holds all. */
function missingOf({ missingMembers }: TaskOutcome): Pick<StepResult, 'missing'> {
  const missing = missingMembers
    .slice(0, MAX_LISTS)
    .map(({ members, ...rest }) => ({ ...rest, members: members.slice(0, MAX_MEMBERS) }));
  return missing.length === 0 ? {} : { missing };
}

function repairsOf({ repairs: { made, missing } }: StepEvidence): Pick<StepResult, 'repair' | 'repairs' | 'noRepair'> {
  const [first] = made;
  return {
    ...(first === undefined ? {} : { repair: first.address }),
    ...(made.length > 1 ? { repairs: made } : {}),
    ...(missing.length === 0 ? {} : { noRepair: missing.join('; ') }),
  };
}

/** Where Anaplan counts cells only, the rows processed are those of the files: every row was read, whatever became of it. */
function countsOf({ classified, uploaded, files }: StepEvidence): Counts | undefined {
  const { counts, cells } = classified;
  const rows = files === undefined ? uploaded?.rows : files.reduce((sum, file) => sum + file.rows, 0);
  if (counts === undefined || cells === undefined || rows === undefined || counts.processed > 0) return counts;
  return { ...counts, processed: rows };
}

function verdict(
  evidence: StepEvidence,
  rowsVerified: boolean,
): { outcome: StepResult['outcome']; diagnosis?: Diagnosis } {
  const { classified, uploaded, files = [], perhapsOthers, dumpLost } = evidence;
  const { outcome, totalRows, diagnosis } = classified;
  // Also a failure may be somebody else's, while ours runs.
  if (perhapsOthers && !rowsVerified) return { outcome: 'unknown', diagnosis: perhapsNotOurs(evidence) };
  if (outcome === 'failed' || outcome === 'cancelled') return { outcome, ...(diagnosis ? { diagnosis } : {}) };
  if (uploaded !== undefined && totalRows !== undefined && !rowsVerified) {
    return { outcome: 'failed', diagnosis: rowsDiffer(evidence.step, { rows: uploaded.rows, total: totalRows }) };
  }
  const differing = differingFile(files);
  if (differing !== undefined) return { outcome: 'failed', diagnosis: rowsDiffer(evidence.step, differing) };
  if (dumpLost !== undefined && outcome === 'succeeded') {
    return { outcome: 'succeeded-with-rejects', diagnosis: dumpGone(evidence.step, dumpLost) };
  }
  const told = dumpLost === undefined || diagnosis === undefined ? diagnosis : withoutDump(diagnosis, dumpLost);
  return countedAsIgnored(evidence) === 0
    ? { outcome, ...(told ? { diagnosis: told } : {}) }
    : { outcome: 'succeeded-with-rejects', diagnosis: withIgnored(evidence, told) };
}

/** Ignored rows that the pipeline counts as rejected. */
function countedAsIgnored({ classified: { counts }, rejects }: StepEvidence): number {
  return rejects.countIgnored ? (counts?.ignored ?? 0) : 0;
}

function isBeyond(evidence: StepEvidence): boolean {
  const { classified, rejects, dumpLost } = evidence;
  // An allowance is for rows that somebody can look at; and without all dumps nobody can say how many they are.
  if (dumpLost !== undefined) return true;
  const counts = countsOf(evidence);
  if (counts === undefined) return true;
  const ignored = countedAsIgnored(evidence);
  if (ignored > 0 && classified.ignoredAtLeast) return true;
  if (classified.rejectedAtLeast) return true;
  const rejected = counts.rejected + ignored;
  if (rejects.maxRows !== undefined && rejected > rejects.maxRows) return true;
  return rejects.maxPercent !== undefined && percentOf(rejected, counts) > rejects.maxPercent;
}

function percentOf(rejected: number, counts: Counts): number {
  return counts.processed === 0 ? (rejected === 0 ? 0 : 100) : (100 * rejected) / counts.processed;
}

function rowsDiffer(step: FrozenStep, differing: { file?: string; rows: number; total: number }): Diagnosis {
  const { file, rows: sent, total } = differing;
  const what = file === undefined ? `import "${step.name}"` : `"${file}" of ${step.kind} "${step.name}"`;
  return {
    category: 'row-count',
    cause: 'Anaplan did not read the file that was uploaded, or not all of it.',
    message: `${countOf(sent, 'row')} were uploaded for ${what}, and Anaplan counts ${countOf(total, 'row')}.`,
    whatToCheck: [
      'See whether somebody else uploads to the same file with the same user, or set a default file for it in Anaplan.',
      'Compare a few totals in the module or list with the file before anybody works with the data; then redrive the run.',
    ],
    retry: { kind: 'no' },
    references: { objectId: step.objectId, rowsUploaded: String(sent), rowsInAnaplan: String(total) },
  };
}

function perhapsNotOurs({ step, classified }: StepEvidence): Diagnosis {
  const said = classified.diagnosis?.message;
  return {
    category: 'ambiguous-start',
    cause:
      'The answer to the start was lost; one new task of the action was found, and nothing proves that it is ours.',
    message: `${step.kind} "${step.name}" has run, but perhaps for somebody else, with another file.${said === undefined ? '' : ` It said: ${said}`}`,
    whatToCheck: [
      'Look in Anaplan whether the data of this file arrived.',
      'Then settle the run as succeeded, or as failed to run it again.',
    ],
    retry: { kind: 'no' },
    references: { objectId: step.objectId },
  };
}

/** What is told of rows that only the pipeline counts as rejected, after what is told of those that Anaplan rejected. */
function withIgnored(evidence: StepEvidence, ofRejects: Diagnosis | undefined): Diagnosis {
  const { step, classified } = evidence;
  // A module import counts ignored cells.
  const what = classified.cells === undefined ? ['row was', 'rows were'] : ['row or cell was', 'rows or cells were'];
  const least = classified.ignoredAtLeast ? 'at least ' : '';
  const ignored = `${least}${countOf(countedAsIgnored(evidence), what[0] ?? '', what[1])} ignored, which this pipeline counts as rejected`;
  if (ofRejects !== undefined) return { ...ofRejects, message: `${ofRejects.message} Besides, ${ignored}.` };
  const reason = classified.reasons.find(({ severity }) => severity === 'ignored');
  const known = reason && lookUpMessage({ type: reason.code ?? '', localMessageText: reason.text });
  return {
    category: known?.category ?? 'invalid-data',
    ...(known?.code === undefined ? {} : { code: known.code }),
    cause: known?.cause ?? 'Anaplan read rows, did nothing with them, and does not say why.',
    message: `${capitalised(step.kind)} "${step.name}" ran, and ${ignored}.${reason === undefined ? '' : ` Anaplan says "${excerpt(reason.text, 200)}".`}`,
    whatToCheck: [
      ...(known?.whatToCheck ?? []),
      'Anaplan lists ignored rows nowhere: compare the file with what is in the module or list.',
      'If they may be left out, accept them, and allow more of them in `rejects:` or take `countIgnored` out.',
    ],
    retry: { kind: 'no' },
    references: { objectId: step.objectId },
  };
}

const WITHOUT_DUMP = 'Run the import again to get a new dump, or compare the file with the data in Anaplan.';

/** What is told of rejected rows whose dump is lost: also so few that the pipeline allows them are for somebody to look at. */
function withoutDump(ofRejects: Diagnosis, why: string): Diagnosis {
  return {
    ...ofRejects,
    message: `${ofRejects.message} Nobody can tell any more which rows, so they are beyond any allowance. The failure dump is lost: ${why}`,
    whatToCheck: [...ofRejects.whatToCheck, WITHOUT_DUMP],
  };
}

function dumpGone(step: FrozenStep, why: string): Diagnosis {
  return {
    category: 'invalid-data',
    cause: 'Anaplan said that rows were rejected or warned about, and then did not hand out the list of them.',
    message: `The failure dump of ${step.kind} "${step.name}" is lost: ${why}`,
    whatToCheck: [WITHOUT_DUMP],
    retry: { kind: 'no' },
    references: { objectId: step.objectId },
  };
}
