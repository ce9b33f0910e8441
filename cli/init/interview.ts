import type { ModelRef } from '../../shared/anaplan/index.ts';
import { find, problemText } from '../../shared/pipeline/find-named.ts';
import { globMistake } from '../../shared/pipeline/glob.ts';
import type { NameDirectory, Named } from '../../shared/pipeline/name-directory.ts';
import { scheduleMistake, timezoneMistake } from '../../shared/pipeline/schedule-expression.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { DraftPipeline, DraftStep, DraftTrigger } from './draft.ts';
import type { Choice, Prompts } from './prompts.ts';
import { filesOf, slug, subjectOf } from './propose.ts';

/** What the command line says already; what it leaves open is asked. */
export interface InitAnswers {
  workspace?: string;
  model?: string;
  import?: string;
  process?: string;
  export?: string;
  name?: string;
  drop?: string;
  schedule?: string;
  timezone?: string;
}

/** Everything of the chosen model that a pipeline may run. */
interface ModelContents {
  ref: ModelRef;
  workspace: string;
  model: string;
  imports: readonly (Named & { importDataSourceId?: string })[];
  processes: readonly Named[];
  exports: readonly Named[];
}

/**
 * Asks Anaplan what there is, and the person what is wanted: pipelines as they should stand in the file.
 * @param timezone where this machine is, as a proposal for schedules
 * @throws CommandError when an answer of the command line names nothing; AnaplanCallError
 */
export async function interview(
  anaplan: NameDirectory,
  prompts: Prompts,
  answers: InitAnswers,
  timezone: string,
): Promise<DraftPipeline[]> {
  const contents = await lookAt(anaplan, prompts, answers);
  const pipelines: DraftPipeline[] = [];
  for (;;) {
    const taken = pipelines.map(({ name }) => name);
    pipelines.push(await pipelineOf(contents, anaplan, prompts, { answers, timezone, taken }));
    const said = kindSaid(answers) ?? answers.schedule ?? answers.timezone;
    if (said !== undefined || !(await prompts.confirm('Another pipeline?', false))) return pipelines;
  }
}

async function lookAt(anaplan: NameDirectory, prompts: Prompts, answers: InitAnswers): Promise<ModelContents> {
  const workspaces = await anaplan.listWorkspaces();
  const workspace = await oneOf('workspace', 'this user sees', workspaces, answers.workspace, prompts);
  const models = await anaplan.listModels(workspace.id);
  const model = await oneOf('model', `of workspace "${workspace.name}"`, models, answers.model, prompts);
  const ref = { workspaceId: workspace.id, modelId: model.id };
  const [imports, processes, exports] = await Promise.all([
    anaplan.listImports(ref),
    anaplan.listProcesses(ref),
    anaplan.listExports(ref),
  ]);
  return { ref, workspace: said(workspace, workspaces), model: said(model, models), imports, processes, exports };
}

/** The thing that the command line names, or that the person chooses. */
async function oneOf<T extends Named>(
  kind: 'workspace' | 'model' | 'import' | 'process' | 'export',
  place: string,
  objects: readonly T[],
  answer: string | undefined,
  prompts: Prompts,
): Promise<T> {
  if (answer !== undefined) {
    const found = find(kind, answer, objects, { place, path: [] });
    if (found.found) return found.object;
    throw new CommandError(`Nothing was written: ${problemText(found.problem)}.`, {
      category: 'not-found',
      whatToCheck: [`Name it with --${kind} as Anaplan shows it, or by id.`],
      exitCode: EXIT.failed,
    });
  }
  if (objects.length === 0) {
    throw new CommandError(`There is no ${kind} ${place}, so there is nothing to write.`, {
      category: 'not-found',
      whatToCheck: ['Anaplan does not show what a user may not see: ask a workspace administrator for access.'],
      exitCode: EXIT.failed,
    });
  }
  return prompts.choose(`Which ${kind}?`, objects.map(choiceIn(objects)));
}

const choiceIn =
  <T extends Named>(objects: readonly T[]) =>
  (object: T): Choice<T> => ({
    name: said(object, objects) === object.name ? object.name : `${object.name} (${object.id})`,
    value: object,
  });

