import { describe, expect, it } from 'vitest';
import { demoTenant } from '../../simulator/index.ts';
import type { Json } from './helpers/caller.ts';
import { inProcess } from './helpers/in-process.ts';

describe('lists of the API', () => {
  const many = {
    models: {
      Plan: {
        lists: { Products: Array.from({ length: 30 }, (_, i) => `P${i}`) },
        imports: Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`I${i}`, { into: 'Products' }])),
      },
    },
  };

  it.each([
    ['?limit=10', 10, 0, 'limit=10&offset=10', undefined],
    ['?limit=10&offset=10', 10, 10, 'limit=10&offset=20', 'limit=10&offset=0'],
    ['?limit=10&offset=20', 5, 20, undefined, 'limit=10&offset=10'],
    ['?limit=99999', 25, 0, undefined, undefined],
    ['?limit=10&sort=%2Bname', 10, 0, 'limit=10&offset=10&sort=%2Bname', undefined],
    ['', 25, 0, 'limit=20&offset=20', undefined],
    ['?offset=100', 0, 100, undefined, 'limit=5000&offset=0'],
  ])('page by limit and offset: %s', async (query, currentPageSize, offset, next, previous) => {
    const { caller } = await inProcess(many);
    const { json } = await caller.model('GET', `/imports${query}`);
    const { paging } = json.meta;
    const link = (url: string | undefined) => url?.replace(/.*\?/, '');
    expect({ ...paging, next: link(paging.next), previous: link(paging.previous) }).toEqual({
      currentPageSize,
      offset,
      totalSize: 25,
      next,
      previous,
    });
    expect(json.imports?.length ?? 0).toBe(currentPageSize);
  });

  it('answer the same below the workspace and without it, with a trailing slash and without', async () => {
    const { caller, simulator } = await inProcess(many);
    const read = async (path: string) => ((await (await caller.send('GET', `/2/0${path}`)).json()) as Json).imports;
    const expected = await read(`${caller.base}/imports?limit=5`);
    expect(await read(`${caller.base}/imports/?limit=5`)).toEqual(expected);
    expect(await read(`/models/${simulator.model.id}/imports?limit=5`)).toEqual(expected);
  });

  it.each([
    ['/2/0/models?sort=name', 400, /^Bad sort order format: 'name'\./],
    ['/2/0/models?sort=%2Bcolour', 400, /^Failed to parse sort parameter$/],
    ['/2/0/models?sort=-name', 200, /^Success$/],
    ['/2/0/models?limit=few', 400, /limit/],
    ['/2/0/nothing', 404, /^Not Found$/],
    ['/2/0/workspaces/x/models/y', 405, /^Method Not Allowed$/],
  ])('GET %s: %i', async (path, status, message) => {
    const { caller } = await inProcess(many);
    const answer = await caller.send('GET', path);
    const { status: envelope } = (await answer.json()) as Json;
    expect([answer.status, envelope.code]).toEqual([status, status]);
    expect(envelope.message).toMatch(message);
  });

  it.each(['true', 'True'])('tell more when asked with %s', async (word) => {
    const { caller } = await inProcess(many);
    const { models } = (await (await caller.send('GET', `/2/0/models?modelDetails=${word}`)).json()) as Json;
    expect(models[0]).toMatchObject({ activeState: 'UNLOCKED', memoryUsage: expect.any(Number) });
  });

  it('refuse a wrong verb with 405', async () => {
    const { caller } = await inProcess(many);
    expect((await caller.model('PUT', '/imports')).status).toBe(405);
  });

  it('tell what an import expects and what a process runs', async () => {
    const { caller, simulator } = await inProcess(demoTenant);
    const sales = simulator.imports[2]?.id;
    expect((await caller.model('GET', `/imports/${sales}`)).json.importMetadata).toEqual({
      name: 'Load Sales',
      type: 'FILE',
      source: {
        textEncoding: 'UTF-8',
        columnSeparator: ',',
        textDelimiter: '"',
        headerRow: 1,
        firstDataRow: 2,
        decimalSeparator: '.',
        headerNames: ['Product', 'Region', 'Month', 'Units', 'Revenue', 'Ship Date'],
        columnCount: 6,
      },
    });
    const process = simulator.processes[0]?.id;
    expect(
      (await caller.model('GET', `/processes/${process}?showImportDataSource=true`)).json.processMetadata,
    ).toMatchObject({
      name: 'Recalculate',
      actions: [{ actionType: 'DELETE_BY_SELECTION' }, { actionType: 'EXPORT', name: 'Board Report' }],
    });
    const { lists } = (await caller.model('GET', '/lists')).json;
    const items = (await caller.model('GET', `/lists/${lists[0].id}/items?includeAll=true`)).json.listItems;
    expect(items[0]).toMatchObject({ name: 'Espresso Beans', code: 'P100', properties: { Family: 'Coffee' } });
  });
});
