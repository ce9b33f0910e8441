import { describe, expect, it } from 'vitest';
import type { TenantDefinition } from '../../simulator/index.ts';
import { type Json, valuesOf } from './helpers/caller.ts';
import { inProcess } from './helpers/in-process.ts';

const tenant = (more: object = {}): TenantDefinition => ({
  models: {
    Plan: {
      calendar: { start: '2025-11', months: 4 },
      lists: {
        Groups: ['Hot', 'Cold'],
        Products: {
          parent: 'Groups',
          properties: { Launch: 'date', Weight: 'number', Active: 'boolean', Label: 'text' },
          items: [
            { name: 'Tea', code: 'T', parent: 'Hot' },
            { name: 'Coffee', code: 'C' },
          ],
        },
        Numbered: { numbered: true, items: [{ name: '#1', code: 'N1' }] },
      },
      modules: {
        Sales: {
          by: ['Products', 'Time', 'Versions'],
          items: {
            Units: 'number',
            Sold: 'date',
            Open: 'boolean',
            Note: 'text',
            Group: 'Groups',
            Total: { format: 'number', calculated: true },
          },
          cells: [{ Products: 'Tea', Time: 'Nov 25', Versions: 'Actual', Units: 1 }],
        },
        Simple: { by: ['Products'], items: { Units: 'number', Note: 'text' } },
      },
      imports: {
        List: { into: 'Products' },
        Numbers: { into: 'Numbered' },
        Sales: {
          into: 'Sales',
          ask: ['Versions'],
          columns: {
            P: 'Products',
            M: 'Time',
            Units: 'Units',
            Sold: 'Sold',
            Open: 'Open',
            Note: 'Note',
            Group: 'Group',
            Total: 'Total',
            Spare: 'ignore',
          },
        },
        Simple: { into: 'Simple', columns: { P: 'Products', Units: 'Units', Note: 'Note' }, ...more },
        Pairs: { into: 'Simple', columns: { P: 'Products', What: 'line item', Value: 'value' } },
        NoKey: { into: 'Products', columns: { Label: 'Label' } },
        Copy: { into: 'Simple', from: 'Simple' },
        Partial: { into: 'Sales', columns: { P: 'Products', Units: 'Units' } },
      },
    },
  },
  settings: { taskSeconds: 1 },
});

/** Runs an import and tells result, message codes and the dump's rows. */
async function load(name: string, csv: string, mapping?: { entityType: string; entityName: string }[], more = {}) {
  const { caller, file, id, clock, report } = await inProcess(tenant(more));
  await caller.upload(file(name), csv);
  const taskId = await caller.start('imports', id('imports', name), {
    localeName: 'en_US',
    mappingParameters: mapping,
  });
  await clock.advance(1000);
  const task: Json = await caller.task('imports', id('imports', name), taskId);
  const dump = await caller.model('GET', `/imports/${id('imports', name)}/tasks/${taskId}/dump`);
  const rows: string[] = dump.status === 200 ? dump.json.trim().split('\n').slice(1) : [];
  const { details } = task.result;
  return { task, details, rows, model: await report(), texts: details.map((each: Json) => each.localMessageText) };
}

const HEAD = 'Name,Code,Parent,Launch,Weight,Active,Label\n';