/** The name, or the id where several have the name. */
function said({ id, name }: Named, objects: readonly Named[]): string {
  return objects.filter((other) => other.name === name).length > 1 ? id : name;
}

interface Situation {
  answers: InitAnswers;
  timezone: string;
  /** names of pipelines that there are already */
  taken: readonly string[];
}

async function pipelineOf(
  contents: ModelContents,
  anaplan: NameDirectory,
  prompts: Prompts,
  situation: Situation,
): Promise<DraftPipeline> {
  const { workspace, model } = contents;
  const { steps, on, about } = await workOf(contents, anaplan, prompts, situation);
  const { answers, taken } = situation;
  const proposal = uniqueName(slug(about), taken);
  const name =
    answers.name ??
    (await prompts.ask('What is the pipeline called?', {
      standard: proposal,
      mistake: (text) => nameMistake(text, taken),
    }));
  const wrong = nameMistake(name, taken);
  if (wrong !== undefined) throw new CommandError(`--name must be ${wrong}, not "${name}".`);
  return { name, workspace, model, on, steps };
}

function uniqueName(proposal: string, taken: readonly string[]): string {
  let name = proposal;
  for (let count = 2; taken.includes(name); count++) name = `${proposal}-${count}`;
  return name;
}

function nameMistake(text: string, taken: readonly string[]): string | undefined {
  if (taken.includes(text)) return 'a name that no other pipeline has';
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/.test(text) ? undefined : 'letters, digits, "-" and "_", at most 48 of them';
}

type Work = { steps: DraftStep[]; on: DraftTrigger | undefined; about: string };

async function workOf(
  contents: ModelContents,
  anaplan: NameDirectory,
  prompts: Prompts,
  situation: Situation,
): Promise<Work> {
  switch (await kindOf(contents, prompts, situation.answers)) {
    case 'import':
      return importWork(contents, anaplan, prompts, situation);
    case 'process':
      return processWork(contents, anaplan, prompts, situation);
    case 'export':
      return exportWork(contents, prompts, situation);
  }
}

type Kind = 'import' | 'process' | 'export';

/** A pattern is of an import; when something runs is of a process or an export. */
function kindSaid({ import: reads, drop, process, export: brings }: InitAnswers): Kind | undefined {
  if (reads !== undefined || drop !== undefined) return 'import';
  if (process !== undefined) return 'process';
  return brings === undefined ? undefined : 'export';
}

async function kindOf(
  { imports, processes, exports }: ModelContents,
  prompts: Prompts,
  answers: InitAnswers,
): Promise<Kind> {
  const said = kindSaid(answers);
  if (said !== undefined) return said;
  const isTimed = answers.schedule !== undefined || answers.timezone !== undefined;
  const fileImports = imports.filter(({ importDataSourceId }) => importDataSourceId !== undefined);
  const kinds: (Choice<Kind> & { count: number })[] = [
    { name: 'Load a file with an import', value: 'import', count: fileImports.length },
    { name: 'Run a process', value: 'process', count: processes.length },
    { name: 'Bring an export to the store', value: 'export', count: exports.length },
  ];
  const possible = kinds.filter(({ value, count }) => count > 0 && !(isTimed && value === 'import'));
  if (possible.length === 0) {
    const none = isTimed ? 'no process' : 'no import of a file, no process';
    throw new CommandError(`The model has ${none} and no export that this user may see.`, {
      category: 'not-found',
      whatToCheck: ['Ask for a role in the model that may see them, or choose another model with --model.'],
      exitCode: EXIT.failed,
    });
  }
  return prompts.choose('What should the pipeline do?', possible);
}

