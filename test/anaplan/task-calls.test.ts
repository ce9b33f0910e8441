import { describe, expect, it } from 'vitest';
import {
  caught,
  clientOf,
  fakeAnaplan,
  imports,
  inModel,
  json,
  model,
  ok,
  refused,
  reset,
  text,
} from './fake-anaplan.ts';

describe('a start', () => {
  it.each([
    {
      says: 'wrapped',
      answer: ok({ task: { taskId: 'T1', taskState: 'NOT_STARTED', creationTime: 7 } }),
      started: { taskId: 'T1', taskState: 'NOT_STARTED', creationTime: 7 },
    },
    { says: 'wrapped, with its id only', answer: ok({ task: { taskId: 'T1' } }), started: { taskId: 'T1' } },
    { says: 'bare', answer: json(200, { taskId: 'T1' }), started: { taskId: 'T1' } },
  ])('takes an answer $says', async ({ answer, started }) => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, answer);
    const mappingParameters = [{ entityType: 'Version', entityName: 'Actual' }];
    await expect(clientOf(fake).startTask(model, imports, { mappingParameters })).resolves.toEqual(started);
    const sent = String(fake.requests('POST', 'tasks')[0]?.body);
    expect(sent).toBe('{"localeName":"en_US","mappingParameters":[{"entityType":"Version","entityName":"Actual"}]}');
  });

  it.each([
    { says: 'a reset', answer: reset, kind: 'network' },
    { says: 'a 500', answer: refused(500, 'Internal'), kind: 'http' },
    { says: 'a 503 from a gateway', answer: text(503, '<html>busy</html>', { 'retry-after': '1' }), kind: 'http' },
    { says: 'a 429 with a short wait', answer: refused(429, 'Too Many', { 'retry-after': '1' }), kind: 'http' },
    { says: 'a success without a task', answer: ok({}), kind: 'unreadable' },
    { says: 'a success without a body', answer: text(204), kind: 'unreadable' },
  ])('is sent once in spite of $says', async ({ answer, kind }) => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, answer);
    const error = await caught(clientOf(fake).startTask(model, imports));
    expect(error.failure).toMatchObject({
      kind,
      call: 'start',
      method: 'POST',
      path: `${inModel}/imports/112000000001/tasks`,
    });
    expect(fake.requests('POST', 'tasks')).toHaveLength(1);
  });

  it('is sent again after a 401, which refuses it for certain', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/imports/112000000001/tasks`,
      refused(401, 'Not Authenticated.'),
      ok({ task: { taskId: 'T1' } }),
    );
    await expect(clientOf(fake).startTask(model, imports)).resolves.toEqual({ taskId: 'T1' });
  });

  it('gets a connection nothing was sent on before', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, ok({ task: { taskId: 'T1' } }));
    const client = clientOf(fake);
    for (let i = 0; i < 3; i++) await client.startTask(model, imports);
    const [, ...starts] = fake.seen.map((request) => request.connection);
    expect(new Set([1, ...starts]).size).toBe(4);
  });
});

describe('a task', () => {
  it('is read with its nested results, values as a map, nulls kept', async () => {
    await using fake = await fakeAnaplan();
    const details = [
      {
        type: 'hierarchyRowsProcessed',
        localMessageText: 'Employees: 90 rows ',
        occurrences: 0,
        values: ['failedCount', '0', 'hierarchyName', null],
      },
      {
        type: 'moduleImportInvalidListIdentifier',
        localMessageText: 'Item not located',
        occurrences: 3,
        values: ['a', 'b', 'c'],
      },
    ];
    const nestedResults = [{ objectId: '112000000006', successful: false, failureDumpAvailable: true, duration: '12' }];
    const result = { objectId: '118000000002', successful: false, failureDumpAvailable: true, details, nestedResults };
    const task = {
      taskId: 'T1',
      taskState: 'COMPLETE',
      currentStep: 'Complete.',
      progress: 1,
      creationTime: 5,
      result,
    };
    fake.on(`GET ${inModel}/imports/112000000001/tasks/T1`, ok({ task }));
    await expect(clientOf(fake).getTask(model, imports, 'T1')).resolves.toEqual({
      ...task,
      result: {
        objectId: '118000000002',
        successful: false,
        failureDumpAvailable: true,
        details: [
          { ...details[0], values: { failedCount: '0', hierarchyName: null } },
          { ...details[1], values: {}, unpaired: ['a', 'b', 'c'] },
        ],
        nestedResults: [
          { objectId: '112000000006', successful: false, failureDumpAvailable: true, details: [], nestedResults: [] },
        ],
      },
    });
  });

  it.each([
    { says: 'a page with 404', answer: text(404, '<html>default backend - 404</html>'), asked: 2 },
    { says: 'nothing but 403', answer: text(403), asked: 2 },
    { says: 'a 404 that is to be repeated in an hour', answer: text(404, '', { 'retry-after': '3600' }), asked: 1 },
    { says: '404 in the words of Anaplan', answer: refused(404, 'Not Found'), asked: 1 },
  ])('is asked for again at once where something answered $says: $asked times', async ({ answer, asked }) => {
    await using fake = await fakeAnaplan();
    const poll = `GET ${inModel}/imports/112000000001/tasks/T1`;
    fake.on(poll, answer, ok({ task: { taskId: 'T1', taskState: 'IN_PROGRESS' } }));
    const polled = clientOf(fake).getTask(model, imports, 'T1');
    if (asked === 1) await caught(polled);
    else await expect(polled).resolves.toMatchObject({ taskState: 'IN_PROGRESS' });
    expect(fake.requests('GET', 'T1')).toHaveLength(asked);
  });

  it('in a state nobody knows is not read', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/imports/112000000001/tasks/T1`, ok({ task: { taskId: 'T1', taskState: 'FAILED' } }));
    const error = await caught(clientOf(fake).getTask(model, imports, 'T1'));
    expect(error.failure).toMatchObject({ kind: 'unreadable', call: 'poll' });
  });

  it.each([
    {
      says: 'the task',
      answer: ok({ task: { taskId: 'T1', taskState: 'CANCELLING' } }),
      taken: { taskId: 'T1', taskState: 'CANCELLING' },
    },
    { says: 'nothing', answer: text(204), taken: undefined },
    { says: 'something else', answer: json(200, { surprise: true }), taken: undefined },
  ])('is cancelled when the answer holds $says', async ({ answer, taken }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/imports/112000000001/tasks/T1`, answer);
    await expect(clientOf(fake).cancelTask(model, imports, 'T1')).resolves.toEqual(taken);
  });
});
