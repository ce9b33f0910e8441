import type { Run } from '../../shared/run/run.ts';
import { triggerTime } from '../../shared/run/trigger.ts';
import type { Fate, Operation } from './operation.ts';
import type { World } from './world.ts';

/** What happened, in words that a person follows without knowing ids. */
export function tellOperation(operation: Operation, fate: Fate, world: World): string {
  const { number, process, kind, name } = operation;
  const about = inNames(operation.about, world);
  return `${String(number).padStart(4)} ${process.name} ${tellAct({ kind, name, about })}${tellFate(fate)}`;
}

const STORE_WORDS: Readonly<Record<string, string>> = {
  head: 'looks at',
  get: 'reads',
  getRange: 'reads a part of',
  create: 'creates',
  replace: 'writes',
  put: 'puts',
  putStream: 'puts',
  list: 'lists',
  delete: 'deletes',
};

function tellAct({ kind, name, about }: Pick<Operation, 'kind' | 'name' | 'about'>): string {
  switch (kind) {
    case 'store':
      return `${STORE_WORDS[name] ?? name} ${about}`;
    case 'queue':
      return `sends a message to ${about}`;
    case 'alert':
      return `alerts somebody: ${about}`;
    case 'http':
      return `asks Anaplan: ${name} ${about}`;
    case 'acknowledge':
      return name === 'deletes' ? 'acknowledges its message' : 'gives its message back';
    default:
      return kind satisfies never;
  }
}

function tellFate(fate: Fate): string {
  switch (fate.kind) {
    case 'goes':
      return '';
    case 'killed-before':
      return ': IT DIES BEFORE';
    case 'killed-after':
      return ': DONE, AND IT DIES';
    case 'sent-late':
      return `: IT COMES ${fate.seconds} s LATER THAN IT SHOULD`;
    case 'store-fault':
    case 'queue-fault':
    case 'alert-fault':
      return `: ${FAULT_WORDS[fate.fault]}`;
    default:
      return fate satisfies never;
  }
}

const FAULT_WORDS: Readonly<Record<Extract<Fate, { fault: string }>['fault'], string>> = {
  fail: 'IT FAILS',
  'lost-acknowledgement': 'DONE, AND THE ANSWER IS LOST',
  'lost-then-refused': 'DONE, AND THE REPETITION IS REFUSED',
  conflict: 'ONLY CONFLICTS',
  denied: 'THE BUCKET DENIES IT',
  duplicate: 'IT COMES TWICE',
};

/** A text with the names of what its ids stand for. */
export function inNames(text: string, world: World): string {
  let named = text
    .replace(/^runs\/[\d-]+\/(.+)\.json$/, 'the ledger of $1')
    .replace(/^lanes\/([^/]+)\/holder$/, 'the holder of $1')
    .replace(/^lanes\/([^/]+)\/tickets\/$/, 'the tickets of $1')
    .replace(/^lanes\/([^/]+)\/tickets\/.{24}-(.+)$/, 'the ticket of $2')
    .replace(/^failures\/(.+)\.json$/, 'the report of $1')
    .replace(/\?limit=5000&offset=0$/, '');
  // The longest first, because the id of a redrive begins with that of its run.
  for (const run of readableRuns(world).toSorted((a, b) => b.runId.length - a.runId.length))
    named = named.replaceAll(run.runId, nameOf(run));
  for (const model of world.simulator.tenant.models) {
    if (!named.includes(model.id)) continue;
    named = named.replaceAll(model.id, model.name);
    for (const each of [...model.imports.values(), ...model.processes.values(), ...model.exports.values()])
      named = named.replace(`/${each.id}`, `/${each.name}`);
  }
  return named;
}

function readableRuns(world: World): Run[] {
  try {
    return world.runs();
  } catch {
    // A test has put something else there.
    return [];
  }
}

/** What a person calls a run: by what started it. */
export function nameOf({ trigger, runId }: Run): string {
  const again = /(\.1)+$/.exec(runId)?.[0] ?? '';
  if (trigger.kind === 'drop') return `${trigger.key} ${trigger.versionId}${again}`;
  if (trigger.kind === 'set') return `the set ${trigger.setId} (${trigger.generation})${again}`;
  return `${trigger.kind} at ${triggerTime(trigger)}${again}`;
}
