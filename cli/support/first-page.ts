import type { Task, TaskResult } from '../../shared/anaplan/types.ts';
import { excerpt } from '../../shared/diagnosis/words.ts';
import { failedStepOf, outcomeOf } from '../../shared/run/outcome.ts';
import type { JournaledRequest } from '../../shared/run/request-journal.ts';
import { isFinalState, type Outcome, type Run } from '../../shared/run/run.ts';
import { hasDumps } from './collect-files.ts';
import { asSteps } from './request-table.ts';

/** What the first page is made of. */
export interface Told {
  run: Run;
  requests: readonly JournaledRequest[];
  gaps: readonly string[];
  /** who signs in, as far as this machine's own credentials tell */
  userHere?: string;
  /** epoch milliseconds */
  now: number;
  timezone: string;
  /** of the machine on which the bundle is made */
  versions: { plandrop: string; node: string; system: string };
  /** the other files of the bundle, each with what it is */
  files: readonly { name: string; what: string }[];
}

/** The page to begin with, in the words in which Anaplan support asks. What stands in [brackets] only a person can say. */
export function firstPage(told: Told): string {
  const { run, requests, gaps, now, versions, files } = told;
  const refused = refusedRequest(told);
  return [
    `# For Anaplan support: ${title(run)}`,
    '',
    `Made by \`plandrop support ${run.runId}\` at ${time(now, told)}. Fill in what stands in [brackets].`,
    ...whatIsInIt(files),
    '',
    '## What happened',
    '',
    ...happened(told),
    '',
    '## Where',
    '',
    ...where(told),
    '',
    '## What Anaplan answered',
    '',
    ...answered(run, refused),
    '',
    correlation(requests, refused),
    '',
    '## How to see it again',
    '',
    ...again(told),
    '',
    '## What the run went through',
    '',
    ...journal(told),
    '',
    '## Versions',
    '',
    `Plandrop ${versions.plandrop}, Node.js ${versions.node}, ${versions.system}: of the machine on which this bundle was made.`,
    'It uses the Integration API v2 (`/2/0`).',
    '',
    '## In this bundle',
    '',
    ...files.map(({ name, what }) => `- \`${name}\`: ${what}`),
    '',
    '## What it lacks',
    '',
    ...(gaps.length === 0 ? ['- Every request that the run made is here.'] : gaps.map((gap) => `- ${gap}`)),
    '- A token is shared by all runs of a process: the sign-in stands with the run that first needed it.',
    '',
  ].join('\n');
}

function whatIsInIt(files: Told['files']): string[] {
  const quoted =
    'Values of the file are in it where Anaplan quotes them: names of members that it called missing, and samples in its messages.';
  return hasDumps(files)
    ? [
        `No password, token or certificate is in this bundle outside \`dumps/\`. The failure dumps there hold the rejected rows as Anaplan`,
        'wrote them, and nothing was taken out of them.',
        quoted,
      ]
    : ['No password, token or certificate is in this bundle, and no uploaded file or rejected row as a whole.', quoted];
}

const OUTCOMES = {
  succeeded: 'succeeded',
  'succeeded-with-rejects': 'rejected rows',
  failed: 'failed',
  unknown: 'ended, and nobody knows how',
  cancelled: 'was cancelled',
} as const satisfies Record<Outcome, string>;

function title(run: Run): string {
  const what = actionOf(run) ?? `pipeline "${run.pipelineName}"`;
  return `${what} ${run.ended === null ? 'is still under way' : OUTCOMES[run.ended.outcome]}`;
}

function actionOf(run: Run): string | undefined {
  const step = run.pipeline?.steps[failedStepOf(run)];
  return step === undefined ? undefined : `${step.kind} "${step.name}"`;
}

