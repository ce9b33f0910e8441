import type { ActionKind, AnaplanClient, ModelRef } from '../../shared/anaplan/index.ts';
import { actionKindOf } from '../../shared/pipeline/frozen-pipeline.ts';
import { nearMatches } from '../../shared/pipeline/near.ts';
import type { Pipeline } from '../../shared/pipeline/schema.ts';
import type { Step } from '../../shared/pipeline/step-schema.ts';
import { examineFiles, examineProcessFiles } from './examine-files.ts';
import { broken, type CheckName, type Finding, failedCall, fine, hasStatus, unclear } from './finding.ts';
import { stateFinding, statusFinding } from './model-state.ts';

/** A model that pipelines name, and what they run in it, each thing once. */
export interface Target {
  workspace: string;
  model: string;
  pipelines: readonly string[];
  steps: readonly Step[];
}

/** A thing that a step names, found in Anaplan. */
export interface FoundObject {
  step: Step;
  id: string;
  /** the file an import reads */
  fileId?: string;
}

export function targetsOf(pipelines: Readonly<Record<string, Pipeline>>): Target[] {
  const targets = new Map<string, { workspace: string; model: string; pipelines: string[]; steps: Step[] }>();
  for (const [name, { workspace, model, steps }] of Object.entries(pipelines)) {
    const key = JSON.stringify([workspace, model]);
    const target = targets.get(key) ?? { workspace, model, pipelines: [], steps: [] };
    targets.set(key, target);
    target.pipelines.push(name);
    for (const step of steps) {
      if (!target.steps.some((known) => isSame(known, step))) target.steps.push(step);
    }
  }
  return [...targets.values()];
}

function isSame(a: Step, b: Step): boolean {
  const files = ({ files = [] }: Step) => files.map(({ name }) => name).join('\n');
  return a.kind === b.kind && a.name === b.name && files(a) === files(b);
}

/** Each thing of Anaplan once, under the name that the first step gave it. */
function distinct(objects: readonly FoundObject[]): FoundObject[] {
  const once = new Map<string, FoundObject>();
  for (const object of objects) {
    const key = `${object.step.kind} ${object.id}`;
    if (!once.has(key)) once.set(key, object);
  }
  return [...once.values()];
}

/** Everything that can be seen of one model. What cannot be asked after a ✘ is left out, so that the ✘ is the one that matters. */
export async function* examineModel(target: Target, anaplan: AnaplanClient, user: string): AsyncGenerator<Finding> {
  let asking: CheckName = 'workspace';
  try {
    const workspaces = await anaplan.listWorkspaces();
    const workspace = find(target.workspace, workspaces);
    if (workspace === undefined) return yield notFound('workspace', target.workspace, workspaces, `that ${user} sees`);
    yield fine('workspace', `Workspace "${workspace.name}" is there.`);

    asking = 'model';
    const models = await anaplan.listModels(workspace.id);
    const model = find(target.model, models);
    if (model === undefined) {
      return yield notFound('model', target.model, models, `in workspace "${workspace.name}" that ${user} sees`);
    }
    yield fine('model', `Model "${model.name}" is there.`);

    const state = stateFinding(model);
    yield state.finding;
    if (state.closed) return;
    const ref: ModelRef = { workspaceId: workspace.id, modelId: model.id };
    asking = 'model-status';
    const status = await anaplan.getModelStatus(ref).catch((error: unknown) => {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    });
    if (status === undefined) return yield noRole(model.name, user);
    yield fine('role', `${user} has a role in model "${model.name}".`);
    const { finding, answersFiles } = statusFinding(model.name, status);
    yield finding;

    asking = 'object';
    const at = { ref, modelName: model.name, user, anaplan, answersFiles };
    const listed = remembering((kind: ActionKind) => LISTS[kind](anaplan, ref));
    const found: FoundObject[] = [];
    const seen = new Set<string>();
    for (const step of target.steps) {
      for await (const finding of examineObject(step, await listed(actionKindOf(step.kind)), at, found)) {
        // Several pipelines name the same process or file.
        if (!seen.has(finding.message)) yield finding;
        seen.add(finding.message);
      }
    }
    const objects = distinct(found);
    yield* examineFiles(objects, at);
    yield* opaque(objects, user);
  } catch (error) {
    yield failedCall(asking, error, { model: target.model, user });
  }
}

export interface InModel {
  ref: ModelRef;
  modelName: string;
  user: string;
  anaplan: AnaplanClient;
  /** whether questions about files are answered now: a busy model lets them wait */
  answersFiles: boolean;
}

type Named = { id: string; name: string; importDataSourceId?: string };

function find<T extends Named>(asked: string, objects: readonly T[]): T | undefined {
  return objects.find(({ id }) => id === asked) ?? objects.find(({ name }) => name === asked);
}

