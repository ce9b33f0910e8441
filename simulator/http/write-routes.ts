import type { Hono } from 'hono';
import * as z from 'zod';
import { badRequest } from '../engine/api-error.ts';
import { readBoolean, readDate, readNumber } from '../engine/formats.ts';
import type { Item, List } from '../engine/list.ts';
import type { Model } from '../engine/model.ts';
import { cellKey, type Dimension, locate, type Module, readCell } from '../engine/module.ts';
import type { RequestEnv, Simulation } from './context.ts';
import { meta } from './envelope.ts';
import { type CallKind, inModel } from './in-model.ts';
import { readJson } from './read-json.ts';
import { listOf, moduleOf } from './structure-routes.ts';

const writes: CallKind = { waits: true, changes: true };

const item = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  code: z.string().optional(),
  parent: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
});
type SentItem = z.output<typeof item>;

const cell = z.object({
  lineItemId: z.string().optional(),
  lineItemName: z.string().optional(),
  dimensions: z.array(
    z.object({
      dimensionId: z.string().optional(),
      dimensionName: z.string().optional(),
      itemId: z.string().optional(),
      itemCode: z.string().optional(),
      itemName: z.string().optional(),
    }),
  ),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});
type SentCell = z.output<typeof cell>;

interface Failure {
  requestIndex: number;
  failureType: string;
  failureMessageDetails: string;
}

/** The transactional writes: list items and cells. What fails is told beside a 200. */
export function addWriteRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { quirks } = simulation.tenant;
  const head = (c: Parameters<typeof meta>[0]) => ({
    meta: meta(c, 'list', undefined, quirks),
    status: { code: 200, message: 'Success' },
  });

  routes.post('/lists/:id/items', async (c) => {
    const { items } = await readJson(c, z.object({ items: z.array(item) }));
    const action = c.req.query('action');
    return inModel(simulation, c, writes, (model) => {
      const list = listOf(model, c.req.param('id'));
      if (action === 'delete') return c.json({ ...head(c), ...deleteItems(model, list, items) });
      if (action !== 'add') throw badRequest("Mandatory query parameter 'action' is missing");
      const failures: Failure[] = [];
      let added = 0;
      items.forEach((sent, requestIndex) => {
        const problem = addItem(list, sent);
        if (problem) failures.push({ requestIndex, ...problem });
        else added += 1;
      });
      const failed = failures.length > 0 ? { failures } : {};
      return c.json({ ...head(c), added, ignored: items.length - added, total: items.length, ...failed });
    });
  });

  routes.put('/lists/:id/items', async (c) => {
    const { items } = await readJson(c, z.object({ items: z.array(item) }));
    return inModel(simulation, c, writes, (model) => {
      const list = listOf(model, c.req.param('id'));
      const updated = items.filter((sent) => updateItem(list, sent)).length;
      return c.json({ ...head(c), updated, ignored: items.length - updated, total: items.length });
    });
  });

  routes.post('/modules/:id/data', async (c) => {
    const cells = await readJson(c, z.array(cell));
    return inModel(simulation, c, writes, (model) => {
      const module = moduleOf(model, c.req.param('id'));
      const failures = cells.flatMap((sent, requestIndex) => {
        const problem = writeCell(module, sent);
        return problem ? [{ requestIndex, ...problem }] : [];
      });
      const failed = failures.length > 0 ? { failures } : {};
      return c.json({ numberOfCellsChanged: cells.length - failures.length, ...failed });
    });
  });
}

function find(list: List, sent: SentItem): Item | undefined {
  if (sent.id !== undefined) return list.byId(sent.id);
  if (sent.code !== undefined) return list.byCode(sent.code);
  return sent.name === undefined ? undefined : list.byName(sent.name);
}

