import { describe, expect, it } from 'vitest';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const HOUR = 3_600_000;

async function open(tenant = {}) {
  const opened = await inProcess({ ...smallTenant, ...tenant });
  const file = opened.file('Load Sales');
  const chunkIds = async (as = opened.caller, id = file) =>
    ((await as.model('GET', `/files/${id}/chunks`)).json.chunks ?? []).map((each: { id: string }) => each.id);
  const listed = async (as = opened.caller) =>
    (await as.model('GET', '/files')).json.files.find((each: { id: string }) => each.id === file).chunkCount;
  const whole = async (as = opened.caller) => as.model('GET', `/files/${file}`);
  return { ...opened, sales: file, chunkIds, listed, whole };
}

describe('an upload', () => {
  it('of a known number of chunks lists all of them at once, and needs no completion', async () => {
    const { caller, sales, chunkIds, whole } = await open();
    const announced = await caller.model('POST', `/files/${sales}`, { chunkCount: 3 });
    expect(announced).toMatchObject({
      status: 200,
      json: { file: { id: sales, name: 'Load Sales.csv', separator: ',' } },
    });
    expect(await chunkIds()).toEqual(['0', '1', '2']);
    expect((await caller.model('GET', `/files/${sales}/chunks/1`)).status).toBe(404);
    for (const [i, part] of ['ab', 'cd', 'ef'].entries()) expect(await caller.putChunk(sales, i, part)).toBe(204);
    expect(await whole()).toEqual({ status: 200, json: 'abcdef' });
  });

  it('of an unknown number lists what has come, and is complete when it says so', async () => {
    const { caller, sales, chunkIds, listed } = await open();
    await caller.model('POST', `/files/${sales}`, { chunkCount: -1 });
    for (const n of [0, 1]) await caller.putChunk(sales, n, 'x');
    expect(await chunkIds()).toEqual(['0', '1']);
    expect((await caller.model('POST', `/files/${sales}/complete`, { id: sales })).json.file.chunkCount).toBe(2);
    expect(await listed()).toBe(2);
  });

  it('may send chunks in any order and at once', async () => {
    const { caller, sales, whole } = await open();
    await caller.model('POST', `/files/${sales}`, { chunkCount: 10 });
    const order = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5];
    await Promise.all(order.map((n) => caller.putChunk(sales, n, String(n))));
    expect((await whole()).json).toBe('0123456789');
  });

  it('unzips each chunk by itself', async () => {
    const { caller, sales, whole } = await open();
    await caller.model('POST', `/files/${sales}`, { chunkCount: 2 });
    await caller.putChunk(sales, 0, 'zip', true);
    await caller.putChunk(sales, 1, 'ped', true);
    expect((await whole()).json).toBe('zipped');
  });

  it('in one shot makes exactly one chunk', async () => {
    const { caller, sales, chunkIds, whole } = await open();
    const path = `/2/0${caller.base}/files/${sales}`;
    expect((await caller.send('PUT', path, { body: 'whole', type: 'application/octet-stream' })).status).toBe(204);
    expect(await chunkIds()).toEqual(['0']);
    expect((await whole()).json).toBe('whole');
  });

  it('of zero bytes passes, ends with no chunk, and cannot be read', async () => {
    const { caller, sales, listed, chunkIds, whole } = await open();
    await caller.upload(sales, '');
    expect([await listed(), await chunkIds(), (await whole()).status]).toEqual([0, [], 404]);
  });

  it('replaces what the same user had there from the announcement on', async () => {
    const { caller, sales, whole } = await open();
    await caller.upload(sales, 'old');
    await caller.model('POST', `/files/${sales}`, { chunkCount: 1 });
    expect((await whole()).status).toBe(404);
    await caller.putChunk(sales, 0, 'new');
    expect((await whole()).json).toBe('new');
  });

  it.each([
    ['a chunk beyond the announced number', 2, 404],
    ['a chunk that is no number', 'x', 404],
    ['a negative chunk', '-1', 404],
  ])('refuses %s', async (_, index, status) => {
    const { caller, sales } = await open();
    await caller.model('POST', `/files/${sales}`, { chunkCount: 2 });
    const path = `/2/0${caller.base}/files/${sales}/chunks/${index}`;
    expect((await caller.send('PUT', path, { body: 'x' })).status).toBe(status);
  });

  it.each([
    ['that was never announced', undefined, 'text/plain', 404],
    ['whose gzip is broken', { chunkCount: 1 }, 'application/x-gzip', 400],
  ])('refuses a chunk %s', async (_, announcement, type, status) => {
    const { caller, sales } = await open();
    if (announcement) await caller.model('POST', `/files/${sales}`, announcement);
    const path = `/2/0${caller.base}/files/${sales}/chunks/0`;
    expect((await caller.send('PUT', path, { body: 'plain', type })).status).toBe(status);
  });

  it('to an unknown file makes a new data source that no import refers to', async () => {
    const { caller } = await open();
    const { json } = await caller.model('POST', '/files/Sales%20of%20May.csv', { chunkCount: 1 });
    expect(json.file).toMatchObject({
      id: expect.stringMatching(/^113\d{9}$/),
      name: 'Sales of May.csv',
      chunkCount: 0,
      headerRow: -1,
      separator: '\t',
    });
    const { imports } = (await caller.model('GET', '/imports')).json;
    expect(imports.map((each: { importDataSourceId: string }) => each.importDataSourceId)).not.toContain(json.file.id);
    expect((await caller.model('GET', '/files')).json.files).toContainEqual(
      expect.objectContaining({ id: json.file.id }),
    );
  });

  it('that breaks off leaves the earlier chunk as it was', async () => {
    const { caller, sales, simulator, whole } = await open();
    await caller.upload(sales, 'kept');
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('half')),
      pull: (controller) => controller.error(new Error('the client went away')),
    });
    const init: RequestInit & { duplex: 'half' } = {
      method: 'PUT',
      body,
      duplex: 'half',
      headers: { authorization: `Bearer ${caller.token}` },
    };
    const request = new Request(`http://simulator/2/0${caller.base}/files/${sales}/chunks/0`, init);
    expect((await simulator.fetch(request)).status).toBe(400);
    expect((await whole()).json).toBe('kept');
  });
});

