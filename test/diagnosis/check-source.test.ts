import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportSource } from '../../shared/anaplan/types.ts';
import { checkHeader, checkTail } from '../../shared/diagnosis/check-source.ts';

const sales: ImportSource = {
  headerNames: ['Product', 'Month', 'Units'],
  columnCount: 3,
  textEncoding: 'UTF-8',
  columnSeparator: ',',
  textDelimiter: '"',
  headerRow: 1,
  firstDataRow: 2,
};
const latin: ImportSource = { ...sales, textEncoding: 'ISO-8859-1' };
const wide: ImportSource = { ...sales, textEncoding: 'UTF-16LE' };
const good = 'Product,Month,Units\nP-1,Jan 26,5\n';
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

function check(bytes: string | Uint8Array, definition: ImportSource = sales, whole = true) {
  return checkHeader(Buffer.from(bytes), definition, { whole });
}

describe('a file that fits its import passes', () => {
  it.each([
    ['as it is', good, sales],
    ['with a mark', `\ufeff${good}`, sales],
    ['with letters beyond ASCII', 'Product,Month,Units\nKöln,Jan,5\n', sales],
    ['in ISO-8859-1', Buffer.from('Product,Month,Units\nK\u00f6ln,Jan,5\n', 'latin1'), latin],
    ['in UTF-16 with a mark', utf16(`\ufeff${good}`), wide],
    ['in UTF-16 without a mark', utf16(good), wide],
    ['with every field quoted', '"Product","Month","Units"\r\n"P, 1","Jan\n26","5"\r\n', sales],
    ['with other capitals and blanks in the header', ' product ,MONTH,Units\n1,2,3\n', sales],
    [
      'with a title above the header',
      'Sales\nProduct,Month,Units\n1,2,3\n',
      { ...sales, headerRow: 2, firstDataRow: 3 },
    ],
    [
      'without a header, by the number of columns',
      '1,2,3\n',
      { ...sales, headerNames: [], headerRow: 0, firstDataRow: 1 },
    ],
    [
      'with a column without a name',
      'Product,,Units\n1,2,3\n',
      { ...sales, headerNames: ['Product', 'Column 2', 'Units'] },
    ],
    ['when the import does not name the separator', 'Product;Month;Units\n1;2;3\n', { ...sales, columnSeparator: '' }],
    ['when the import tells nothing', good, { headerNames: [] }],
  ] as const)('%s', (_, bytes, definition) => {
    expect(check(bytes, definition)).toBeUndefined();
  });
});

/** A definition and a file whose header is `bytes`, of one character for each byte. */
function inPage(
  textEncoding: string,
  headerNames: readonly string[],
  bytes: string,
  row = '1,2',
): [Buffer, ImportSource] {
  return [Buffer.from(`${bytes}\n${row}\n`, 'latin1'), { ...sales, textEncoding, headerNames, columnCount: 2 }];
}

