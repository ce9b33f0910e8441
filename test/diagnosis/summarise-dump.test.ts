import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summariseDump } from '../../shared/diagnosis/summarise-dump.ts';

async function* inChunks(bytes: Uint8Array, length = bytes.length || 1): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
function summarise(text: string | Uint8Array, length?: number) {
  return summariseDump(inChunks(Buffer.from(text), length));
}

// The example of anaplan-notes: Dumps.
const listDump = `"_Status_","Column 1","Parent","Code","Start Date","_Line_","_Error_1_"
"W","Max Warren",",,","","4/16/12","151","Invalid parent"
"E","","Parent","Code","Start Date","11522","Invalid name: Code"
`;
const moduleDump = `"_Status_","Product","Month","Units","_Line_","_Error_1_","_Error_2_"
"E","P-9","Jan 26","a","2","Item not located in Products list: P-9","Invalid number: a"
"E","P-10","Jan 26","5","3","Item not located in Products list: P-10",""
"E","P-9","Feb 26","6","4","Item not located in Products list: P-9",""
"W","P-1","Mar ""26""","x,\ny","7","Invalid number: x,\ny",""
`;

describe('a dump', () => {
  it('tells rejected from warned by its status', async () => {
    expect(await summarise(listDump)).toEqual({
      header: ['Column 1', 'Parent', 'Code', 'Start Date'],
      rows: 2,
      rejected: 1,
      warned: 1,
      hasStatus: true,
      reasons: [
        {
          code: 'hierarchyImportInvalidName',
          text: 'Invalid name',
          count: 1,
          severity: 'rejected',
          columns: ['Code'],
          samples: [{ line: 11522, values: ['Code'] }],
        },
        {
          code: 'hierarchyImportInvalidParent',
          text: 'Invalid parent',
          count: 1,
          severity: 'warned',
          columns: ['Parent'],
          samples: [{ line: 151, values: [',,'] }],
        },
      ],
      otherMessages: 0,
      missingMembers: [{ members: [',,'], count: 1 }],
      lines: { first: 11522, last: 11522 },
    });
  });

  it('counts reasons without their values, with samples, columns and lines', async () => {
    const summary = await summarise(moduleDump);
    expect(summary).toMatchObject({ rows: 4, rejected: 3, warned: 1, lines: { first: 2, last: 4 } });
    expect(summary.reasons).toEqual([
      {
        code: 'moduleImportInvalidListIdentifier',
        text: 'Item not located in Products list',
        count: 3,
        severity: 'rejected',
        columns: ['Product'],
        samples: [
          { line: 2, values: ['P-9'] },
          { line: 3, values: ['P-10'] },
        ],
      },
      {
        code: 'moduleImportNumberFormat',
        text: 'Invalid number',
        count: 1,
        severity: 'rejected',
        columns: ['Units'],
        samples: [{ line: 2, values: ['a'] }],
      },
      {
        code: 'moduleImportNumberFormat',
        text: 'Invalid number',
        count: 1,
        severity: 'warned',
        columns: ['Units'],
        samples: [{ line: 7, values: ['x, y'] }],
      },
    ]);
    expect(summary.missingMembers).toEqual([{ list: 'Products', members: ['P-9', 'P-10'], count: 2 }]);
  });

  it('finds the missing member by the header when Anaplan does not append it', async () => {
    const { missingMembers, reasons } = await summarise(
      '"_Status_","Event Id","N","_Line_","_Error_1_"\n"E","X1","5","2","Item not located in EVENT_ID list"\n',
    );
    expect(missingMembers).toEqual([{ list: 'EVENT_ID', members: ['X1'], count: 1 }]);
    expect(reasons[0]?.columns).toEqual(['Event Id']);
  });

  it('shows values of the row when no column can be told', async () => {
    const { reasons } = await summarise(
      '"_Status_","A","B","_Line_","_Error_1_"\n"E","1","2","9","Has dependency on rejected row"\n',
    );
    expect(reasons[0]?.samples).toEqual([{ line: 9, values: ['1', '2'] }]);
  });

  it('of the old kind, with tabs and without a status, counts every row as rejected and says so', async () => {
    const summary = await summarise('Name\tCode\t_Line_\t_Error_1_\nA\t1\t2\tInvalid code\nB\t2\t3\tInvalid code\n');
    expect(summary).toMatchObject({ header: ['Name', 'Code'], rows: 2, rejected: 2, warned: 0, hasStatus: false });
    expect(summary.unreadable).toBeUndefined();
  });

  it('reads errors beyond the header, CRLF, a mark, UTF-16 and a last line without an end', async () => {
    const text =
      '\ufeff"_Status_","A","_Line_","_Error_1_"\r\n\r\n"E","1","2","Invalid code","Invalid name"\r\n"E","2","3","Invalid code"';
    for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le')]) {
      const summary = await summarise(bytes);
      expect([summary.header, summary.rejected, summary.reasons.map(({ text: of, count }) => [of, count])]).toEqual([
        ['A'],
        2,
        [
          ['Invalid code', 2],
          ['Invalid name', 1],
        ],
      ]);
    }
  });

  it('lists the most frequent reasons and counts the others', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `"E","${i}","Trouble ${i % 20}"`);
    const summary = await summarise(`"_Status_","_Line_","_Error_1_"\n${rows.join('\n')}\n`);
    expect([summary.reasons.length, summary.otherMessages]).toEqual([10, 30]);
  });

  it('counts exactly however many rows and values there are', async () => {
    const rows = Array.from(
      { length: 120_000 },
      (_, i) => `"E","P-${i}","${i + 2}","Item not located in Products list: P-${i}"\n`,
    );
    const summary = await summarise(`"_Status_","Product","_Line_","_Error_1_"\n${rows.join('')}`, 70_001);
    expect(summary).toMatchObject({ rows: 120_000, rejected: 120_000, otherMessages: 0 });
    expect(summary.reasons[0]?.count).toBe(120_000);
    expect(summary.missingMembers[0]).toMatchObject({ count: 50_000, more: true });
    expect(summary.missingMembers[0]?.members).toHaveLength(1_000);
  });
});

