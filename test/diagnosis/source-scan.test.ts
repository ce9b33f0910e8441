import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSourceScan, type SavedScan, type SourceFormat } from '../../shared/diagnosis/source-scan.ts';

const CSV: SourceFormat = { encoding: 'UTF-8', separator: ',', delimiter: '"', headerRow: 1, firstDataRow: 2 };
const noHeader: SourceFormat = { ...CSV, headerRow: 0, firstDataRow: 1 };

async function scan(bytes: Uint8Array | string, format: SourceFormat = CSV) {
  const scanning = await createSourceScan(format);
  scanning.update(Buffer.from(bytes));
  return scanning.result();
}

describe('rows are data records', () => {
  it.each([
    ['an empty file has none', '', CSV, 0],
    ['a header alone has none', 'a,b\n', CSV, 0],
    ['a header without a line end has none', 'a,b', CSV, 0],
    ['the last line counts with a line end', 'a,b\n1,2\n3,4\n', CSV, 2],
    ['the last line counts without one', 'a,b\n1,2\n3,4', CSV, 2],
    ['CRLF is one line end', 'a,b\r\n1,2\r\n3,4\r\n', CSV, 2],
    ['a bare CR is a line end', 'a,b\r1,2\r3,4\r', CSV, 2],
    ['blank lines at the end do not count', 'a,b\n1,2\n\n\r\n\n', CSV, 1],
    ['a blank line between rows does not count', 'a,b\n1,2\n\n3,4\n', CSV, 2],
    ['a blank line below the header does not count', 'a,b\n\n1,2\n', CSV, 1],
    ['a header of two lines is one row', '"a\nx",b\n1,2\n', CSV, 1],
    ['a quoted line break does not end a row', 'a,b\n"x\ny\r\nz",2\n3,4\n', CSV, 2],
    ['a doubled quote does not end a field', 'a,b\n"x""\n""y",2\n3,4\n', CSV, 2],
    ['a quote inside a plain field is a character', 'a,b\n5" pipe,2\n6" pipe,3\n', CSV, 2],
    ['a row of empty fields counts', 'a,b\n,\n', CSV, 1],
    ['a quoted empty field counts', 'a\n""\n', { ...CSV }, 1],
    ['without a header every record counts', '1,2\n3,4\n', noHeader, 2],
    ['titles above the header do not count', 'Sales\n\na,b\n1,2\n', { ...CSV, headerRow: 3, firstDataRow: 4 }, 1],
    ['data may start further down', 'a,b\nunits,EUR\n1,2\n', { ...CSV, firstDataRow: 3 }, 1],
    ['without a delimiter a quote is a character', 'a,b\n"x,1\ny",2\n', { ...CSV, delimiter: '' }, 2],
    ['tabs separate', 'a\tb\n"x\ny"\t2\n', { ...CSV, separator: '\t' }, 1],
    ['a mark at the start is no character', '\ufeff"a\nb",c\n1,2\n', CSV, 1],
    ['with rows not told, row 1 is the header', 'a,b\n1,2\n', {}, 1],
  ] as const)('%s', async (_, text, format, rows) => {
    const result = await scan(text, format);
    expect(result.rows).toBe(rows);
    expect(result.bytes).toBe(Buffer.byteLength(text));
    expect(result.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it.each([
    ['UTF-16LE', 'utf16le', false],
    ['UTF-16LE with a mark, whatever the format says', 'utf16le', true],
  ] as const)('%s is read by its characters', async (_, encoding, marked) => {
    // U+0A0D and U+2C22 hold the bytes of line ends, commas and quotes.
    const text = `${marked ? '\ufeff' : ''}a,b\r\n"\u0a0d\u2c22\n",\u220a\r\n1,2\r\n`;
    const result = await scan(
      Buffer.from(text, encoding),
      marked ? { separator: ',' } : { ...CSV, encoding: 'UTF-16LE' },
    );
    expect([result.rows, result.columns, result.problems]).toEqual([2, 2, []]);
  });

  it('a separator beyond ASCII is found in UTF-8 and in ISO-8859-1', async () => {
    const text = 'a§b\n"x§\n"§é\n';
    expect(await scan(text, { ...CSV, separator: '§' })).toMatchObject({ rows: 1, columns: 2, problems: [] });
    const latin = await scan(Buffer.from(text, 'latin1'), { ...CSV, encoding: 'ISO-8859-1', separator: '§' });
    expect(latin).toMatchObject({ rows: 1, columns: 2, problems: [] });
  });
});

describe('problems', () => {
  it.each([
    ['a row with too few columns', 'a,b\n1\n2,3\n', [{ kind: 'ragged-row', line: 2, columns: 1, expected: 2 }]],
    [
      'a row with too many columns',
      'a,b\n1,2\n"x\ny",3,4\n',
      [{ kind: 'ragged-row', line: 3, columns: 3, expected: 2 }],
    ],
    ['a quote that never closes', 'a,b\n1,2\n3,"x\n5,6\n', [{ kind: 'unbalanced-quote', line: 3 }]],
    ['text after a closing quote', 'a,b\n"x"y,2\n', [{ kind: 'text-after-quote', line: 2 }]],
    ['a blank line between rows', 'a,b\n1,2\n\n3,4\n', [{ kind: 'blank-row', line: 3 }]],
    ['a cut-off last row', 'a,b\n1,2\n3', [{ kind: 'ragged-row', line: 3, columns: 1, expected: 2 }]],
    ['a zero byte', 'a,b\n1,2\n3,\u00004\n5,\u0000\n', [{ kind: 'zero-byte', line: 3 }]],
    ['a zero byte inside quotes', 'a,b\n"1\n\u0000",2\n', [{ kind: 'zero-byte', line: 3 }]],
    [
      'lines that end in a carriage return alone',
      'a,b\r1,2\r"3\r",4\r',
      [
        { kind: 'bare-return', line: 1 },
        { kind: 'bare-return', line: 2 },
      ],
    ],
    ['nothing', 'a,b\n1,2\n', []],
    ['nothing, where a file ends in half a line end', 'a,b\r\n1,2\r', []],
    ['nothing, where line ends are doubled', 'a,b\r\r\n1,2\r\r\n', []],
  ])('%s is found on its line', async (_, text, problems) => {
    expect((await scan(text)).problems).toEqual(problems);
  });

  it('bytes that are no UTF-8 are found where the format says UTF-8, and only there', async () => {
    const bytes = Buffer.from('a,b\ncaf\u00e9,1\n', 'latin1');
    expect((await scan(bytes)).problems).toEqual([{ kind: 'invalid-text', line: 2, byte: 7 }]);
    expect((await scan(bytes, { ...CSV, encoding: 'ISO-8859-1' })).problems).toEqual([]);
  });

  it.each([
    ['a letter in UTF-8', 'a,b\n1,2\nKöln,3\n', 'ISO-8859-1', { line: 3, byte: 9 }],
    ['a letter inside quotes', 'a,b\n"1\n2",2\n"3\n\né",2\n', 'windows-1251', { line: 6, byte: 16 }],
    ['nothing but a mark', '\ufeffa,b\n1,2\n', 'ISO-8859-1', { line: 1, byte: 0 }],
    ['a letter before half of one at the end', Buffer.from('a,b\né,é').subarray(0, -1), 'IBM850', { line: 2, byte: 4 }],
    ['Chinese letters in UTF-8', 'a,b\né,模\n', 'GBK', { line: 2, byte: 7 }],
    ['ASCII', 'a,b\n1,2\n', 'ISO-8859-1', undefined],
    ['letters of one byte', Buffer.from('a,b\n1,é\n', 'latin1'), 'ISO-8859-1', undefined],
    ['one that ends the file', Buffer.from('a,b\n1,é', 'latin1'), 'ISO-8859-1', undefined],
    ['one before letters like UTF-8', Buffer.from('a,b\n\u00fc,\u00c3\u00bc\n', 'latin1'), 'ISO-8859-1', undefined],
    ['one after letters like UTF-8', Buffer.from('a,b\n\u00c3\u00bc,\u00fc\n', 'latin1'), 'ISO-8859-1', undefined],
    ['a Chinese letter that could be two bytes of UTF-8', Buffer.from('a,b\n1,\xc4\xa3\n', 'latin1'), 'GBK', undefined],
    ['a letter in UTF-8, the encoding not told', 'a,b\n1,é\n', '', undefined],
  ] as const)(
    'where a code page is told, UTF-8 from end to end is a problem at its first letter: %s',
    async (_, text, encoding, place) => {
      const wrong = place && { kind: 'other-encoding', ...place, expected: encoding };
      expect((await scan(text, { ...CSV, encoding })).problems).toEqual(wrong === undefined ? [] : [wrong]);
    },
  );

  it('all ragged rows are counted, the first few kept', async () => {
    const result = await scan(`a,b\n${'1\n'.repeat(1000)}`);
    expect(result.raggedRows).toBe(1000);
    expect(result.problems).toHaveLength(5);
  });

  it('columns are not counted when the separator is not known', async () => {
    expect(await scan('a,b\n1\n"x;\n",2\n', { ...CSV, separator: '' })).toMatchObject({ rows: 2, problems: [] });
  });
});

/** Text made of what matters to a scan, so that short files meet every rule. */
const pieces = fc.constantFrom(
  'a',
  '7',
  ',',
  '"',
  '""',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\t',
  'é',
  '\u0a0d',
  '§',
  '😀',
  '\ufeff',
  'ab,cd\n',
);
const files = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''), 'utf16le')),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);
const formats: fc.Arbitrary<SourceFormat> = fc.record(
  {
    encoding: fc.constantFrom('UTF-8', 'UTF-16LE', 'ISO-8859-1', 'GBK'),
    separator: fc.constantFrom(',', '\t', '§', ',;', ''),
    delimiter: fc.constantFrom('"', '', "'", '§'),
    headerRow: fc.integer({ min: -1, max: 3 }),
    firstDataRow: fc.integer({ min: -1, max: 5 }),
  },
  { requiredKeys: [] },
);