function happened(told: Told): string[] {
  const { run } = told;
  const { ended, pipeline, redriveOf, settled } = run;
  const { failure, source, sources = source === undefined ? [] : [source] } = outcomeOf(run);
  const until = ended === null ? '' : ` to ${time(Date.parse(ended.at), told)}`;
  const rows = sources.length === 1 ? sources[0]?.rows : undefined;
  const taken = rows === undefined ? 'the action is carried out' : `all ${rows} rows of the file are taken`;
  const lines = [`When: ${time(Date.parse(run.createdAt), told)}${until}`];
  if (pipeline !== null)
    lines.push(`What: step ${failedStepOf(run) + 1} of ${pipeline.steps.length} of pipeline "${run.pipelineName}"`);
  lines.push(`Expected: ${taken}, and the task ends COMPLETE and successful.`);
  lines.push(`Happened: ${failure?.message ?? '[what is wrong: Plandrop saw no failure]'}`);
  if (failure !== undefined)
    lines.push(
      `Category: ${failure.category}${failure.code === undefined ? '' : ` (${failure.code})`}. ${failure.cause}`,
    );
  for (const { key, bytes, sha256 } of sources)
    lines.push(`File: ${key}, ${bytes} bytes${sha256 === undefined ? '' : `, SHA-256 ${sha256}`}`);
  if (redriveOf !== undefined)
    lines.push(`It goes on with run ${redriveOf.runId}, of which there is a bundle of its own.`);
  if (settled !== undefined)
    lines.push(`Settled as ${settled.as} at ${settled.at} by ${settled.by}: ${settled.evidence}`);
  lines.push('Who is affected, and how much: [what cannot be done without this data, and by when]');
  return lines.map((line) => `- ${inline(line)}`);
}

function where({ run, requests, userHere }: Told): string[] {
  const { pipeline, steps } = run;
  const step = pipeline?.steps[failedStepOf(run)];
  const users = [...new Set(requests.flatMap(({ user = [] }) => user))];
  const hosts = [...new Set(requests.map(({ host }) => host))];
  const tasks = steps.flatMap(({ task }, i) => (task === null ? [] : [`${task.taskId} (step ${i + 1})`]));
  const here = userHere === undefined ? '[the integration user]' : `${userHere} (as set on this machine now)`;
  const rows: [string, string][] = [
    ['User', users.length === 0 ? here : users.join(', ')],
    ['Service', hosts.length === 0 ? '[which region]' : hosts.join(', ')],
    ['Workspace', pipeline === null ? '[name and id]' : `${pipeline.workspaceName}, id ${pipeline.workspaceId}`],
    ['Model', pipeline === null ? '[name and id]' : `${pipeline.modelName}, id ${pipeline.modelId}`],
    ['Action', step === undefined ? '[name and id]' : `${step.kind} "${step.name}", id ${step.objectId}`],
    ...(step?.fileId === undefined ? [] : [['File it reads', `id ${step.fileId}`] satisfies [string, string]]),
    ['Task id', tasks.length === 0 ? 'none: nothing was started' : tasks.join(', ')],
    ['Run', run.runId],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)];
}

/** The request to show: the one that the failure was read from, else the last that went wrong, unless a task came to its end after it. */
function refusedRequest({ run, requests }: Told): JournaledRequest | undefined {
  const http = run.ended?.failure?.http;
  const last = (fits: (request: JournaledRequest) => boolean) => requests.findLast(fits);
  const named =
    http && last(({ method, path, status }) => method === http.method && path === http.path && status === http.status);
  if (named !== undefined || isFinalState(run.steps[failedStepOf(run)]?.task?.seen?.taskState)) return named;
  return last(({ status = 0, problem }) => problem !== undefined || status >= 400);
}