describe('names are read in the encoding of the import', () => {
  it.each([
    ['in Windows-1252', ...inPage('windows-1252', ['Item', 'Price €'], 'Item,Price \x80')],
    ['in Windows-1252 by another name', ...inPage('Cp1252', ['Item', 'Price €'], 'Item,Price \x80')],
    ['in ISO-8859-1, which has no such sign', ...inPage('ISO-8859-1', ['Item', 'Price \x80'], 'Item,Price \x80')],
    ['in ISO-8859-2', ...inPage('ISO-8859-2', ['Towar', 'Cena zł'], 'Towar,Cena z\xb3')],
    ['in ISO-8859-2 as Java writes it', ...inPage('ISO8859-2', ['Towar', 'Cena zł'], 'Towar,Cena z\xb3')],
    ['in Windows-1251', ...inPage('windows-1251', ['Товар', 'ЦЕНА'], '\xd2\xee\xe2\xe0\xf0,\xd6\xe5\xed\xe0')],
    ['in Shift_JIS, with a letter that holds a bar', ...inPage('Shift_JIS', ['ポ', '月'], '\x83\x7c,\x8c\x8e')],
    [
      'in Shift_JIS, with a sign of several tables',
      ...inPage('Shift_JIS', ['A', '4月\u301c6月'], 'A,4\x8c\x8e\x81\x606\x8c\x8e'),
    ],
    ['in EUC-JP with an underscore', ...inPage('EUC_JP', ['A', '月'], 'A,\xb7\xee')],
    ['in GBK, with a letter that could be UTF-8', ...inPage('GBK', ['A', '模'], 'A,\xc4\xa3')],
    ['of plain letters, with such a letter below', ...inPage('GBK', ['A', 'B'], 'A,B', '1,\xc4\xa3')],
    ['or by their place, where it is not known here', ...inPage('IBM850', ['Artikel', 'Größe'], 'Artikel,Gr\x94\xe1e')],
    ['and fit when the import tells no encoding', ...inPage('', ['Artikel', 'Größe'], 'Artikel,Gr\xf6\xdfe')],
  ])('%s', (_, bytes, definition) => {
    expect(check(bytes, definition)).toBeUndefined();
    expect(check(bytes.subarray(0, bytes.indexOf('\n')), definition, false)).toBeUndefined();
  });

  it.each([
    ['another sign', ...inPage('windows-1252', ['Item', 'Price €'], 'Item,Price \xa3'), 'Item | Price £'],
    [
      'another order',
      ...inPage('windows-1251', ['Товар', 'Цена'], '\xd6\xe5\xed\xe0,\xd2\xee\xe2\xe0\xf0'),
      'The names are the same, in another order.',
    ],
    [
      'another order of two-byte letters',
      ...inPage('Shift_JIS', ['ポ', '月'], '\x8c\x8e,\x83\x7c'),
      'in another order',
    ],
    [
      'another plain name',
      ...inPage('IBM850', ['Artikel', 'Größe'], 'Ware,Gr\x94\xe1e'),
      'Missing in the file: "Artikel".',
    ],
    [
      'another order of a plain name',
      ...inPage('IBM850', ['Artikel', 'Größe'], 'Gr\x94\xe1e,Artikel'),
      'in another order',
    ],
    [
      'a missing name that cannot be read',
      ...inPage('IBM850', ['Artikel', 'Größe'], 'Artikel,Wert'),
      'Missing in the file: "Größe".',
    ],
    ['fewer names', ...inPage('IBM850', ['Größe', 'Höhe'], 'Gr\x94\xe1e'), 'Missing in the file: "Höhe".'],
  ])('%s is refused', (_, bytes, definition, words) => {
    const diagnosis = check(bytes, definition);
    expect(diagnosis?.category).toBe('mapping');
    expect(diagnosis?.message).toContain(words);
  });

  it('and where they are cut, a name that cannot be read may be any', () => {
    const [, definition] = inPage('IBM850', ['Höhe', 'Größe'], '');
    expect(check(Buffer.from('H\x94he,Gr', 'latin1'), definition, false)).toBeUndefined();
    expect(check(Buffer.from('Breite,Gr', 'latin1'), definition, false)?.category).toBe('mapping');
  });
});

