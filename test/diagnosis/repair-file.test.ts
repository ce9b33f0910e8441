import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSet, MAX_LINE } from '../../shared/diagnosis/line-set.ts';
import { readRejectedLines } from '../../shared/diagnosis/rejected-lines.ts';
import { repairFile } from '../../shared/diagnosis/repair-file.ts';
import { createSourceScan, type SourceFormat } from '../../shared/diagnosis/source-scan.ts';

const CSV: SourceFormat = { encoding: 'UTF-8', separator: ',', delimiter: '"', headerRow: 1, firstDataRow: 2 };

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function repaired(source: Uint8Array | string, lines: readonly number[], format = CSV, size = 1 << 20) {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  let rows = -1;
  const pieces: Uint8Array[] = [];
  const told = ({ rows: found }: { rows: number }) => {
    rows = found;
  };
  for await (const piece of repairFile(inPieces(bytes, size), new Set(lines), format, told)) pieces.push(piece);
  return { bytes: Buffer.concat(pieces), text: Buffer.concat(pieces).toString(), rows };
}

describe('repairFile', () => {
  it.each([
    ['the header and the rows asked for', 'A,B\n1,2\n3,4\n5,6\n', [2, 4], CSV, 'A,B\n1,2\n5,6\n', 2],
    ['only the header when no row is asked for', 'A,B\n1,2\n', [], CSV, 'A,B\n', 0],
    ['never the header as a row', 'A,B\n1,2\n', [1], CSV, 'A,B\n', 0],
    ['a row with a line break in it as one', 'A,B\n1,"x\ny"\n3,4\n', [2], CSV, 'A,B\n1,"x\ny"\n', 1],
    ['the row after one with a line break, by its line in the file', 'A,B\n1,"x\ny"\n3,4\n', [4], CSV, 'A,B\n3,4\n', 1],
    ['no row that only goes on at the line asked for', 'A,B\n1,"x\ny"\n3,4\n', [3], CSV, 'A,B\n', 0],
    ['carriage returns as they are', 'A,B\r\n1,2\r\n3,4\r\n', [3], CSV, 'A,B\r\n3,4\r\n', 1],
    ['old line ends as they are', 'A,B\r1,2\r3,4\r', [2], CSV, 'A,B\r1,2\r', 1],
    ['a last row without a line end', 'A,B\n1,2\n3,4', [3], CSV, 'A,B\n3,4', 1],
    ['no blank line', 'A,B\n\n1,2\n\n3,4\n', [2, 3, 4], CSV, 'A,B\n1,2\n', 1],
    ['a byte order mark', '\ufeffA,B\n1,2\n3,4\n', [3], CSV, '\ufeffA,B\n3,4\n', 1],
    [
      'all that stands above the first row of data',
      'made by X\nA,B\nunits,none\n1,2\n3,4\n',
      [5],
      { ...CSV, headerRow: 2, firstDataRow: 4 },
      'made by X\nA,B\nunits,none\n3,4\n',
      1,
    ],
    ['rows of a file without a header', '1,2\n3,4\n', [1], { ...CSV, headerRow: 0, firstDataRow: 1 }, '1,2\n', 1],
    ['a quote in the middle of a value as a letter', 'A,B\n5" pipe,1\n3,4\n', [2], CSV, 'A,B\n5" pipe,1\n', 1],
    [
      'quotes as letters where there is no delimiter',
      'A,B\n"1,2\n3,4\n',
      [3],
      { ...CSV, delimiter: '' },
      'A,B\n3,4\n',
      1,
    ],
  ] as const)('writes %s', async (_, source, lines, format, text, rows) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      const made = await repaired(source, lines, format, size);
      expect([size, made.text, made.rows]).toEqual([size, text, rows]);
    }
  });

  it('makes nothing of nothing', async () => {
    expect((await repaired('', [2])).bytes).toHaveLength(0);
  });

  it('never holds more than the piece it was given, also of a row without end', async () => {
    async function* endless() {
      yield Buffer.from('A,B\n1,"');
      for (let i = 0; i < 8; i++) yield Buffer.alloc(1 << 20, 'no quote closes this value\n');
    }
    let longest = 0;
    let total = 0;
    for await (const piece of repairFile(endless(), new Set([2]), CSV)) {
      longest = Math.max(longest, piece.length);
      total += piece.length;
    }
    expect(longest).toBeLessThanOrEqual((1 << 20) + 8);
    expect(total).toBe('A,B\n1,"'.length + 8 * (1 << 20));
  });

  const field = fc.oneof(
    fc.constantFrom('', 'x', 'P100', '12.5', 'Café', '名前', 'a"b', 'a,b', 'two\nlines', 'two\r\nlines', '"', ' '),
    fc.string({ maxLength: 6 }),
  );
  const file = fc.record({
    rows: fc.array(fc.tuple(fc.tuple(field, field, field), fc.boolean()), { maxLength: 12 }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    endsWithLine: fc.boolean(),
    encoding: fc.constantFrom('utf8', 'utf16le', 'latin1'),
    size: fc.integer({ min: 1, max: 40 }),
    separator: fc.constantFrom(',', ';', '§'),
  });
  const encodings = { utf8: 'UTF-8', utf16le: 'UTF-16LE', latin1: 'ISO-8859-1' } as const;

  it('picks the very bytes of the rejected rows, whatever they hold, however they are encoded and cut', async () => {
    await fc.assert(
      fc.asyncProperty(file, async ({ rows, lineEnd, endsWithLine, encoding, size, separator }) => {
        // What one byte cannot hold would be cut to some other character.
        const written = (value: string) => (encoding === 'latin1' ? value.replace(/[^\0-\xff]/g, '?') : value);
        const quoted = (value: string) => `"${written(value).replaceAll('"', '""')}"`;
        const records = [['A', 'B', 'C'], ...rows.map(([fields]) => fields)].map((fields) =>
          fields.map(quoted).join(separator),
        );
        const ends = records.map((_, i) => (i < records.length - 1 || endsWithLine ? lineEnd : ''));
        const bytesOf = (i: number) => Buffer.from(`${records[i]}${ends[i]}`, encoding);
        // A lone CR inside quotes is a line of its own for whoever counts lines.
        const linesIn = (text: string) => text.split(/\r\n|\r|\n/).length;
        let line = 1;
        const starts = records.map((record) => {
          const start = line;
          line += linesIn(record);
          return start;
        });
        const rejected = rows.flatMap(([, isRejected], i) => (isRejected ? [i + 1] : []));
        const format = { ...CSV, encoding: encodings[encoding], separator };
        const source = Buffer.concat(records.map((_, i) => bytesOf(i)));
        const lines = rejected.map((i) => starts[i] ?? 0);
        const made = await repaired(source, lines, format, size);
        expect(made.bytes).toEqual(Buffer.concat([bytesOf(0), ...rejected.map(bytesOf)]));
        expect(made.rows).toBe(rejected.length);

        const scan = await createSourceScan(format);
        scan.update(made.bytes);
        expect(scan.result().rows).toBe(rejected.length);
      }),
      { numRuns: 400 },
    );
  });

  it('copies the whole file when every row is rejected, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        const all = { has: () => true };
        const pieces: Uint8Array[] = [];
        for await (const piece of repairFile(inPieces(bytes, size), all, CSV)) pieces.push(piece);
        const without = (of: Uint8Array) =>
          Buffer.from(of)
            .toString('latin1')
            .replace(/[\r\n]/g, '');
        // Only blank lines are left out.
        expect(without(Buffer.concat(pieces))).toBe(without(bytes));
      }),
      { numRuns: 400 },
    );
  });
});

