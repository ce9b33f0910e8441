import { describe, expect, it } from 'vitest';
import { createSimulator, startSimulator, turnableClock } from '../../simulator/index.ts';
import { Caller, idOf, valuesOf } from './helpers/caller.ts';

async function demo() {
  const clock = turnableClock();
  const simulator = await createSimulator({ clock, taskSeconds: 2, seed: 'demo' });
  const caller = await Caller.signIn(simulator);
  const fileOf = (name: string) => simulator.imports.find((each) => each.name === name)?.importDataSourceId ?? '';
  const run = async (kind: string, name: string, csv?: string) => {
    const named =
      kind === 'imports' ? simulator.imports : kind === 'processes' ? simulator.processes : simulator.exports;
    const id = idOf(named, name);
    if (csv !== undefined) await caller.upload(fileOf(name), csv);
    const taskId = await caller.start(kind, id);
    await clock.advance(10_000);
    return { id, taskId, task: await caller.task(kind, id, taskId) };
  };
  return { clock, simulator, caller, run, fileOf };
}

describe('the demo tenant', () => {
  it('signs in with 201 and lists its workspace in the envelope, over a real socket', async () => {
    await using simulator = await startSimulator();
    const caller = await Caller.signIn(simulator);
    const answer = await caller.send('GET', '/2/0/workspaces?limit=10');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      meta: { paging: { currentPageSize: 1, offset: 0, totalSize: 1 } },
      status: { code: 200, message: 'Success' },
      workspaces: [{ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Finance' }],
    });
    expect(simulator.model).toEqual({ id: expect.stringMatching(/^[0-9A-F]{32}$/), name: 'FY26 Plan' });
    expect(simulator.imports.map((each) => each.name)).toEqual([
      'Load Products',
      'Load Regions',
      'Load Sales',
      'Load Forecast',
    ]);
    for (const each of simulator.imports)
      expect([each.id, each.importDataSourceId].join()).toMatch(/^112\d{9},113\d{9}$/);
  });

  it('loads a clean module file in two chunks, one of them gzipped', async () => {
    const { caller, simulator, clock, fileOf } = await demo();
    const file = fileOf('Load Sales');
    const csv =
      'Product,Region,Month,Units,Revenue,Ship Date\nP100,North,Feb 26,5,50.5,2026-02-03\nP110,East,2026-02,7,70,\n';
    await caller.model('POST', `/files/${file}`, { chunkCount: 2 });
    expect(await caller.putChunk(file, 0, csv.slice(0, 60), true)).toBe(204);
    expect(await caller.putChunk(file, 1, csv.slice(60))).toBe(204);
    const id = idOf(simulator.imports, 'Load Sales');
    const taskId = await caller.start('imports', id);
    expect(await caller.task('imports', id, taskId)).toMatchObject({ taskState: 'IN_PROGRESS', progress: 0 });
    await clock.advance(1000);
    expect(await caller.task('imports', id, taskId)).toMatchObject({ taskState: 'IN_PROGRESS', progress: 0.5 });
    await clock.advance(1000);
    const task = await caller.task('imports', id, taskId);
    expect(task).toMatchObject({
      taskState: 'COMPLETE',
      currentStep: 'Complete.',
      progress: 1,
      result: { objectId: id, successful: true, failureDumpAvailable: false },
    });
    expect(task.result.details.map((each: { localMessageText: string }) => each.localMessageText)).toEqual([
      'Units cells: 2',
      'Revenue cells: 2',
      'Ship Date cells: 2',
    ]);
  });

  it('rejects rows with unknown members, bad dates and bad numbers, and keeps them in the dump', async () => {
    const { caller, run } = await demo();
    const csv = [
      'Product,Region,Month,Units,Revenue,Ship Date',
      'P100,North,Feb 26,5,50.5,2026-02-03',
      'P999,North,Feb 26,1,1,2026-02-03',
      'P998,Mars,Feb 26,1,1,2026-02-03',
      'P100,South,Feb 26,many,1,2026-02-31',
      'P100,East,Feb 99,1,1,',
    ].join('\n');
    const { id, taskId, task } = await run('imports', 'Load Sales', csv);
    expect(task.result).toMatchObject({ successful: false, failureDumpAvailable: true });
    const [units, , , ...reasons] = task.result.details;
    expect(units).toMatchObject({
      type: 'lineItemRowsProcessedWithFailures',
      localMessageText: 'Units cells: 1 (4 failed)',
    });
    expect(valuesOf(units)).toMatchObject({
      lineItemName: 'Units',
      rowCount: '1',
      failureCount: '4',
      ignoredCount: '0',
    });
    expect(reasons).toContainEqual({
      type: 'moduleImportInvalidListIdentifier',
      localMessageText: 'Item not located in Products list',
      occurrences: 2,
      values: ['hierarchyName', 'Products'],
    });
    const dump = (await caller.model('GET', `/imports/${id}/tasks/${taskId}/dump`)).json;
    expect(dump.split('\n')).toEqual([
      '"_Status_","Product","Region","Month","Units","Revenue","Ship Date","_Line_","_Error_1_","_Error_2_"',
      '"E","P999","North","Feb 26","1","1","2026-02-03","3","Item not located in Products list: P999",""',
      '"E","P998","Mars","Feb 26","1","1","2026-02-03","4","Item not located in Products list: P998","Item not located in Regions list: Mars"',
      '"E","P100","South","Feb 26","many","1","2026-02-31","5","Invalid number: many","Invalid date: 2026-02-31"',
      '"E","P100","East","Feb 99","1","1","","6","Item not located in calendar for period type Month: Feb 99",""',
      '',
    ]);
    const chunks = (await caller.model('GET', `/imports/${id}/tasks/${taskId}/dump/chunks`)).json.chunks;
    expect(chunks).toEqual([{ id: '0', name: 'Chunk 0' }]);
    expect((await caller.model('GET', `/imports/${id}/tasks/${taskId}/dump/chunks/0`)).json).toBe(dump);
  });

  it('fails a file whose columns are not the import’s, naming what is missing', async () => {
    const { run } = await demo();
    const { task } = await run('imports', 'Load Sales', 'Artikel;Gebiet;Monat\nP100;North;Feb 26\n');
    expect(task).toMatchObject({ taskState: 'COMPLETE', currentStep: 'Failed.' });
    expect(task.result).toMatchObject({ successful: false, failureDumpAvailable: false });
    expect(task.result.details[0]).toMatchObject({
      type: 'missingFields',
      localMessageText:
        'Warning: Import is incomplete as the following fields are unavailable: Product, Region, Month, Units, Revenue, Ship Date',
    });
  });

  it('creates and updates list members, and counts them', async () => {
    const { run, simulator } = await demo();
    const csv =
      'Product,Code,Family,Launch Date\nEspresso Beans,P100,Coffee,2021-03-01\nOolong,P220,Tea,2026-01-01\n,,,\n';
    const { task } = await run('imports', 'Load Products', csv);
    expect(task.result.details[0].localMessageText).toBe(
      'Products: 2 (1/1) rows successful, 0 (0/0) rows has warnings, 1 failed, 0 ignored',
    );
    expect(valuesOf(task.result.details[0])).toMatchObject({ totalRowCount: '3', createdCount: '1', failedCount: '1' });
    expect(simulator.tenant.model('FY26 Plan').lists.get('Products')?.find('P220')?.name).toBe('Oolong');
  });

  it('says the file is no longer available when nothing, or not everything, was uploaded', async () => {
    const { run, caller, fileOf } = await demo();
    const gone = { type: 'uploadedFileNoLongerAvailable' };
    expect((await run('imports', 'Load Sales')).task.result.details[0]).toMatchObject(gone);
    await caller.model('POST', `/files/${fileOf('Load Sales')}`, { chunkCount: 2 });
    await caller.putChunk(fileOf('Load Sales'), 0, 'Product');
    expect((await run('imports', 'Load Sales')).task.result.details[0]).toMatchObject(gone);
  });

  it('runs a process without an upload, and its export can be downloaded', async () => {
    const { run, caller, simulator } = await demo();
    const { task } = await run('processes', 'Recalculate');
    expect(task.result).toMatchObject({
      successful: true,
      nestedResults: [
        { objectId: idOf(simulator.actions, 'Delete Discontinued Products'), successful: true },
        { objectId: idOf(simulator.exports, 'Board Report'), successful: true, details: [{ type: 'exportSucceeded' }] },
      ],
    });
    const id = idOf(simulator.exports, 'Board Report');
    const report = (await caller.model('GET', `/files/${id}/chunks/0`)).json;
    expect(report.split('\n').slice(0, 2)).toEqual([
      'Products,Regions,Time,Units,Revenue,Ship Date',
      'Espresso Beans,North,Jan 26,120,1788,2026-01-28',
    ]);
  });

  it('tells size, SHA-256 and chunks of what was uploaded, and every request', async () => {
    const { caller, fileOf } = await demo();
    await caller.upload(fileOf('Load Sales'), 'ab', 'c');
    const report = await (await caller.send('GET', `/simulator/files/${fileOf('Load Sales')}`)).json();
    expect(report).toMatchObject({
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      chunks: 2,
      uploadedBy: 'ada@example.com',
    });
    const { requests } = (await (await caller.send('GET', '/simulator/requests')).json()) as { requests: object[] };
    expect(requests.at(-1)).toMatchObject({ method: 'PUT', path: expect.stringMatching(/chunks\/1$/), status: 204 });
  });
});