function addItem(list: List, sent: SentItem): Omit<Failure, 'requestIndex'> | undefined {
  const name = sent.name ?? sent.code;
  const wrong = (failureMessageDetails: string) => ({ failureType: 'INCORRECT_FORMAT', failureMessageDetails });
  if (name === undefined) return { failureType: 'INCOMPLETE_DATA', failureMessageDetails: 'name or code is missing' };
  if (list.byName(name) || (sent.code !== undefined && list.byCode(sent.code))) return wrong(`duplicate item: ${name}`);
  const parent = sent.parent === undefined ? undefined : (list.parent ?? list).find(sent.parent);
  if (sent.parent !== undefined && !parent) return wrong(`incorrect format -- parent:${sent.parent}`);
  for (const [property, value] of Object.entries(sent.properties)) {
    if (fits(list, property, value)) continue;
    const format = list.properties.get(property);
    return wrong(`incorrect format -- column name:${property}, value:wrong value for ${format ?? 'property'}`);
  }
  const added = list.add({ name, code: sent.code ?? '', parent });
  for (const [property, value] of Object.entries(sent.properties)) added.properties.set(property, value);
  return undefined;
}

function fits(list: List, property: string, value: string): boolean {
  switch (list.properties.get(property)) {
    case 'number':
      return readNumber(value, '.').ok;
    case 'date':
      return readDate(value, 'YYYY-MM-DD').ok;
    case 'boolean':
      return readBoolean(value).ok;
    case 'text':
      return true;
    case undefined:
      return false;
  }
}

function updateItem(list: List, sent: SentItem): boolean {
  const found = find(list, sent);
  if (!found) return false;
  const entries = Object.entries(sent.properties).filter(
    ([property, value]) => found.properties.get(property) !== value,
  );
  if (!entries.every(([property, value]) => fits(list, property, value))) return false;
  for (const [property, value] of entries) found.properties.set(property, value);
  const renamed = list.update(found, sent.name === undefined ? {} : { name: sent.name });
  return renamed || entries.length > 0;
}

function deleteItems(model: Model, list: List, items: readonly SentItem[]): { deleted: number; failures?: Failure[] } {
  const failures: Failure[] = [];
  items.forEach((sent, requestIndex) => {
    const found = find(list, sent);
    if (!found) {
      failures.push({ requestIndex, failureType: 'NOT_FOUND', failureMessageDetails: 'item not found' });
      return;
    }
    list.remove(found);
    for (const module of model.modules.values()) module.forget(list, found.ordinal);
  });
  return { deleted: items.length - failures.length, ...(failures.length > 0 ? { failures } : {}) };
}

const INVALID = { failureType: 'cellIsInvalid', failureMessageDetails: 'the cell could not be found or resolved' };
const CALCULATED = {
  failureType: 'cellIsCalculated',
  failureMessageDetails: 'the cell is a calculated/aggregate cell and is not writeable',
};

function writeCell(module: Module, sent: SentCell): Omit<Failure, 'requestIndex'> | undefined {
  const lineItem = module.lineItems.find((each) => each.id === sent.lineItemId || each.name === sent.lineItemName);
  if (!lineItem) return INVALID;
  if (lineItem.calculated) return CALCULATED;
  const coordinates: string[] = [];
  for (const dimension of module.dimensions) {
    const named = sent.dimensions.find((each) => isNamed(dimension, each.dimensionId, each.dimensionName));
    const text = named && textOf(dimension, named.itemId, named.itemCode ?? named.itemName);
    const located = text === undefined ? undefined : locate(dimension, text);
    if (!located?.ok) return INVALID;
    coordinates.push(located.at);
  }
  const key = cellKey(coordinates);
  if (sent.value === null || sent.value === '') {
    module.set(lineItem, key, undefined);
    return undefined;
  }
  const value = readCell(lineItem, String(sent.value), { dateFormat: 'YYYY-MM-DD', decimalSeparator: '.' });
  if (!value.ok) return INVALID;
  module.set(lineItem, key, value.value);
  return undefined;
}

const FIXED_ID = { time: '20000000003', versions: '20000000020' } as const;

/** `Version` and `Versions`, `Product` and `Products` name the same dimension. */
function isNamed(dimension: Dimension, id: string | undefined, name: string | undefined): boolean {
  const own = dimension.kind === 'list' ? dimension.list.id : FIXED_ID[dimension.kind];
  return own === id || (name !== undefined && [name, `${name}s`].includes(dimension.name));
}

function textOf(dimension: Dimension, itemId: string | undefined, codeOrName: string | undefined): string | undefined {
  if (itemId === undefined) return codeOrName;
  return dimension.kind === 'list' ? dimension.list.byId(itemId)?.name : itemId;
}
