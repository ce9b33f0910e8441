import { COMPLETION_CODES } from './completion-codes.ts';
import type { Category } from './diagnosis.ts';
import { FAILURE_CODES } from './failure-codes.ts';
import { ROW_CODES, ROW_FAMILIES } from './row-codes.ts';
import { compileTemplate, type Template } from './template.ts';
import { excerpt, fill } from './words.ts';

export type MessageLevel = 'completion' | 'failure' | 'row';

/** One entry of Anaplan's message-code tables, with what it means for the person who reads it. */
export interface CodeMeaning {
  level: MessageLevel;
  /** the text Anaplan prints, with its parameters as `{name}` */
  template: string;
  category: Category;
  cause: string;
  whatToCheck: readonly string[];
  /** instead of it, where a process ran the action */
  whatToCheckInProcess?: readonly string[];
  /** rows with this code are normally loaded all the same, or left out without being rejected */
  usually?: 'warned' | 'ignored';
  /** the text is somebody else's message in a frame: the inside is looked up */
  wrapper?: boolean;
}

export type CodeTable = Readonly<Record<string, CodeMeaning>>;

/** All message codes of a task (anaplan-notes: Message codes). */
export const MESSAGE_CODES: CodeTable = { ...COMPLETION_CODES, ...FAILURE_CODES, ...ROW_CODES };

/** A message of Anaplan, understood as far as it can be. */
export interface Message {
  /** Anaplan's code as it came, or the one its text stands for; absent when neither is known */
  code?: string;
  level: MessageLevel | 'unknown';
  category: Category;
  cause: string;
  whatToCheck: readonly string[];
  /** instead of it, where a process ran the action */
  whatToCheckInProcess?: readonly string[];
  usually?: 'warned' | 'ignored';
  /** Anaplan's text, on one line and bounded */
  text: string;
  /** the text with what differs from row to row taken out, so that like rows can be counted together */
  groupText: string;
  /** the offending value, where the text names it */
  value?: string;
  /** the parameters of the text: `hierarchyName`, `failedCount`, … */
  parameters: Readonly<Record<string, string>>;
}

interface Compiled extends CodeMeaning {
  code: string;
  compiled: Template;
}

const COMPILED = new Map<string, Compiled>(
  Object.entries(MESSAGE_CODES).map(([code, meaning]) => [
    code,
    { ...meaning, code, compiled: compileTemplate(meaning.template) },
  ]),
);

/** Templates that can be told by their text, the most exact first; a frame around any words tells nothing. */
const BY_TEXT = [...COMPILED.values()]
  .filter(({ compiled }) => compiled.letters >= 6)
  .sort((a, b) => b.compiled.letters - a.compiled.letters);

const MAX_TEXT = 500;

/** What a parameter is called when Anaplan did not name it. */
const NAMELESS: Readonly<Record<string, string>> = {
  hierarchyName: 'the list',
  moduleName: 'the module',
  actionName: 'the action',
  targetName: 'the list',
  fields: 'see the message',
};

/**
 * Looks up a line of a task's result. The code is asked first and the text second, so that a code Anaplan adds tomorrow
 * is still understood by its text or, failing that, reported whole as `unrecognised`.
 */
