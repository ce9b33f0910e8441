import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, readRows, type TextFormat } from '../../simulator/engine/read-rows.ts';

const CSV: TextFormat = { encoding: 'UTF-8', separator: ',', delimiter: '"', headerRow: 1, firstDataRow: 2 };

async function rowsOf(text: string, pieceBytes = 1_000_000): Promise<Row[]> {
  const bytes = Buffer.from(text);
  const pieces = (async function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  })();
  const rows: Row[] = [];
  for await (const batch of readRows(pieces, CSV)) rows.push(...batch);
  return rows;
}

describe('reading rows', () => {
  it('gives back what was written, wherever the file is cut into pieces', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '"', ',', '\n', ' '), maxLength: 6 });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, piece, end) => {
          const text = rows.map((row) => row.map(quoted).join(',') + end).join('');
          expect((await rowsOf(text, piece)).map((row) => row.fields)).toEqual(rows);
        },
      ),
    );
  });

  it('counts lines as an editor does', async () => {
    const rows = await rowsOf('a\n\n"two\nlines",x\nb\n');
    expect(rows.map((row) => row.line)).toEqual([1, 3, 5]);
  });

  it('gives up on a quote that never closes before it has read the whole file into memory', async () => {
    const rows = await rowsOf(`"open\n${'a line of the file\n'.repeat(20_000)}`);
    expect(rows[0]).toMatchObject({ line: 1, problem: 'unmatchedTextDelimiter', position: 1 });
    expect(rows.length).toBeGreaterThan(10_000);
  });
});