describe('a list import', () => {
  it('creates, updates and moves members', async () => {
    const { texts, model } = await load('List', `${HEAD}Black Tea,T,Cold,2026-01-02,1.5,yes,loose\nCocoa,K,Hot,,,,\n`);
    expect(texts).toEqual(['Products: 2 (1/1) rows successful, 0 ignored ']);
    expect(model.lists.Products).toEqual([
      {
        name: 'Black Tea',
        code: 'T',
        parent: 'Cold',
        properties: { Launch: '2026-01-02', Weight: '1.5', Active: 'yes', Label: 'loose' },
      },
      { name: 'Coffee', code: 'C', properties: {} },
      expect.objectContaining({ name: 'Cocoa', code: 'K', parent: 'Hot' }),
    ]);
  });

  it.each([
    ['an unknown parent', 'Milk,M,Warm,,,,', 'W', 'Invalid parent: Warm'],
    ['a bad date', 'Milk,M,,01/02/2026,,,', 'W', 'Invalid date: 01/02/2026'],
    ['a bad number', 'Milk,M,,,heavy,,', 'W', 'Invalid number: heavy'],
    ['a bad Boolean', 'Milk,M,,,,perhaps,', 'W', 'Invalid Boolean (yes/no/true/false): perhaps'],
    ['neither name nor code', ',,,,,,x', 'E', 'Error parsing key for this row; no values'],
    ['a name of 61 characters', `${'n'.repeat(61)},M,,,,,`, 'E', `Invalid name: ${'n'.repeat(61)}`],
    ['a code of 61 characters', `Milk,${'c'.repeat(61)},,,,,`, 'E', `Invalid code: ${'c'.repeat(61)}`],
    ['the name of another member', 'Tea,NEW,,,,,', 'E', 'Invalid name: Tea'],
  ])('marks a row with %s', async (_, line, status, error) => {
    const { rows, task, model } = await load('List', `${HEAD}${line}\n`);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(new RegExp(`^"${status}",.*,"2","`));
    expect(rows[0]).toContain(`,"${error}"`);
    expect(task.result).toMatchObject({ successful: status === 'W', failureDumpAvailable: true });
    expect(model.lists.Products.length).toBe(status === 'W' ? 3 : 2);
  });

  it('counts warnings, failures and repeated rows apart', async () => {
    const lines = ['Milk,M,,,,,', 'Milk,M,,,,,', 'Cocoa,K,Warm,,,,', ',,,,,,'];
    const { details, texts } = await load('List', HEAD + lines.join('\n'));
    expect(texts[0]).toBe('Products: 1 (1/0) rows successful, 1 (1/0) rows has warnings, 1 failed, 1 ignored');
    expect(valuesOf(details[0])).toMatchObject({
      totalRowCount: '4',
      totalCreateCount: '2',
      warningsRowCount: '1',
      failedCount: '1',
      ignoredCount: '1',
    });
    expect(details.slice(1)).toEqual([
      {
        type: 'hierarchyImportInvalidParent',
        localMessageText: 'Invalid parent',
        occurrences: 1,
        values: ['value', 'Warm'],
      },
      { type: 'hierarchyImportEmptyKey', localMessageText: expect.any(String), occurrences: 1, values: [] },
    ]);
  });

  it('fails as a whole, changing nothing, when one code has two names', async () => {
    const { details, task, model } = await load('List', `${HEAD}Milk,M,,,,,\nSoy Milk,M,,,,,\n`);
    expect([task.currentStep, details[0].type]).toEqual(['Failed.', 'hierarchyImportUniqueness']);
    expect(model.lists.Products).toHaveLength(2);
  });

  it('needs no changes for a file without rows', async () => {
    expect((await load('List', HEAD)).texts).toEqual(['Products: no changes required']);
  });

  it.each([
    ['Numbers', 'Name,Code\n#2,N2\n', 'hierarchyImportNewEntityNumberedList'],
    ['NoKey', 'Label\nx\n', 'hierarchyImportNameAndCodeUnmapped'],
  ])('%s: %s', async (name, csv, type) => {
    expect((await load(name, csv)).details.map((each: Json) => each.type)).toContain(type);
  });
});