describe('readRejectedLines', () => {
  const read = (dump: string, size = 5) => readRejectedLines(inPieces(Buffer.from(dump), size));

  it('takes the lines of rejected rows, and not of those loaded with a warning', async () => {
    const { lines, unlocated, unreadable } = await read(
      '"_Status_","A","_Line_","_Error_1_"\n"E","x","7","Invalid name"\n"W","y","3","Invalid parent"\n"E","z","2","Invalid name"\n',
    );
    expect([7, 3, 2].map((line) => lines.has(line))).toEqual([true, false, true]);
    expect([lines.size, unlocated, unreadable]).toEqual([2, 0, undefined]);
  });

  it('takes every row of a dump without status', async () => {
    expect((await read('"A","_Line_","_Error_1_"\n"x","7","?"\n"y","9","?"\n')).lines.size).toBe(2);
  });

  it('counts the rows that tell no line', async () => {
    expect((await read('"_Status_","A"\n"E","x"\n')).unlocated).toBe(1);
    expect((await read('"_Status_","A","_Line_"\n"E","x","near the end"\n"E","y","-4"\n')).unlocated).toBe(2);
  });

  it.each(['10', '999999999', '9999999999', '0', '00', '+3', '1e1', '0x3', '٣', ' ', 'NaN', '3.5'])(
    'counts as such a row on line "%s" of a source of eight bytes, and takes no memory for it',
    async (line) => {
      const dump = Buffer.from(`"_Status_","_Line_"\n"E","${line}"\n"E","3"\n`);
      const before = process.memoryUsage().arrayBuffers;
      const { lines, unlocated } = await readRejectedLines(inPieces(dump, 9), { sourceBytes: 8 });
      expect([lines.size, lines.has(3), unlocated]).toEqual([1, true, 1]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    },
  );

  it('says why a dump is none', async () => {
    expect((await read('<html>')).unreadable).toContain('a web page');
  });
});

describe('a set of lines', () => {
  it('holds what was added, once, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 100_000 })), (added) => {
        const set = createLineSet();
        for (const line of added) set.add(line);
        const lines = new Set(added.filter((line) => line > 0));
        expect(set.size).toBe(lines.size);
        for (const line of added) expect(set.has(line)).toBe(line > 0);
        expect(set.has(100_001)).toBe(false);
      }),
    );
  });

  it('leaves out what no file reaches', () => {
    const set = createLineSet();
    set.add(MAX_LINE + 1);
    set.add(Number.NaN);
    expect(set.size).toBe(0);
  });
});