async function importWork(
  { ref, model, imports, processes }: ModelContents,
  anaplan: NameDirectory,
  prompts: Prompts,
  { answers }: Situation,
): Promise<Work> {
  const readers = imports.filter(({ importDataSourceId }) => importDataSourceId !== undefined);
  const chosen = await oneOf('import', `of model "${model}" that reads a file`, readers, answers.import, prompts);
  const source = await anaplan.getImportSource(ref, chosen.id);
  const columns = source?.headerNames.join(', ');
  const glob =
    answers.drop ?? (await askPattern(prompts, 'Which files does it take?', `${subjectOf(chosen.name)}/*.csv`));
  required('--drop', glob, globMistake(glob));
  const step: DraftStep = {
    kind: 'import',
    name: said(chosen, imports),
    notes: [
      ...(columns === undefined ? [] : [`It reads the columns ${columns}.`]),
      '"repeatable: true" below it, when loading the same file twice does no harm, lets Plandrop recover by itself more often.',
    ],
  };
  const then = processes.length > 0 && (await prompts.confirm('Run a process after it?', false));
  const process = then ? await prompts.choose('Which process?', processes.map(choiceIn(processes))) : undefined;
  const steps =
    process === undefined ? [step] : [step, { kind: 'process' as const, name: said(process, processes), notes: [] }];
  return { steps, on: { kind: 'drop', glob }, about: subjectOf(chosen.name) };
}

async function processWork(
  contents: ModelContents,
  anaplan: NameDirectory,
  prompts: Prompts,
  situation: Situation,
): Promise<Work> {
  const { ref, model, imports, processes } = contents;
  const chosen = await oneOf('process', `of model "${model}"`, processes, situation.answers.process, prompts);
  const { actions } = await anaplan.getProcess(ref, chosen.id);
  const runs = actions.map(({ name }) => name).join(', ');
  const step: DraftStep = {
    kind: 'process',
    name: said(chosen, processes),
    notes: runs === '' ? [] : [`It runs ${runs}.`],
  };
  const readers = imports.filter(
    ({ id, importDataSourceId }) => importDataSourceId !== undefined && actions.some((action) => action.id === id),
  );
  const byFiles =
    readers.length > 0 &&
    situation.answers.schedule === undefined &&
    situation.answers.timezone === undefined &&
    (await prompts.confirm(`Start it when its files have come (${readers.map(({ name }) => name).join(', ')})?`, true));
  if (!byFiles) return { steps: [step], on: await askSchedule(prompts, situation), about: chosen.name };
  const by = await prompts.choose<'folder' | 'date'>('Which files belong together?', SETS, 'folder');
  const files: { name: string; glob: string }[] = [];
  const named = readers.map((reader) => ({ id: reader.id, name: said(reader, imports) }));
  for (const { name, glob } of filesOf(chosen.name, named, by)) {
    files.push({ name, glob: await askPattern(prompts, `Which files does "${name}" take?`, glob) });
  }
  return { steps: [{ ...step, files }], on: { kind: 'set', by }, about: chosen.name };
}

const SETS: readonly Choice<'folder' | 'date'>[] = [
  { name: 'those in one folder, such as batch/2026-01/', value: 'folder' },
  { name: 'those of one date in their names, such as sales-2026-01-31.csv', value: 'date' },
];

async function exportWork({ model, exports }: ModelContents, prompts: Prompts, situation: Situation): Promise<Work> {
  const chosen = await oneOf('export', `of model "${model}"`, exports, situation.answers.export, prompts);
  const to = `exports/${slug(chosen.name)}-{date}.csv`;
  const notes = ['{date} is the day of the run, {run} its id; "gzip: true" packs it, and the name then ends in .gz.'];
  const steps: DraftStep[] = [{ kind: 'export', name: said(chosen, exports), notes, to }];
  return { steps, on: await askSchedule(prompts, situation), about: chosen.name };
}

async function askSchedule(prompts: Prompts, { answers, timezone }: Situation): Promise<DraftTrigger> {
  const expression =
    answers.schedule ??
    (await prompts.ask('When does it run?', { standard: 'cron(0 6 ? * MON-FRI *)', mistake: scheduleMistake }));
  required('--schedule', expression, scheduleMistake(expression));
  const zone =
    answers.timezone ?? (await prompts.ask('By the clocks of?', { standard: timezone, mistake: timezoneMistake }));
  required('--timezone', zone, timezoneMistake(zone));
  return { kind: 'schedule', expression, timezone: zone };
}

function askPattern(prompts: Prompts, question: string, standard: string): Promise<string> {
  return prompts.ask(question, { standard, mistake: globMistake });
}

/** @throws CommandError for an answer of the command line that would be a mistake in the file */
function required(option: string, value: string, mistake: string | undefined): void {
  if (mistake !== undefined) throw new CommandError(`${option} must be ${mistake}, not "${value}".`);
}
