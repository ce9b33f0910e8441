/** How the source's bytes are cut into records. Absent values mean what Anaplan's own defaults mean; see `createSourceScan`. */
export interface SourceFormat {
  encoding?: string;
  /** one separator, or several that are all allowed (anaplan-notes: Files) */
  separator?: string;
  /** the text delimiter, usually `"`; empty for none */
  delimiter?: string;
  /** 1-based; 0 or less for none */
  headerRow?: number;
  /** 1-based */
  firstDataRow?: number;
}

/** What a byte means to the record counter. */
export const ORDINARY = 0;
export const SEPARATOR = 1;
export const DELIMITER = 2;
export const LINE_FEED = 3;
export const CARRIAGE_RETURN = 4;

/** Stand-ins for characters that are no single byte in the file's encoding. */
const WIDE_ORDINARY = 0x80;
const WIDE_SEPARATOR = 0x81;
const WIDE_DELIMITER = 0x82;

export type UnitWidth = 'byte' | 'utf-8' | 'utf-16le' | 'utf-16be';

/** Turns bytes into one-byte units and says what each unit means. */
export interface Units {
  meaning: Uint8Array;
  /** false where the separator is not known: then no column can be counted */
  separated: boolean;
  /** units of the whole characters in `bytes`; what is left of a cut character is given to the next call in `rest` */
  read(bytes: Uint8Array): { units: Uint8Array; rest: Uint8Array };
}

/**
 * The units of a format. `mark` is the byte order mark the file begins with, if any: it tells the width better than the
 * format does. Only separators or delimiters beyond ASCII make a UTF-8 file need decoding; all others are read as they are.
 */
export function unitsOf(format: SourceFormat, mark: 'utf-8' | 'utf-16le' | 'utf-16be' | undefined): Units {
  // Where the separator is not told, the usual ones still say where a quoted field may begin.
  const separators = format.separator ? [...format.separator] : [',', ';', '\t', '|'];
  const delimiter = format.delimiter ?? '"';
  const width = widthOf(format, mark, [...separators, delimiter]);

  const meaning = new Uint8Array(256);
  meaning[0x0a] = LINE_FEED;
  meaning[0x0d] = CARRIAGE_RETURN;
  const wide = new Map<number, number>();
  const assign = (character: string, role: number, standIn: number) => {
    const code = character.codePointAt(0);
    if (code === undefined || code === 0x0a || code === 0x0d) return;
    if (code < 0x80 || (width === 'byte' && code < 0x100)) meaning[code] = role;
    else {
      wide.set(code, standIn);
      meaning[standIn] = role;
    }
  };
  for (const separator of separators) assign(separator, SEPARATOR, WIDE_SEPARATOR);
  assign(delimiter, DELIMITER, WIDE_DELIMITER);

  const stand = (code: number) => (code < 0x80 ? code : (wide.get(code) ?? WIDE_ORDINARY));
  return { meaning, separated: Boolean(format.separator), read: reader(width, stand) };
}

function widthOf(format: SourceFormat, mark: string | undefined, special: readonly string[]): UnitWidth {
  const encoding = (format.encoding ?? 'UTF-8').toLowerCase().replaceAll('_', '-');
  if (mark === 'utf-16le' || mark === 'utf-16be') return mark;
  if (mark === undefined && encoding.startsWith('utf-16')) return encoding.includes('be') ? 'utf-16be' : 'utf-16le';
  const beyondAscii = special.some((character) => (character.codePointAt(0) ?? 0) >= 0x80);
  return beyondAscii && (mark === 'utf-8' || encoding.replace('-', '') === 'utf8') ? 'utf-8' : 'byte';
}

const NOTHING = new Uint8Array(0);

function reader(width: UnitWidth, stand: (code: number) => number): Units['read'] {
  switch (width) {
    case 'byte':
      return (bytes) => ({ units: bytes, rest: NOTHING });
    case 'utf-16le':
    case 'utf-16be': {
      const high = width === 'utf-16le' ? 1 : 0;
      return (bytes) => {
        const count = bytes.length >> 1;
        const units = new Uint8Array(count);
        for (let i = 0; i < count; i += 1) {
          units[i] = stand(((bytes[2 * i + high] ?? 0) << 8) | (bytes[2 * i + 1 - high] ?? 0));
        }
        return { units, rest: bytes.slice(2 * count) };
      };
    }
    case 'utf-8': {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      return (bytes) => {
        const end = bytes.length - cutCharacter(bytes);
        const units: number[] = [];
        for (const character of decoder.decode(bytes.subarray(0, end)))
          units.push(stand(character.codePointAt(0) ?? 0));
        return { units: Uint8Array.from(units), rest: bytes.slice(end) };
      };
    }
  }
}

/** How many bytes at the end of `bytes` begin a UTF-8 character that is not complete yet: 0 to 3. */
export function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

/** The byte order mark at the start of a file, and its length. */
export function byteOrderMark(
  first: Uint8Array,
): { mark: 'utf-8' | 'utf-16le' | 'utf-16be'; bytes: number } | undefined {
  if (first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf) return { mark: 'utf-8', bytes: 3 };
  if (first[0] === 0xff && first[1] === 0xfe) return { mark: 'utf-16le', bytes: 2 };
  if (first[0] === 0xfe && first[1] === 0xff) return { mark: 'utf-16be', bytes: 2 };
  return undefined;
}