describe('what is no dump', () => {
  it.each([
    ['nothing', '', undefined],
    ['a header alone', '"_Status_","A","_Line_"\n', undefined],
    ['a web page', '<html><body>502</body></html>', 'it is a web page or XML, not a list of rows'],
    ['an error in JSON', '{"status":{"code":404}}', 'it is JSON, not a list of rows'],
    ['any other text', 'hello\nworld\n', 'it has none of the columns of a failure dump'],
    ['a dump cut off inside a value', `${listDump}"E","x`, 'it ends inside a quoted value, as if it were cut off'],
    ['an endless value', `${listDump}"E","${'x'.repeat(1_500_000)}"\n`, 'a row of it is longer than any row of a dump'],
    ['endless separators', `${listDump}${','.repeat(1_500_000)}`, 'a row of it is longer than any row of a dump'],
  ])('%s is told', async (_, text, unreadable) => {
    const summary = await summarise(text, 10_000);
    expect(summary.unreadable).toBe(unreadable);
    if (text.startsWith(listDump)) expect(summary).toMatchObject({ rows: 2, rejected: 1, warned: 1 });
  });

  it('an error of the reading itself is thrown, so that it can be tried again', async () => {
    async function* broken() {
      yield Buffer.from(listDump);
      throw new Error('connection lost');
    }
    await expect(summariseDump(broken())).rejects.toThrow('connection lost');
  });
});

describe('law', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é', '😀', ' ', '\t'), maxLength: 8 });

  it('chunks do not matter', async () => {
    const quote = (value: string) => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('E', 'W'), cell, cell), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, length) => {
          const lines = rows.map(([status, value, error], i) =>
            [status, value, `${i + 2}`, `Invalid number: ${error}`].map(quote).join(','),
          );
          const text = ['"_Status_","A","_Line_","_Error_1_"', ...lines].join('\r\n');
          const whole = await summarise(text);
          expect(await summarise(text, length)).toEqual(whole);
          expect([whole.rows, whole.warned]).toEqual([rows.length, rows.filter(([status]) => status === 'W').length]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('no bytes make it throw or grow without bound', async () => {
    const parts = fc.constantFrom(
      '"_Status_"',
      '"',
      ',',
      '\n',
      '\r\n',
      '_Error_1_',
      '\u0000',
      '<',
      '"E"',
      'Invalid date: ',
      '\t',
      'é',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 500 }),
      fc.array(parts, { maxLength: 80 }).map((of) => Buffer.from(of.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 50 }), async (of, length) => {
        const summary = await summarise(of, length);
        expect(summary.rejected + summary.warned).toBe(summary.rows);
        expect(summary).toEqual(await summarise(of));
      }),
      { numRuns: 500 },
    );
  });
});