describe('the first mistake is told, in the order in which one hides the next', () => {
  it.each([
    ['an empty file', '', sales, 'source-file', 'it holds nothing'],
    ['a file of blank lines', '\n \r\n', sales, 'source-file', 'it holds nothing'],
    ['a file of nothing but a mark', '\ufeff', sales, 'source-file', 'it holds nothing'],
    ['a workbook', Buffer.from('504b0304140006', 'hex'), sales, 'source-file', 'an Excel workbook'],
    ['a compressed file', Buffer.from('1f8b0800', 'hex'), sales, 'source-file', 'gzip-compressed'],
    ['a web page', '<!DOCTYPE html><html>', sales, 'source-file', 'a web page'],
    [
      'UTF-16 where UTF-8 is expected',
      utf16(`\ufeff${good}`),
      sales,
      'source-file',
      'expects UTF-8, and the file is UTF-16LE',
    ],
    [
      'UTF-16 without a mark where UTF-8 is expected',
      utf16(good),
      sales,
      'source-file',
      'expects UTF-8, and the file is UTF-16LE',
    ],
    [
      'Windows letters where UTF-8 is expected',
      Buffer.from('Product,Month,Units\nK\u00f6ln,Jan,5\n', 'latin1'),
      sales,
      'source-file',
      'expects UTF-8, and the file is not (more likely ISO-8859-1',
    ],
    [
      'UTF-8 letters where ISO-8859-1 is expected',
      'Product,Month,Units\nKöln,Jan,5\n',
      latin,
      'source-file',
      'expects ISO-8859-1, and the file is UTF-8',
    ],
    [
      'a UTF-8 mark where ISO-8859-1 is expected',
      `\ufeff${good}`,
      latin,
      'source-file',
      'expects ISO-8859-1, and the file is UTF-8',
    ],
    ['plain text where UTF-16 is expected', good, wide, 'source-file', 'expects UTF-16LE, and the file is plain text'],
    [
      'semicolons where commas are expected',
      'Product;Month;Units\n1;2;3\n',
      sales,
      'mapping',
      'expects commas, and the file uses semicolons',
    ],
    [
      'tabs where commas are expected, in a wrong header',
      'Product\tDate\tUnits\n1\t2\t3\n',
      sales,
      'mapping',
      'expects commas, and the file uses tabs',
    ],
    ['a missing column', 'Product,Units\n1,2\n', sales, 'mapping', 'Missing in the file: "Month".'],
    [
      'an unknown column',
      'Product,Month,Units,Price\n1,2,3,4\n',
      sales,
      'mapping',
      'Not known to the import: "Price".',
    ],
    [
      'a renamed column',
      'Product,Date,Units\n1,2,3\n',
      sales,
      'mapping',
      'Missing in the file: "Month".\nNot known to the import: "Date".',
    ],
    [
      'reordered columns',
      'Month,Product,Units\n1,2,3\n',
      sales,
      'mapping',
      'The names are the same, in another order.',
    ],
    [
      'another number of columns without a header',
      '1,2\n',
      { ...sales, headerNames: [], headerRow: 0, firstDataRow: 1 },
      'mapping',
      'reads 3 columns, and row 1 of the file has 2',
    ],
    ['a header without rows', 'Product,Month,Units\n', sales, 'source-file', 'no data row'],
    ['a ragged row', `${good}P-2,Feb\nP-3,Mar,1\n`, sales, 'source-file', 'line 3 has 2 columns where 3 are expected'],
    ['an open quote', `${good}P-2,"Feb,1\n`, sales, 'source-file', 'the quote opened on line 3 is never closed'],
    [
      'a zero byte in the header',
      'Pro\u0000duct,Month,Units\n1,2,3\n',
      sales,
      'source-file',
      'line 1 holds a zero byte',
    ],
    ['a zero byte in a row', `${good}P-2,Feb,\u0000\n`, sales, 'source-file', 'line 3 holds a zero byte'],
    [
      'lines that end in a carriage return alone',
      good.replaceAll('\n', '\r'),
      sales,
      'source-file',
      'line 1 ends in a carriage return without a line feed',
    ],
    [
      'one carriage return in the middle of a row, rather than the two short rows it makes',
      `${good}P-2,Fe\rb,1\n`,
      sales,
      'source-file',
      'line 3 ends in a carriage return without a line feed',
    ],
    ['text after a quote', `${good}"P"2,Feb,1\n`, sales, 'source-file', 'line 3 has text after a closing quote'],
  ] as const)('%s', (_, bytes, definition, category, words) => {
    const diagnosis = check(bytes, definition);
    expect(diagnosis?.category).toBe(category);
    expect(diagnosis?.message).toContain(words);
    expect(diagnosis?.retry).toEqual({ kind: 'no' });
  });

  it('shows both headers, one under the other', () => {
    expect(check('Product,Date,Units\n1,2,3\n')?.message).toBe(
      [
        'The file does not fit its import: its columns are not those of the import.',
        'The import reads: Product | Month | Units',
        'The file has:     Product | Date | Units',
        'Missing in the file: "Month".',
        'Not known to the import: "Date".',
      ].join('\n'),
    );
  });

  it('does not judge a row that the first bytes cut in two', () => {
    expect(check(`${good}P-2,Fe`, sales, false)).toBeUndefined();
    expect(check(`${good}P-2,"Fe`, sales, false)).toBeUndefined();
    expect(check('Product,Month,Units\n', sales, false)).toBeUndefined();
    expect(check(`${good}P-2,Feb\nP-3`, sales, false)?.message).toContain('line 3');
  });
});

