import * as z from 'zod';
import { about, type BrokenRule, checked, must, nameOrId, ruled, settings, yesOrNo } from './fields.ts';
import { STEP_KINDS, type StepKind } from './frozen-pipeline.ts';
import { globMistake, globsOverlap } from './glob.ts';

/** Folders of the state store that are Plandrop's own; an export written there could destroy a ledger. */
export const STATE_FOLDERS = [
  'runs',
  'lanes',
  'failures',
  'alerts',
  'dumps',
  'repairs',
  'mended',
  'requests',
  'parts',
  'sets',
  'unmatched',
  'expected',
] as const;

const PLACEHOLDERS = ['date', 'run', 'pipeline'];

/** A step as written: `name` is a name or an id. */
export interface Step {
  kind: StepKind;
  name: string;
  mapping?: Readonly<Record<string, string>>;
  repeatable: boolean;
  to?: string;
  gzip?: true;
  /** in the order of the configuration; `name` is the name or id of one of the process's imports, or of a data source */
  files?: readonly { name: string; glob: string }[];
}

/** Which settings make sense on which kind of step. */
const STEP_SETTINGS: Readonly<Record<StepKind, readonly string[]>> = {
  import: ['mapping', 'repeatable'],
  process: ['mapping', 'files', 'repeatable'],
  export: ['to', 'gzip', 'repeatable'],
  action: ['repeatable'],
};

const mappingValue = z.string({ error: must('text (put it in quotes)') }).min(1, { error: must('text') });

const NO_FILES = must('pairs such as { Load Products: "products/*.csv" }, at least one');

const written = settings('a step', {
  import: about(
    "Upload the drop to the import's own file and run it; an import from another model is only run.",
    'Load Sales',
    nameOrId('an import'),
  ).exactOptional(),
  process: about(
    'Run a process. It uploads only what files: says.',
    'Nightly Load',
    nameOrId('a process'),
  ).exactOptional(),
  export: about('Run an export and keep its file in the store.', 'Board Report', nameOrId('an export')).exactOptional(),
  action: about(
    'Run another action, such as one that deletes.',
    'Delete Old Versions',
    nameOrId('an action'),
  ).exactOptional(),
  mapping: about(
    'What to answer where an import asks each time it is run.',
    { Version: 'Actual' },
    z
      .record(z.string(), mappingValue, { error: must('pairs such as { Version: Actual }') })
      .meta({ accepts: 'pairs such as { Version: Actual }' }),
  ).exactOptional(),
  repeatable: about(
    'Running it twice with the same file does no harm. Then a start whose answer was lost is sent again when no task is found.',
    true,
    yesOrNo(),
  ).default(false),
  to: about(
    'Where in the store an export is written; {date} is the day of the trigger, by on.timezone. Without it exports/{pipeline}/{run}.csv; where a pipeline has several exports, {run}-2.csv for that of step 2.',
    'exports/board-{date}.csv',
    checked('a key such as "exports/board-{date}.csv"', exportKeyMistake),
  ).exactOptional(),
  gzip: about(
    'Pack an export on its way to the store. The key in `to` then ends in .gz.',
    true,
    yesOrNo(),
  ).exactOptional(),
  files: about(
    'The files that a process takes: the name or id of one of its imports, or of a data source, and the keys that fill it.',
    { 'Load Products': 'batch/*/products.csv', 'Load Sales': 'batch/*/sales.csv' },
    ruled(
      z
        .record(z.string(), checked('a pattern of keys, such as "products/*.csv"', globMistake), { error: NO_FILES })
        .meta({ accepts: 'pairs such as { Load Products: "products/*.csv" }' }),
      filesRule,
    ),
  ).exactOptional(),
});