describe('a module import', () => {
  const HEADER = 'P,M,Units,Sold,Open,Note,Group,Total,Spare\n';
  const actual = [{ entityType: 'Version', entityName: 'Actual' }];

  it('writes each format, ignores calculated cells, and leaves out what it does not map', async () => {
    const { texts, model } = await load(
      'Sales',
      `${HEADER}T,Dec 25,"1,234.5",2025-12-24,yes,"say ""hi"", all",Hot,99,x\n`,
      actual,
    );
    expect(model.modules.Sales).toContainEqual({
      Products: 'Tea',
      Time: 'Dec 25',
      Versions: 'Actual',
      Units: 1234.5,
      Sold: '2025-12-24',
      Open: true,
      Note: 'say "hi", all',
      Group: 'Hot',
    });
    expect(texts).toContain('Total cells: 0 (1 ignored)');
  });

  it.each([
    ['an unknown member', 'X,Dec 25,1,,,,,,', 'Item not located in Products list: X'],
    ['a month outside the calendar', 'T,Mar 26,1,,,,,,', 'Item not located in calendar for period type Month: Mar 26'],
    ['something that is no month', 'T,soon,1,,,,,,', 'Invalid date or timescale identifier: soon'],
    ['a bad number', 'T,Dec 25,one,,,,,,', 'Invalid number: one'],
    ['a day that does not exist', 'T,Dec 25,,2025-02-30,,,,,', 'Invalid date: 2025-02-30'],
    ['a bad Boolean', 'T,Dec 25,,,perhaps,,,,', 'Invalid Boolean (yes/no/true/false): perhaps'],
    ['an unknown item as value', 'T,Dec 25,,,,,Warm,,', 'Item not located in Groups list: Warm'],
    ['text after a closing quote', '"T"x,Dec 25,1,,,,,,', 'Column separator expected at line 2, character 4'],
    ['a quote that never closes', '"T,Dec 25,1,,,,,,', 'Unmatched delimiter character at line 2, character 1'],
  ])('rejects %s', async (_, line, error) => {
    const { rows, task } = await load('Sales', `${HEADER}${line}`, actual);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(/^"E",/);
    expect(rows[0]).toContain(`,"2","${error}"`);
    expect(task.result).toMatchObject({ successful: false, failureDumpAvailable: true });
  });

  it('writes the good cells of a row with a bad one', async () => {
    const { model, texts } = await load('Simple', 'P,Units,Note\nT,one,fine\n');
    expect(model.modules.Simple).toEqual([{ Products: 'Tea', Note: 'fine' }]);
    expect(texts).toEqual(['Units cells: 0 (1 failed)', 'Note cells: 1', 'Invalid number']);
  });

  it('adds up numbers for one cell, and warns of a second text', async () => {
    const { model, rows, task } = await load('Simple', 'P,Units,Note\nT,1,a\nT,2,a\nT,3,b\n');
    expect(model.modules.Simple).toEqual([{ Products: 'Tea', Units: 6, Note: 'a' }]);
    expect(rows).toEqual(['"W","T","3","b","4","More than one data value has been provided for a non-numeric cell."']);
    expect(task.result).toMatchObject({ successful: true, failureDumpAvailable: true });
  });

  it('clears a cell for an empty value', async () => {
    const { model } = await load('Sales', `${HEADER}Tea,Nov 25,,,,,,,\n`, actual);
    expect(model.modules.Sales).toEqual([]);
  });

  it.each([
    ['with no mapping parameter', undefined],
    ['with another dimension’s', [{ entityType: 'Scenario', entityName: 'Actual' }]],
  ])('fails %s where the import asks for one', async (_, mapping) => {
    const { details } = await load('Sales', HEADER, mapping);
    expect(details[0]).toMatchObject({
      type: 'moduleImportFailed',
      localMessageText: 'Import into Sales module failed: no mapping was given for Versions',
    });
  });

  it('rejects every row where the mapping parameter names no member', async () => {
    const { rows } = await load('Sales', `${HEADER}T,Dec 25,1,,,,,,\n`, [
      { entityType: 'Version', entityName: 'Budget' },
    ]);
    expect(rows[0]).toContain('"Item not located in Versions list: Budget"');
  });

  it('fails where a dimension is not mapped at all', async () => {
    const { details } = await load('Partial', 'P,Units\nT,1\n');
    expect(details[0].localMessageText).toBe('Import into Sales module failed: Time, Versions not mapped');
  });

  it('leaves out the rows of members that are not mapped, tells of them, and calls itself successful', async () => {
    const lines = ['T,3,', 'C,4,', 'Milk,5,', 'C,6,', 'Tea,x,'];
    const { task, texts, rows, model, details } = await load(
      'Simple',
      `P,Units,Note\n${lines.join('\n')}\n`,
      undefined,
      {
        mapped: { Products: ['T', 'Tea'] },
      },
    );
    expect(texts).toContain('2 Products identifier(s) (C, Milk) were not mapped and ignored');
    expect(details[2]).toMatchObject({ type: 'moduleImportDimensionIdentifiersUnmapped', occurrences: 3 });
    expect(rows).toEqual(['"E","Tea","x","","6","Invalid number: x"']);
    expect(model.modules.Simple).toEqual([{ Products: 'Tea', Units: 3 }]);
    expect(task.result.successful).toBe(false);
    const clean = await load('Simple', 'P,Units,Note\nT,3,\nC,4,\n', undefined, { mapped: { Products: ['T'] } });
    expect(clean.task.result).toMatchObject({ successful: true, failureDumpAvailable: false });
  });

  it('reads line items that stand in a column', async () => {
    const { model, rows } = await load('Pairs', 'P,What,Value\nT,Units,3\nT,note,x\nT,Colour,red\n');
    expect(model.modules.Simple).toEqual([{ Products: 'Tea', Units: 3, Note: 'x' }]);
    expect(rows).toEqual(['"E","T","Colour","red","4","Invalid line item identifier: Colour"']);
  });

  it('reads another object of the model instead of a file', async () => {
    const { caller, id, run } = await inProcess(tenant());
    const { imports } = (await caller.model('GET', '/imports')).json;
    expect(imports.find((each: Json) => each.name === 'Copy')).toMatchObject({ importDataSourceId: '' });
    expect((await caller.model('GET', `/imports/${id('imports', 'Copy')}`)).json.importMetadata.type).toBe('MODEL');
    expect((await run('imports', 'Copy')).result.successful).toBe(true);
  });
});