export function lookUpMessage(detail: {
  type?: string;
  localMessageText?: string;
  values?: Readonly<Record<string, string | null>>;
}): Message {
  const type = excerpt(detail.type ?? '', 120);
  const text = excerpt(detail.localMessageText ?? '', MAX_TEXT);
  const told: Record<string, string> = {};
  for (const [name, value] of Object.entries(detail.values ?? {}).slice(0, 100)) {
    if (typeof value === 'string') told[name] = value.slice(0, MAX_TEXT);
  }

  const known = COMPILED.get(type) ?? relative(type);
  if (known !== undefined) {
    const match = known.compiled.match(text);
    const parameters = { ...match?.parameters, ...told };
    const inner = known.wrapper ? innerMessage(known, text) : undefined;
    return message(inner ?? (known.wrapper ? hinted(known, text) : known), type, text, { ...match, parameters });
  }
  const found = byText(text);
  if (found !== undefined) {
    const parameters = { ...found.match.parameters, ...told };
    return message(found.meaning, type || found.meaning.code, text, { ...found.match, parameters });
  }
  return {
    ...(type === '' ? {} : { code: type }),
    level: 'unknown',
    category: 'unrecognised',
    cause: 'Anaplan gives a reason that Plandrop does not know.',
    whatToCheck: [
      'Read what Anaplan says, and run the action once by hand in Anaplan with the same file to see all of it.',
      'Tell the makers of Plandrop the code and the text, so that the next alert can say more.',
    ],
    text: text || type,
    groupText: withoutValue(text || type),
    ...valueAfterColon(text),
    parameters: told,
  };
}

/** Looks up a text that comes without a code, as in a dump's `_Error_n_` columns. */
export function lookUpText(text: string): Message {
  return lookUpMessage({ localMessageText: text });
}

function relative(type: string): Compiled | undefined {
  const family = ROW_FAMILIES.find(([prefix]) => type.startsWith(prefix) && type.length > prefix.length);
  return family === undefined ? undefined : COMPILED.get(family[1]);
}

function byText(text: string) {
  for (const meaning of BY_TEXT) {
    const match = meaning.compiled.match(text);
    if (match !== undefined) return { meaning, match };
  }
  return undefined;
}

/** What the words in a frame mean: `Import into Sales module failed: You are not authorised to …`. */
function innerMessage(frame: Compiled, text: string): Compiled | undefined {
  const whole = byText(text);
  const inside = byText((frame.compiled.match(text)?.last ?? '').trim()) ?? whole;
  if (inside === undefined || inside.meaning.code === frame.code || inside.meaning.wrapper) return undefined;
  if (inside.meaning.level === 'completion') return undefined;
  return { ...inside.meaning, level: frame.level };
}

/** Words in a frame that no table knows may still say what they are about. */
function hinted(frame: Compiled, text: string): Compiled {
  if (!/\b(un)?mapp(ed|ing)s?\b/i.test(frame.compiled.match(text)?.last ?? text)) return frame;
  return {
    ...frame,
    category: 'mapping',
    cause: 'Anaplan stopped over the mapping of the import.',
    whatToCheck: [
      'Check `mapping:` of the step: every dimension that the import asks for each time needs one, spelt as in Anaplan.',
      ...frame.whatToCheck,
    ],
  };
}

function message(
  meaning: Compiled,
  code: string,
  text: string,
  match: { parameters: Readonly<Record<string, string>>; groupText?: string; value?: string },
): Message {
  const words = { ...NAMELESS, ...quoted(match.parameters) };
  return {
    code,
    level: meaning.level,
    category: meaning.category,
    cause: fill(meaning.cause, words),
    whatToCheck: meaning.whatToCheck.map((check) => fill(check, words)),
    ...(meaning.whatToCheckInProcess === undefined ? {} : { whatToCheckInProcess: meaning.whatToCheckInProcess }),
    ...(meaning.usually === undefined ? {} : { usually: meaning.usually }),
    text: text || meaning.template,
    groupText: match.groupText ?? withoutValue(text || meaning.template),
    ...(match.value === undefined ? {} : { value: match.value }),
    parameters: match.parameters,
  };
}

function quoted(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) if (value !== '') words[name] = `"${excerpt(value, 120)}"`;
  return words;
}

function valueAfterColon(text: string): { value?: string } {
  const colon = text.indexOf(': ');
  return colon > 0 ? { value: text.slice(colon + 2) } : {};
}

function withoutValue(text: string): string {
  const colon = text.indexOf(': ');
  return colon > 0 ? text.slice(0, colon) : text;
}
