import { describe, expect, it } from 'vitest';
import type { Json } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const { Plan } = smallTenant.models;
const tenant = {
  ...smallTenant,
  models: {
    Plan: {
      ...Plan,
      modules: {
        Sales: {
          by: ['Products', 'Time', 'Versions'],
          items: { Units: 'number', Total: { format: 'number', calculated: true } },
        },
      },
      imports: { 'Load Sales': { into: 'Sales' } },
      processes: {},
    },
  },
} as const;

async function open() {
  const opened = await inProcess(tenant);
  const list = (await opened.caller.model('GET', '/lists')).json.lists[0].id;
  const module = (await opened.caller.model('GET', '/modules')).json.modules[0].id;
  return { ...opened, list, module };
}

describe('writing list items', () => {
  it('adds what is right and tells of the rest', async () => {
    const { caller, list, report } = await open();
    const items = [
      { name: 'Milk', code: 'M', properties: { Weight: '1' } },
      { name: 'Tea' },
      { name: 'Juice', properties: { Weight: 'heavy' } },
      {},
    ];
    expect((await caller.model('POST', `/lists/${list}/items?action=add`, { items })).json).toMatchObject({
      added: 1,
      ignored: 3,
      total: 4,
      failures: [
        { requestIndex: 1, failureType: 'INCORRECT_FORMAT' },
        {
          requestIndex: 2,
          failureMessageDetails: 'incorrect format -- column name:Weight, value:wrong value for number',
        },
        { requestIndex: 3, failureType: 'INCOMPLETE_DATA' },
      ],
    });
    expect((await report()).lists.Products.map((each: Json) => each.name)).toEqual(['Tea', 'Coffee', 'Milk']);
  });

  it('updates, and ignores what changes nothing', async () => {
    const { caller, list } = await open();
    const items = [{ name: 'Tea', properties: { Weight: '2' } }, { name: 'Milk' }];
    const update = async () => (await caller.model('PUT', `/lists/${list}/items`, { items })).json;
    expect(await update()).toMatchObject({ updated: 1, ignored: 1, total: 2 });
    expect(await update()).toMatchObject({ updated: 0, ignored: 2 });
  });

  it('deletes, and tells of what is not there', async () => {
    const { caller, list } = await open();
    const answer = await caller.model('POST', `/lists/${list}/items?action=delete`, {
      items: [{ name: 'Tea' }, { code: 'X' }],
    });
    expect(answer.json).toMatchObject({ deleted: 1, failures: [{ requestIndex: 1 }] });
  });
});

describe('writing cells', () => {
  const place = [
    { dimensionName: 'Products', itemName: 'Tea' },
    { dimensionName: 'Time', itemName: 'Jan 26' },
    { dimensionName: 'Version', itemName: 'Actual' },
  ];

  it('answers 200 even when cells fail', async () => {
    const { caller, module, report } = await open();
    const cells = [
      { lineItemName: 'Units', dimensions: place, value: 7 },
      { lineItemName: 'Total', dimensions: place, value: 1 },
      { lineItemName: 'Units', dimensions: place.slice(1), value: 1 },
      { lineItemName: 'Units', dimensions: place, value: 'many' },
    ];
    const answer = await caller.model('POST', `/modules/${module}/data`, cells);
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        numberOfCellsChanged: 1,
        failures: [
          { requestIndex: 1, failureType: 'cellIsCalculated', failureMessageDetails: expect.any(String) },
          { requestIndex: 2, failureType: 'cellIsInvalid', failureMessageDetails: expect.any(String) },
          { requestIndex: 3, failureType: 'cellIsInvalid', failureMessageDetails: expect.any(String) },
        ],
      },
    ]);
    expect((await report()).modules.Sales).toEqual([{ Products: 'Tea', Time: 'Jan 26', Versions: 'Actual', Units: 7 }]);
  });

  it('waits for a busy model', async () => {
    const { caller, module, id, clock, simulator } = await open();
    await caller.start('imports', id('imports', 'Load Sales'));
    const written = caller.model('POST', `/modules/${module}/data`, []);
    for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
    await clock.advance(2000);
    expect((await written).json).toEqual({ numberOfCellsChanged: 0 });
    expect(simulator.requests().at(-1)?.tookMs).toBe(2000);
  });
});

it('lists line items and versions with what the API tells of them', async () => {
  const { caller, module } = await open();
  const items = (await caller.model('GET', `/modules/${module}/lineItems?includeAll=true`)).json.items;
  expect(items[0]).toMatchObject({
    name: 'Units',
    format: 'NUMBER',
    timeScale: 'Month',
    appliesTo: [{ name: 'Products' }],
  });
  expect((await caller.model('GET', '/versions')).json.versionMetadata).toMatchObject([
    { name: 'Actual', isActual: true },
    {},
  ]);
});
