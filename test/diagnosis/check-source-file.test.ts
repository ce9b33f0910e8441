import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEnds, checkSourceFile } from '../../shared/diagnosis/check-source-file.ts';

const definition = {
  headerNames: ['A', 'B'],
  textEncoding: 'UTF-8',
  columnSeparator: ',',
  textDelimiter: '"',
  headerRow: 1,
  firstDataRow: 2,
};

/** A file in memory that remembers what was read of it. */
function fileOf(text: string | Uint8Array) {
  const bytes = Buffer.from(text);
  const reads: [number, number][] = [];
  const read = async (start: number, end: number) => {
    reads.push([start, end]);
    return bytes.subarray(start, end);
  };
  return { read, size: bytes.length, reads };
}

describe('checkEnds', () => {
  it('reads a short file once and a long one at both ends', async () => {
    const short = fileOf('A,B\n1,2\n');
    expect(await checkEnds(short.read, short.size, definition)).toBeUndefined();
    expect(short.reads).toEqual([[0, 8]]);
    const long = fileOf(`A,B\n${'1,2\n'.repeat(100_000)}`);
    expect(await checkEnds(long.read, long.size, definition)).toBeUndefined();
    expect(long.reads).toEqual([
      [0, 65_536],
      [400_004 - 65_536, 400_004],
    ]);
  });

  it('sees a cut-off end, and not what only the middle holds', async () => {
    const cut = fileOf(`A,B\n${'1,2\n'.repeat(100_000)}1`);
    expect((await checkEnds(cut.read, cut.size, definition))?.category).toBe('source-file');
    const middle = fileOf(`A,B\n${'1,2\n'.repeat(50_000)}1\n${'1,2\n'.repeat(50_000)}`);
    expect(await checkEnds(middle.read, middle.size, definition)).toBeUndefined();
  });
});

describe('checkSourceFile', () => {
  it('reads the whole file only when its ends are fine', async () => {
    const wrong = fileOf('X,Y\n1,2\n');
    const refused = await checkSourceFile(wrong.read, wrong.size, definition, { file: 'it.csv' });
    expect([refused.problem?.category, refused.scanned]).toEqual(['mapping', undefined]);
    expect(refused.problem?.message).toMatch(/^it\.csv does not fit its import/);
    const fine = fileOf('A,B\n1,2\n3,4\n');
    const { problem, scanned } = await checkSourceFile(fine.read, fine.size, definition);
    expect([problem, scanned?.rows, scanned?.bytes]).toEqual([undefined, 2, fine.size]);
  });

  it('finds what only the middle holds', async () => {
    const middle = fileOf(`A,B\n${'1,2\n'.repeat(50_000)}1\n${'1,2\n'.repeat(50_000)}`);
    const { problem } = await checkSourceFile(middle.read, middle.size, definition);
    expect(problem?.message).toContain('line 50002 has 1 column');
  });

  it('finds UTF-8 where one byte per character is expected, wherever its first letter is', async () => {
    const latin = { ...definition, textEncoding: 'ISO-8859-1' };
    const rows = '1,2\n'.repeat(20_000);
    const head = fileOf(`A,B\nKöln,2\n${rows}`);
    const { problem: early } = await checkSourceFile(head.read, head.size, latin);
    expect(early?.message).toBe(
      'The file does not fit its import: the import expects ISO-8859-1, and the file is UTF-8.',
    );
    const late = fileOf(`A,B\n${rows}Köln,2\n${rows}`);
    const { problem } = await checkSourceFile(late.read, late.size, latin);
    expect(problem?.message).toBe(
      'The file does not fit its import: the import expects ISO-8859-1, and the file is UTF-8, as byte 80005 on line 20002 shows.',
    );
    expect(problem).toMatchObject({ category: early?.category, cause: early?.cause, whatToCheck: early?.whatToCheck });
  });

  it('tells it before rows of another width, and in a letter that two reads share', async () => {
    const latin = { ...definition, textEncoding: 'ISO-8859-1' };
    const border = 4 * 1024 * 1024;
    const start = `A,B\n${'1,2\n'.repeat(20_000)}1\n`;
    const rest = border - 1 - start.length;
    const file = fileOf(`${start}${'1,2\n'.repeat(rest / 4)}${' '.repeat(rest % 4)}é,2\n`);
    const { problem } = await checkSourceFile(file.read, file.size, latin);
    expect(problem?.message).toContain(`as byte ${border - 1} on line`);
  });

  it('takes letters of one byte where they are expected, wherever they are', async () => {
    const latin = { ...definition, textEncoding: 'ISO-8859-1' };
    const file = fileOf(Buffer.from(`A,B\n${'1,2\n'.repeat(20_000)}Köln,2\n`, 'latin1'));
    expect((await checkSourceFile(file.read, file.size, latin)).problem).toBeUndefined();
  });

  it('refuses a header too long to be read at once, before it has read the file', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `c${index}`).join(',');
    const wide = fileOf(`${names}\n${names}\n`);
    const refused = await checkSourceFile(wide.read, wide.size, definition);
    expect(refused.scanned).toBeUndefined();
    expect(refused.problem?.message).toContain('The import reads: A | B\nThe file begins:  c0 | c1 | c2 ');
    const line = fileOf('x'.repeat(10_000_000));
    expect((await checkSourceFile(line.read, line.size, definition)).problem?.category).toBe('mapping');
  });

  it('takes a right header that is too long to be read at once', async () => {
    const headerNames = Array.from({ length: 5000 }, (_, index) => `a column with number ${index}`);
    const wide = fileOf(`${headerNames.join(',')}\n${headerNames.join(',')}\n`);
    const { problem, scanned } = await checkSourceFile(wide.read, wide.size, { ...definition, headerNames });
    expect([problem, scanned?.columns]).toEqual([undefined, 5000]);
  });

  it('counts the columns of a header that is too long to be compared', async () => {
    const headerNames = Array.from({ length: 5000 }, (_, index) => `a column with number ${index}`);
    const wide = fileOf(`${headerNames.join(',')},one more\n`);
    const { problem } = await checkSourceFile(wide.read, wide.size, { ...definition, headerNames });
    expect(problem).toMatchObject({
      category: 'mapping',
      message: 'The file does not fit its import: the import reads 5,000 columns, and the file has 5,001 columns.',
    });
  });

  it('counts as many rows as were written, whatever their number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (rows) => {
        const file = fileOf(`A,B\n${'1,"x\ny"\n'.repeat(rows)}`);
        expect((await checkSourceFile(file.read, file.size, definition)).scanned?.rows).toBe(rows);
      }),
      { numRuns: 20 },
    );
  });
});
