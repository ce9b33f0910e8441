import { isAscii, isUtf8 } from 'node:buffer';
import type { ImportSource } from '../anaplan/types.ts';
import { type CodePage, codePageNamed } from './code-page.ts';
import { byteOrderMark, cutCharacter, type SourceFormat } from './source-units.ts';

/** The part of an import's definition that says how bytes become records. */
export function formatOf(definition: ImportSource): SourceFormat {
  const { textEncoding, columnSeparator, textDelimiter, headerRow, firstDataRow } = definition;
  return {
    ...(textEncoding === undefined ? {} : { encoding: textEncoding }),
    ...(columnSeparator === undefined ? {} : { separator: columnSeparator }),
    ...(textDelimiter === undefined ? {} : { delimiter: textDelimiter }),
    ...(headerRow === undefined ? {} : { headerRow }),
    ...(firstDataRow === undefined ? {} : { firstDataRow }),
  };
}

const MAGIC: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'an Excel workbook or a zip archive'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel workbook'],
  [[0x1f, 0x8b], 'a gzip-compressed file'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
];

/** What the file is when it is no text with separated columns at all; undefined when it may be one. */
export function otherKindOfFile(first: Uint8Array): string | undefined {
  for (const [bytes, what] of MAGIC) if (bytes.every((byte, index) => first[index] === byte)) return what;
  const start = Buffer.from(first.subarray(0, 200)).toString('latin1').trimStart().toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'a web page';
  if (start.startsWith('<?xml')) return 'an XML file';
  return undefined;
}

export type Encoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'one byte per character';

/** The encoding that an import expects, by its name; undefined when it does not say. */
export function expectedEncoding(textEncoding: string | undefined): Encoding | undefined {
  const name = textEncoding?.toUpperCase().replaceAll('_', '-');
  if (!name) return undefined;
  if (/^UTF-?8$/.test(name)) return 'UTF-8';
  if (/^UTF-?16-?BE$/.test(name)) return 'UTF-16BE';
  if (/^UTF-?16/.test(name)) return 'UTF-16LE';
  return 'one byte per character';
}

/**
 * The encoding the bytes speak for; undefined when they fit several, as plain ASCII does. A text beyond ASCII that is
 * UTF-8 by chance is so rare that it is taken for UTF-8 (see `placeOfUtf8`).
 */
export function seenEncoding(first: Uint8Array, textEncoding: string | undefined): Encoding | undefined {
  const mark = byteOrderMark(first)?.mark;
  if (mark !== undefined) return mark === 'utf-8' ? 'UTF-8' : mark === 'utf-16le' ? 'UTF-16LE' : 'UTF-16BE';
  const sample = first.subarray(0, 4096);
  let even = 0;
  let odd = 0;
  for (const [index, byte] of sample.entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  // Western text in UTF-16 has a zero in nearly every other byte.
  if (odd * 5 > sample.length && even * 20 < sample.length) return 'UTF-16LE';
  if (even * 5 > sample.length && odd * 20 < sample.length) return 'UTF-16BE';
  const text = first.subarray(0, first.length - cutCharacter(first));
  if (!isUtf8(text)) return 'one byte per character';
  return placeOfUtf8(text, textEncoding) < 0 ? undefined : 'UTF-8';
}

/**
 * Where valid UTF-8 first speaks against the encoding that the import expects; -1 if nowhere. A letter beyond ASCII does. Where a letter may
 * have two bytes, as in GBK, a single one may well be UTF-8 by chance, so there only letters of UTF-8 with three bytes and more do.
 */
export function placeOfUtf8(valid: Uint8Array, textEncoding: string | undefined): number {
  if (isAscii(valid)) return -1;
  const least = codePageNamed(textEncoding).tells === 'letters' ? 0xe0 : 0x80;
  return valid.findIndex((byte) => byte >= least);
}

/** How text is read: in the encoding that its bytes are in, and among those of one byte per character in the one that the import names. */
export function pageOf(encoding: Encoding | undefined, textEncoding: string | undefined): CodePage {
  if (encoding === 'one byte per character') return codePageNamed(textEncoding);
  const decoder = new TextDecoder(encoding);
  return { decode: (bytes) => decoder.decode(bytes), tells: 'all' };
}

export interface ReadRecord {
  fields: readonly string[];
  /** false when the text ends before the record does */
  complete: boolean;
  /** whether the text ends inside a quoted value of the record */
  inQuotes: boolean;
}

const MAX_FIELDS = 10_000;

/** The `wanted`th record (1-based) of a text: quotes at the start of a field, doubled quotes, line breaks in quotes. */
export function recordAt(text: string, wanted: number, separators: string, delimiter: string): ReadRecord | undefined {
  let record = 1;
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  let start = true;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (quoted) {
      if (character !== delimiter) field += character;
      else if (text.charAt(i + 1) === delimiter) {
        field += delimiter;
        i += 1;
      } else quoted = false;
      continue;
    }
    if (start && delimiter !== '' && character === delimiter) {
      quoted = true;
      start = false;
    } else if (separators.includes(character)) {
      if (fields.length < MAX_FIELDS) fields.push(field);
      field = '';
      start = true;
    } else if (character === '\n' || character === '\r') {
      if (character === '\r' && text.charAt(i + 1) === '\n') i += 1;
      if (record === wanted) return { fields: [...fields, field], complete: true, inQuotes: false };
      record += 1;
      fields = [];
      field = '';
      start = true;
    } else {
      field += character;
      start = false;
    }
  }
  return record === wanted && (fields.length > 0 || field !== '')
    ? { fields: [...fields, field], complete: false, inQuotes: quoted }
    : undefined;
}