function notFound(
  check: 'workspace' | 'model' | 'object',
  asked: string,
  objects: readonly Named[],
  place: string,
): Finding {
  const near = nearMatches(
    asked,
    objects.map(({ name }) => name),
  );
  const meant = near.length === 0 ? '' : ` There is ${near.map((name) => `"${name}"`).join(', ')}.`;
  return broken(
    check,
    `There is no ${check} "${asked}" ${place}.${meant}`,
    'not-found',
    'Compare the name in plandrop.yaml with the one in Anaplan, letter by letter.',
    'If it is right, the user lacks access: Anaplan does not show what a user may not see. Ask a workspace administrator to grant it.',
  );
}

/** The model stands in the lists of the workspace also for users who have no role in it (anaplan-notes: Masked access). */
function noRole(model: string, user: string): Finding {
  return broken(
    'role',
    `Model "${model}" is listed, and nothing in it can be seen: the role of ${user} is most likely "No Access".`,
    'permission',
    `Ask a workspace administrator to give ${user} a role in the model that may see and run what the pipelines name.`,
  );
}

const LISTS = {
  imports: (anaplan: AnaplanClient, ref: ModelRef): Promise<readonly Named[]> => anaplan.listImports(ref),
  exports: (anaplan: AnaplanClient, ref: ModelRef): Promise<readonly Named[]> => anaplan.listExports(ref),
  actions: (anaplan: AnaplanClient, ref: ModelRef): Promise<readonly Named[]> => anaplan.listActions(ref),
  processes: (anaplan: AnaplanClient, ref: ModelRef): Promise<readonly Named[]> => anaplan.listProcesses(ref),
};

/** Each list is asked for once, however many steps name something in it. */
function remembering<K, T>(ask: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const answers = new Map<K, Promise<T>>();
  return (key) => {
    const answer = answers.get(key) ?? ask(key);
    answers.set(key, answer);
    return answer;
  };
}

async function* examineObject(
  step: Step,
  objects: readonly Named[],
  at: InModel,
  found: FoundObject[],
): AsyncGenerator<Finding> {
  const { modelName, user } = at;
  const object = find(step.name, objects);
  if (object === undefined) {
    const absent = notFound('object', step.name, objects, `in model "${modelName}" that the role of ${user} may see`);
    return yield { ...absent, message: absent.message.replace('no object', `no ${step.kind}`) };
  }
  const { id, name, importDataSourceId: fileId } = object;
  found.push({ step, id, ...(fileId === undefined ? {} : { fileId }) });
  const what = `${step.kind} "${name}"`;
  try {
    yield fine('object', `${what} is there${await definitionOf(step, id, fileId, at)}.`);
    if (step.files !== undefined) yield* examineProcessFiles(step, object, at, found);
  } catch (error) {
    yield failedCall('definition', error, { object: what, model: modelName, user });
  }
}

/** What a step's object is made of, as far as its definition can be read. */
async function definitionOf(
  step: Step,
  id: string,
  fileId: string | undefined,
  { anaplan, ref }: InModel,
): Promise<string> {
  switch (step.kind) {
    case 'import': {
      if (fileId === undefined) return ' and reads another model, no file';
      const source = await anaplan.getImportSource(ref, id);
      return ` and reads ${source?.headerNames.length ?? 0} columns of a file`;
    }
    case 'process': {
      const { actions } = await anaplan.getProcess(ref, id);
      const names = actions.slice(0, 5).map(({ name }) => `"${name}"`);
      return `; it runs ${names.join(', ') || 'nothing'}${actions.length > names.length ? ' and more' : ''}`;
    }
    case 'export':
      await anaplan.getExport(ref, id);
      return '';
    case 'action':
      await anaplan.getAction(ref, id);
      return '';
    default:
      return step.kind satisfies never;
  }
}

/** What no question to Anaplan answers: it is said, instead of being passed over. */
function* opaque(objects: readonly FoundObject[], user: string): Generator<Finding> {
  if (objects.length === 0) return;
  const names = objects.map(({ step }) => `"${step.name}"`).join(', ');
  yield unclear(
    'run',
    `Whether ${user} may run ${names} shows only in the result of a task ("You are not authorised to run …").`,
    'To be sure, look in Anaplan at the role under Settings, Users, Actions; in a process, every action of it has to be ticked.',
  );
  yield unclear(
    'targets',
    'Whether the role may read or write the modules, lists, views and line items behind them shows only in the result of a task, and so do Selective Access and Dynamic Cell Access.',
    'To be sure, look in Anaplan at the role under Modules, Lists and Versions.',
  );
  const needing = objects.filter(({ step }) => step.kind === 'action' || step.kind === 'process');
  if (needing.length > 0) {
    yield unclear(
      'administrator',
      `Plandrop itself asks nothing that needs a workspace administrator, but deleting and some other actions do; whether ${needing.map(({ step }) => `"${step.name}"`).join(', ')} ${needing.length === 1 ? 'is' : 'are'} among them cannot be seen.`,
    );
  } else yield fine('administrator', 'None of this needs a workspace administrator.');
}