describe('law: cuts and restarts do not matter', () => {
  it('any split into chunks and any saved point give the result of one pass', async () => {
    await fc.assert(
      fc.asyncProperty(
        files,
        formats,
        fc.array(fc.record({ length: fc.integer({ min: 0, max: 9 }), save: fc.boolean() }), {
          minLength: 1,
          maxLength: 80,
        }),
        async (bytes, format, cuts) => {
          const onePass = await scan(bytes, format);
          let scanning = await createSourceScan(format);
          let at = 0;
          for (const { length, save } of cuts) {
            scanning.update(bytes.subarray(at, at + length));
            at = Math.min(bytes.length, at + length);
            scanning.result();
            if (save) {
              const saved = JSON.parse(JSON.stringify(scanning.save())) as SavedScan;
              scanning = await createSourceScan(format, saved);
            }
          }
          scanning.update(bytes.subarray(at));
          expect(scanning.result()).toEqual(onePass);
          expect(onePass.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a writer that quotes as it should is counted as it wrote', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', 'é', '1'), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field, field), { maxLength: 12 }), async (rows) => {
        const quote = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const text = ['"a","b","c"', ...rows.map((row) => row.map(quote).join(','))].join('\r\n');
        expect(await scan(text)).toMatchObject({ rows: rows.length, columns: 3, raggedRows: 0, problems: [] });
      }),
    );
  });
});

it('a saved scan of another version is refused with what to do', async () => {
  const saved = { ...(await createSourceScan(CSV)).save(), v: 2 } as unknown as SavedScan;
  await expect(createSourceScan(CSV, saved)).rejects.toThrow('scan the file from its start');
});