describe('the file of an import', () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
  it.each([
    ['quoted fields', {}, '"P","Units","Note"\n"T","1","a, b"\n', { Units: 1, Note: 'a, b' }],
    ['a line break in a field', {}, 'P,Units,Note\nT,1,"two\nlines"\n', { Units: 1, Note: 'two\nlines' }],
    ['CRLF and no last line end', {}, 'P,Units,Note\r\nT,1,x', { Units: 1, Note: 'x' }],
    ['a byte order mark', {}, '\ufeffP,Units,Note\nT,1,x\n', { Units: 1, Note: 'x' }],
    ['columns in another order, and more of them', {}, 'Note,More,Units,P\nx,y,1,T\n', { Units: 1, Note: 'x' }],
    ['rows that are too short', {}, 'P,Units,Note\nT,1\n', { Units: 1 }],
    ['empty lines', {}, 'P,Units,Note\n\nT,1,x\n\n', { Units: 1, Note: 'x' }],
    ['tabs', { file: { name: 'a', separator: '\t' } }, 'P\tUnits\tNote\nT\t1\tx\n', { Units: 1, Note: 'x' }],
    ['no header', { file: { name: 'a', headerRow: 0, firstDataRow: 1 } }, 'T,1,x\n', { Units: 1, Note: 'x' }],
    [
      'a title above the header',
      { file: { name: 'a', headerRow: 3, firstDataRow: 5 } },
      'Title\n\nP,Units,Note\nunits\nT,1,x\n',
      { Units: 1, Note: 'x' },
    ],
    [
      'no text delimiter',
      { file: { name: 'a', delimiter: '' } },
      'P,Units,Note\nT,1,5" pipe\n',
      { Units: 1, Note: '5" pipe' },
    ],
    [
      'decimal commas',
      { decimalSeparator: ',', file: { name: 'a', separator: ';' } },
      'P;Units;Note\nT;1.234,5;x\n',
      { Units: 1234.5, Note: 'x' },
    ],
  ])('may have %s', async (_, more, csv, cells) => {
    const { model, task } = await load('Simple', csv, undefined, more);
    expect(task.result.successful).toBe(true);
    expect(model.modules.Simple).toEqual([{ Products: 'Tea', ...cells }]);
  });

  it.each([
    ['ISO-8859-1', 'P,Units,Note\nT,1,Käse\n'],
    ['UTF-16LE', utf16('P,Units,Note\nT,1,Käse\n')],
  ])('may be written in %s', async (encoding, latin1) => {
    const more = { file: { name: 'a', encoding } };
    const { caller, file, run, report } = await inProcess(tenant(more));
    await caller.model('POST', `/files/${file('Simple')}`, { chunkCount: 1 });
    await caller.putChunk(file('Simple'), 0, Buffer.from(latin1, 'latin1'));
    expect((await run('imports', 'Simple')).result.successful).toBe(true);
    expect((await report()).modules.Simple).toEqual([{ Products: 'Tea', Units: 1, Note: 'Käse' }]);
  });

  it.each([
    ['with another separator', 'P;Units;Note\nT;1;x\n', 'P, Units, Note'],
    ['without one column', 'P,Note\nT,x\n', 'Units'],
    ['without its header', 'T,1,x\n', 'P, Units, Note'],
  ])('fails the import as a whole %s', async (_, csv, missing) => {
    const { task, details } = await load('Simple', csv);
    expect(task).toMatchObject({
      taskState: 'COMPLETE',
      currentStep: 'Failed.',
      result: { failureDumpAvailable: false },
    });
    expect(details[0]).toMatchObject({ type: 'missingFields', values: ['fields', missing] });
  });
});