function answered(run: Run, refused: JournaledRequest | undefined): string[] {
  const task = run.steps[failedStepOf(run)]?.task?.seen;
  const lines: string[] = [];
  if (refused !== undefined) {
    const { method, path, status, at, ms, requestId, responseBody, problem } = refused;
    const how = status === undefined ? 'got no answer' : `was answered with ${status}`;
    lines.push(
      `\`${method} ${inline(path)}\` ${how} at ${at} after ${Math.round(ms)} ms${requestId === undefined ? '' : `, request id ${inline(requestId)}`}.`,
      ...block(responseBody ?? problem ?? ''),
    );
  }
  if (task) lines.push(...(lines.length === 0 ? [] : ['']), ...taskLines(task));
  return lines.length === 0 ? ['No request was refused, and there is no task.'] : lines;
}

function taskLines(task: Task): string[] {
  const { taskId, taskState, currentStep, result } = task;
  const said = result === undefined ? [] : [result, ...result.nestedResults].flatMap(resultLines);
  return [
    `Task ${taskId}: ${taskState}${currentStep === undefined ? '' : `, current step "${excerpt(currentStep)}"`}. It says:`,
    ...block(said.join('\n')),
  ];
}

function resultLines({ objectId, objectName, successful, failureDumpAvailable, details }: TaskResult): string[] {
  const what = [objectName, objectId].filter((part) => part !== undefined).join(' ') || 'the action';
  return [
    `${what}: successful ${successful ?? 'not said'}, failure dump ${failureDumpAvailable ? 'available' : 'none'}`,
    ...details.map(({ type, localMessageText, occurrences }) =>
      excerpt(`  ${type}: ${localMessageText}${occurrences > 1 ? ` (${occurrences} times)` : ''}`, 500),
    ),
  ];
}

const MOST_IDS = 30;

/** Which of Anaplan's headers carries an id is not documented, so whatever an answer named is told. */
function correlation(requests: readonly JournaledRequest[], refused: JournaledRequest | undefined): string {
  const ids = [...new Set(requests.flatMap(({ requestId }) => (requestId === undefined ? [] : [inline(requestId)])))];
  if (ids.length === 0) return 'Correlation ids: the answers named none.';
  const failed = refused?.requestId === undefined ? '' : ` (of the failed request: ${inline(refused.requestId)})`;
  return `Correlation ids, as the answers named them${failed}: ${ids.slice(0, MOST_IDS).join(', ')}${ids.length > MOST_IDS ? ', … (all of them in requests.txt)' : ''}`;
}

const MOST_ENTRIES = 100;

function journal({ run }: Told): string[] {
  const left = run.journal.length - MOST_ENTRIES;
  const entries = run.journal.slice(-MOST_ENTRIES).map(({ at, text }) => `- ${at} ${inline(text)}`);
  if (entries.length === 0) return ['- Nothing had to be repeated or waited for.'];
  return left > 0 ? [`- … ${left} earlier entries are in ledger.json`, ...entries] : entries;
}

/** `2026-03-02T06:00:00.000Z (2 Mar 2026, 07:00:00 Europe/Berlin)` */
function time(at: number, { timezone }: Told): string {
  if (timezone === 'UTC') return new Date(at).toISOString();
  const there = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, dateStyle: 'medium', timeStyle: 'medium' });
  return `${new Date(at).toISOString()} (${there.format(at)} ${timezone})`;
}

function again({ run: { pipeline }, requests }: Told): string[] {
  const model = pipeline && `/2/0/workspaces/${pipeline.workspaceId}/models/${pipeline.modelId}`;
  const steps = [...asSteps(requests, model ?? undefined), '[whether it happens each time, and since when]'];
  return [...(model === null ? [] : [`\`{model}\` stands for \`${model}\`.`, '']), ...numbered(steps)];
}

function numbered(lines: readonly string[]): string[] {
  return lines.map((line, i) => `${i + 1}. ${inline(line)}`);
}

function inline(text: string): string {
  return text.trim().replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, ' / ');
}

function cell(text: string): string {
  return inline(text).replaceAll('|', '\\|');
}

/** Somebody else's words, however long their own fences are. */
function block(text: string): string[] {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map(({ length }) => length + 1)));
  return text.trim() === '' ? [] : ['', `${fence}text`, text.trimEnd(), fence];
}
