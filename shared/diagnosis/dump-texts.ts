import type { Category } from './diagnosis.ts';
import { lookUpText, type Message } from './message-codes.ts';

/** An `_Error_n_` text of a dump, taken apart. */
export interface ErrorText {
  code: string | undefined;
  category: Category;
  groupText: string;
  /** the value Anaplan appended */
  value?: string;
  /** the list that lacks the value */
  list?: string;
  /** what the text is about, comparable with the header of a column */
  subject?: string;
}

const MAX_TEXT = 400;
const MAX_KNOWN = 5_000;
/** How often a text that no table knows is looked up whole before its beginning alone decides. */
const TRIES = 100;

/**
 * A reader of error texts for one dump. Most texts are `<message>: <value>` with millions of different values, so what
 * the message means is looked up once and remembered by the part before the colon.
 */
export function createTextReader(): (text: string) => ErrorText {
  const byHead = new Map<string, { meaning: ErrorText | undefined; tries: number }>();
  const byText = new Map<string, ErrorText>();

  function readHead(text: string, colon: number): ErrorText | undefined {
    const head = text.slice(0, colon);
    let known = byHead.get(head);
    if (known === undefined) {
      const message = lookUpText(`${head}: x`);
      const isValue = message.level !== 'unknown' && message.value === 'x';
      known = { meaning: isValue ? errorText(message, undefined) : undefined, tries: 0 };
      if (byHead.size < MAX_KNOWN) byHead.set(head, known);
    }
    if (known.meaning !== undefined) return { ...known.meaning, value: text.slice(colon + 2).trim() };
    known.tries += 1;
    return known.tries > TRIES ? { ...unknown, groupText: head, value: text.slice(colon + 2).trim() } : undefined;
  }

  return (raw) => {
    const text = raw.slice(0, MAX_TEXT).trim();
    const colon = text.indexOf(': ');
    const short = colon > 0 ? readHead(text, colon) : undefined;
    if (short !== undefined) return short;
    const known = byText.get(text);
    if (known !== undefined) return known;
    const message = lookUpText(text);
    const found = errorText(message, message.value);
    if (byText.size < MAX_KNOWN) byText.set(text, found);
    return found;
  };
}

const unknown = { code: undefined, category: 'unrecognised' } as const;

function errorText(message: Message, value: string | undefined): ErrorText {
  const list = message.parameters.hierarchyName;
  const subject = list ?? /^Invalid (name|code|parent)$/i.exec(message.groupText)?.[1];
  return {
    code: message.code,
    category: message.category,
    groupText: message.groupText,
    ...(value === undefined ? {} : { value }),
    ...(list === undefined ? {} : { list }),
    ...(subject === undefined ? {} : { subject: likeName(subject) }),
  };
}

/** A header or list name without what people write differently: capitals, blanks, underscores, plural. */
export function likeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .replace(/s$/, '');
}