describe('a private file', () => {
  it('is seen by nobody else', async () => {
    const { caller, sales, signIn, chunkIds, listed, whole } = await open();
    await caller.upload(sales, 'mine');
    const other = await signIn('runner', 'r');
    expect([(await whole(other)).status, await chunkIds(other), await listed(other)]).toEqual([404, [], 0]);
    await other.upload(sales, 'theirs');
    expect([(await whole()).json, (await whole(other)).json]).toEqual(['mine', 'theirs']);
  });

  it('lives 48 hours from its last use', async () => {
    const settings = { taskSeconds: 2, tokenSeconds: 1000 * HOUR, idleSeconds: 1000 * HOUR };
    const { caller, sales, clock, whole } = await open({ settings });
    await caller.upload(sales, 'mine');
    await clock.advance(47 * HOUR);
    expect((await whole()).status).toBe(200);
    await clock.advance(47 * HOUR);
    expect((await whole()).status).toBe(200);
    await clock.advance(48 * HOUR);
    expect((await whole()).status).toBe(404);
  });

  it('is deleted with 204, though the list keeps its count', async () => {
    const { caller, sales, chunkIds, listed } = await open();
    await caller.upload(sales, 'a', 'b');
    expect((await caller.model('DELETE', `/files/${sales}`)).status).toBe(204);
    expect([await listed(), await chunkIds()]).toEqual([2, []]);
    expect((await caller.model('GET', `/files/${sales}/chunks/0`)).status).toBe(404);
  });

  it.each([
    { behind: 'everyone' as const, admin: 200, other: 200 },
    { behind: 'admins' as const, admin: 200, other: 404 },
  ])('has the default file for $behind behind it', async ({ behind, admin, other }) => {
    const model = smallTenant.models.Plan;
    const file = { name: 'sales.csv', default: { content: 'default', for: behind } };
    const models = { Plan: { ...model, imports: { ...model.imports, 'Load Sales': { into: 'Sales', file } } } };
    const { signIn, whole, caller, sales, chunkIds } = await open({ models });
    const runner = await signIn('runner', 'r');
    expect([(await whole()).status, (await whole(runner)).status]).toEqual([admin, other]);
    await caller.upload(sales, 'own');
    expect((await whole()).json).toBe('own');
    await caller.model('DELETE', `/files/${sales}`);
    expect([(await whole()).json, await chunkIds()]).toEqual(['default', ['0']]);
  });
});

it('cuts exports into chunks, and gives them to who ran them only', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `P${i}`);
  const { Plan } = smallTenant.models;
  const models = { Plan: { ...Plan, lists: { Products: { items: rows } }, exports: { Report: { from: 'Products' } } } };
  const { caller, run, id, signIn, chunkIds } = await open({
    models,
    settings: { taskSeconds: 1, outputChunkBytes: 64 },
  });
  const task = await run('exports', 'Report');
  const written = Number(/(\d+) bytes written/.exec(task.result.details[0].localMessageText)?.[1]);
  const numbers = await chunkIds(caller, id('exports', 'Report'));
  expect(numbers).toHaveLength(Math.ceil(written / 64));
  let text = '';
  for (const n of numbers) text += (await caller.model('GET', `/files/${id('exports', 'Report')}/chunks/${n}`)).json;
  expect(text).toBe((await caller.model('GET', `/files/${id('exports', 'Report')}`)).json);
  expect(text.split('\n')).toHaveLength(42);
  expect(await chunkIds(await signIn('runner', 'r'), id('exports', 'Report'))).toEqual([]);
});