export const stepSchema = ruled(written, stepRule).transform(
  ({ mapping, repeatable, to, gzip, files, ...named }): Step => {
    const kind = STEP_KINDS.find((candidate) => named[candidate] !== undefined) ?? 'action';
    return {
      kind,
      name: named[kind] ?? '',
      repeatable,
      ...(mapping === undefined ? {} : { mapping }),
      ...(to === undefined ? {} : { to }),
      ...(gzip === true ? { gzip } : {}),
      ...(files === undefined ? {} : { files: Object.entries(files).map(([name, glob]) => ({ name, glob })) }),
    };
  },
);

function stepRule(step: object): BrokenRule[] {
  const kinds = STEP_KINDS.filter((kind) => kind in step);
  const [kind, other] = kinds;
  if (kind === undefined) {
    return [{ message: `must name what to run: ${STEP_KINDS.join(', ')}`, unlessMeant: STEP_KINDS }];
  }
  if (other !== undefined) {
    return [{ message: `must run one thing, not ${kinds.join(' and ')}; make each its own step` }];
  }
  const strangers = ['mapping', 'to', 'gzip', 'files']
    .filter((key) => key in step && !STEP_SETTINGS[kind].includes(key))
    .map((key) => {
      const fits = STEP_KINDS.filter((each) => STEP_SETTINGS[each].includes(key)).join(' or ');
      return { path: [key], message: `belongs to a step of kind ${fits}, not ${kind}` };
    });
  return kind === 'export' ? [...strangers, ...packingRule(step)] : strangers;
}

/** A name that ends in `.gz` and what is in the file must agree. */
function packingRule(step: object): BrokenRule[] {
  const { data } = z.object({ to: z.string(), gzip: z.boolean().optional() }).safeParse(step);
  if (data === undefined || data.to.endsWith('.gz') === (data.gzip === true)) return [];
  return data.gzip === true
    ? [{ path: ['to'], message: 'must end in .gz, because the export is packed (gzip: true)' }]
    : [{ path: ['to'], message: 'ends in .gz, but the export is not packed; add gzip: true' }];
}

/** A key must fill one place. */
function filesRule(files: object): BrokenRule[] {
  const entries = Object.entries(files);
  if (entries.length === 0) return [{ message: NO_FILES({ input: files }) }];
  return entries.flatMap(([name, glob], index): BrokenRule[] => {
    if (name.trim() === '')
      return [{ path: [name], message: 'must be the name or id of an import or data source', at: 'key' }];
    const rival = entries
      .slice(0, index)
      .find(([, other]) => typeof glob === 'string' && typeof other === 'string' && globsOverlap(other, glob) === true);
    if (rival === undefined) return [];
    return [
      { path: [name], message: `can match the same key as "${rival[0]}" (${rival[1]}); a file must fill one place` },
    ];
  });
}

/** S3 takes 1,024 bytes, and what is filled in may be longer than its placeholder. */
const LONGEST_KEY_BYTES = 900;

function exportKeyMistake(text: string): string | undefined {
  const unknown = [...text.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !PLACEHOLDERS.includes(name ?? ''));
  if (unknown !== undefined)
    return `a key whose placeholders are ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;
  if (/[{}]/.test(text.replace(/\{[^{}]*\}/g, ''))) return 'a key in which each "{" has its "}"';
  if (/\p{Cc}/u.test(text)) return 'a key in one line, without control characters';
  if (Buffer.byteLength(text) > LONGEST_KEY_BYTES) return `a key of at most ${LONGEST_KEY_BYTES} bytes`;
  const [folder, ...rest] = text.split('/');
  if (folder === undefined || !/^[\w.-]+$/.test(folder) || rest.length === 0 || rest.at(-1) === '') {
    return 'a key in a folder, such as "exports/board-{date}.csv"';
  }
  if (rest.some((part) => part === '' || part === '.' || part === '..') || folder === '.' || folder === '..') {
    return 'a key without empty, "." or ".." parts';
  }
  if (STATE_FOLDERS.some((own) => own === folder)) {
    return `a key outside ${STATE_FOLDERS.map((own) => `${own}/`).join(', ')} (Plandrop keeps its own records there)`;
  }
  return undefined;
}