describe('a header that goes on after the first bytes', () => {
  const start = 'Product,Month,Units';
  const unnamed = { ...sales, headerNames: [], headerRow: 0, firstDataRow: 1 };
  it.each([
    ['that begins as the import does', 'Product,Mon', sales, undefined],
    ['that is cut before a name', 'Product,', sales, undefined],
    ['whose last name may go on', 'Product,Month,Uni', sales, undefined],
    ['whose last name is cut in a quote', 'Product,"Month of the year', sales, undefined],
    ['with another first name', 'Item,Mon', sales, 'The file begins:  Item | Mon'],
    ['whose only name is longer than the one of the import', 'x'.repeat(70_000), sales, 'The file begins:  xxx'],
    ['with more columns than the import', `${start},Price,Cur`, sales, 'Product | Month | Units | Price | Cur'],
    ['with another separator', start.replaceAll(',', ';'), sales, 'the file uses semicolons'],
    ['and is a row of as many columns', '1,2,3', unnamed, undefined],
    ['and is a row of more columns', '1,2,3,4', unnamed, 'row 1 of the file has at least 4'],
  ] as const)('%s', (_, bytes, definition, words) => {
    const diagnosis = check(bytes, definition, false);
    if (words === undefined) expect(diagnosis).toBeUndefined();
    else expect(diagnosis).toMatchObject({ category: 'mapping', message: expect.stringContaining(words) });
  });
});

describe('the end of a file', () => {
  const rows = 'P-1,Jan 26,5\n'.repeat(20);
  it.each([
    ['whole, with a line end', `,5\n${rows}`, undefined],
    ['whole, without a line end', `,5\n${rows}P-2,Feb 26,7`, undefined],
    ['whole, with blank lines', `,5\n${rows}\n\n`, undefined],
    ['cut inside a row', `,5\n${rows}P-2,Fe`, 'its last row has 2 columns where 3 are expected'],
    ['cut inside a quoted value', `,5\n${rows}"P-2","Fe`, 'a quote is still open'],
    ['whole, the bytes beginning inside a quoted value', `x, y\nz",Jan,5\n${rows}"a\nb",Feb,6\n`, undefined],
    [
      'cut inside a row, the bytes beginning inside a quoted value',
      `y\nz, w\nv",Jan,5\n"a\nb",J,5\n${rows}P-2,F`,
      'its last row has 2 columns',
    ],
    ['filled up with zero bytes', `,5\n${rows}P-2,Fe${'\0'.repeat(50)}`, 'zero bytes near its end'],
    ['ragged all over, which the whole file will tell', 'a\nb,c\nd\ne,f', undefined],
    ['one endless line', 'x'.repeat(1000), undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, words) => {
    const diagnosis = checkTail(Buffer.from(text), sales);
    if (words === undefined) expect(diagnosis).toBeUndefined();
    else expect(diagnosis?.message).toContain(words);
  });

  it('is read in UTF-16 from whole characters', () => {
    expect(checkTail(utf16(`,5\n${rows}P-2,Fe`).subarray(1), wide)?.message).toContain('its last row has 2 columns');
    expect(checkTail(utf16(`,5\n${rows}`).subarray(1), wide)).toBeUndefined();
  });
});

it('no bytes and no definition make it throw', () => {
  const definition: fc.Arbitrary<ImportSource> = fc.record({
    headerNames: fc.array(fc.string(), { maxLength: 4 }),
    columnCount: fc.oneof(fc.integer(), fc.constant(Number.NaN)),
    textEncoding: fc.constantFrom(
      'UTF-8',
      'UTF-16LE',
      'UTF-16BE',
      'ISO-8859-1',
      'Shift_JIS',
      'unicode',
      'nonsense',
      '',
    ),
    columnSeparator: fc.constantFrom(',', '\t', '', '§', ',;', '\n', '"'),
    textDelimiter: fc.constantFrom('"', '', "'", '§', ','),
    headerRow: fc.integer({ min: -3, max: 5 }),
    firstDataRow: fc.oneof(fc.integer(), fc.constant(Number.POSITIVE_INFINITY)),
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom('a', ',', '"', '\n', '\r', ';', 'é', '\u0000', '<html>', '\ufeff'), { maxLength: 50 })
      .map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(bytes, definition, fc.boolean(), (of, from, whole) => {
      for (const diagnosis of [checkHeader(of, from, { whole }), checkTail(of, from)]) {
        if (diagnosis !== undefined) expect(diagnosis.whatToCheck.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 1000 },
  );
});
