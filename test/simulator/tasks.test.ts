import { describe, expect, it } from 'vitest';
import type { Caller, Json } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const GOOD = 'Products,Time,Units,Note\nTea,Jan 26,1,\n';
const BAD = 'Products,Time,Units,Note\nMilk,Jan 26,1,\n';
const HOUR = 3_600_000;
/** A clock may be turned by days without the model or the token falling asleep. */
const awake = { ...smallTenant, settings: { taskSeconds: 2, tokenSeconds: 1000 * 3600, idleSeconds: 1000 * 3600 } };

describe('a task', () => {
  it('is answered with its id before it has done anything', async () => {
    const { caller, id, clock } = await inProcess();
    const { status, json } = await caller.model('POST', `/imports/${id('imports', 'Load Sales')}/tasks`, {
      localeName: 'en_US',
    });
    expect([status, json.task]).toEqual([
      200,
      { taskId: expect.stringMatching(/^[0-9A-F]{32}$/), taskState: 'NOT_STARTED', creationTime: clock.now() },
    ]);
  });

  it.each([
    ['no localeName', 'Load Sales', {}, 400],
    ['an unknown action', undefined, { localeName: 'en_US' }, 404],
  ])('is refused for %s', async (_, name, body, status) => {
    const { caller, id } = await inProcess();
    const object = name ? id('imports', name) : '112000000999';
    expect((await caller.model('POST', `/imports/${object}/tasks`, body)).status).toBe(status);
    expect((await caller.model('GET', `/imports/${object}/tasks`)).json.tasks).toBeUndefined();
  });

  it('is refused for a body that is not JSON', async () => {
    const { caller, id } = await inProcess();
    const answer = await caller.send('POST', `/2/0${caller.base}/imports/${id('imports', 'Load Sales')}/tasks`, {
      body: '{',
    });
    expect(await answer.json()).toMatchObject({ status: { code: 400, message: 'Error parsing request body as JSON' } });
  });

  it('can be polled only below the action that it runs', async () => {
    const { caller, id } = await inProcess();
    const taskId = await caller.start('imports', id('imports', 'Load Sales'));
    expect((await caller.model('GET', `/imports/${id('imports', 'Load Products')}/tasks/${taskId}`)).status).toBe(404);
    expect((await caller.model('GET', `/processes/${id('imports', 'Load Sales')}/tasks/${taskId}`)).status).toBe(404);
  });

  it('waits in the model’s queue for the one before, first in, first out', async () => {
    const { caller, clock, id, file } = await inProcess();
    await caller.upload(file('Load Sales'), GOOD);
    const [sales, report] = [id('imports', 'Load Sales'), id('exports', 'Report')];
    const first = await caller.start('imports', sales);
    const second = await caller.start('exports', report);
    const third = await caller.start('imports', sales);
    const states = async () => [
      (await caller.task('imports', sales, first)).taskState,
      (await caller.task('exports', report, second)).taskState,
      (await caller.task('imports', sales, third)).taskState,
    ];
    expect(await states()).toEqual(['IN_PROGRESS', 'NOT_STARTED', 'NOT_STARTED']);
    await clock.advance(2000);
    expect(await states()).toEqual(['COMPLETE', 'IN_PROGRESS', 'NOT_STARTED']);
    await clock.advance(4000);
    expect(await states()).toEqual(['COMPLETE', 'COMPLETE', 'COMPLETE']);
    expect((await caller.model('GET', `/files/${report}`)).json).toContain('Tea,Jan 26,1');
    const { tasks } = (await caller.model('GET', `/imports/${sales}/tasks?sort=-creationTime`)).json;
    expect(tasks.map((each: Json) => each.taskId)).toEqual([third, first]);
  });

  it('shows in the model’s status while it runs', async () => {
    const { caller, clock, id } = await inProcess();
    const status = async () => (await caller.model('GET', '/status')).json.requestStatus;
    expect(await status()).toMatchObject({
      currentStep: 'Open',
      progress: -1,
      taskId: null,
      creationTime: clock.now(),
    });
    const importTask = await caller.start('imports', id('imports', 'Load Sales'));
    await clock.advance(500);
    expect(await status()).toMatchObject({
      currentStep: 'Processing ...',
      progress: 0.25,
      taskId: importTask,
      tooltip: expect.stringContaining('started by user admin@x.test'),
    });
    await clock.advance(1500);
    const exportTask = await caller.start('exports', id('exports', 'Report'));
    expect((await status()).taskId).toBe(`${exportTask}-11`);
  });

  it('has times as strings when asked for details', async () => {
    const { caller, id, clock } = await inProcess();
    const taskId = await caller.start('processes', id('processes', 'Nightly'));
    const started = clock.now();
    await clock.advance(6000);
    const { result } = await caller.task(
      'processes',
      id('processes', 'Nightly'),
      taskId,
      '?includeProcessDetails=true',
    );
    expect(result).toMatchObject({ startTime: String(started), duration: '6000' });
    expect(result.nestedResults[2]).toMatchObject({ startTime: String(started + 4000), duration: '2000' });
  });
});

describe('cancelling', () => {
  const cancel = async (opened: Awaited<ReturnType<typeof inProcess>>, kind: string, object: string, taskId: string) =>
    (await opened.caller.model('DELETE', `/${kind}/${object}/tasks/${taskId}`)).json.task;

  it('stops a running import with nothing changed', async () => {
    const opened = await inProcess();
    const { caller, clock, id, file, report } = opened;
    await caller.upload(file('Load Sales'), GOOD);
    const sales = id('imports', 'Load Sales');
    const taskId = await caller.start('imports', sales);
    await clock.advance(1500);
    expect((await cancel(opened, 'imports', sales, taskId)).taskState).toBe('CANCELLING');
    await clock.advance(1000);
    expect(await caller.task('imports', sales, taskId)).toMatchObject({
      taskState: 'CANCELLED',
      result: { successful: false, failureDumpAvailable: false, details: [{ type: 'msgImportCancelled' }] },
    });
    expect((await report()).modules.Sales).toEqual([]);
  });

  it('takes a waiting task out of the queue at once', async () => {
    const opened = await inProcess();
    const { caller, clock, id } = opened;
    const sales = id('imports', 'Load Sales');
    await caller.start('imports', sales);
    const second = await caller.start('imports', sales);
    const third = await caller.start('imports', sales);
    expect((await cancel(opened, 'imports', sales, second)).taskState).toBe('CANCELLED');
    await clock.advance(2000);
    expect((await caller.task('imports', sales, third)).taskState).toBe('IN_PROGRESS');
  });

  it('leaves what a process had already done', async () => {
    const opened = await inProcess();
    const { caller, clock, id, file, report } = opened;
    await caller.upload(file('Load Products'), 'Name,Code,Launch,Weight\nMilk,M,,\n');
    await caller.upload(file('Load Sales'), GOOD);
    const nightly = id('processes', 'Nightly');
    const taskId = await caller.start('processes', nightly);
    await clock.advance(3000);
    await cancel(opened, 'processes', nightly, taskId);
    await clock.advance(1000);
    const { taskState, result } = await caller.task('processes', nightly, taskId);
    expect(taskState).toBe('CANCELLED');
    expect(result.nestedResults.map((each: Json) => [each.objectId, each.successful])).toEqual([
      [id('imports', 'Load Products'), true],
      [id('imports', 'Load Sales'), false],
    ]);
    const after = await report();
    expect([after.lists.Products.length, after.modules.Sales]).toEqual([3, []]);
  });

  it('does not stop what cannot be rolled back', async () => {
    const opened = await inProcess();
    const { caller, clock, id } = opened;
    const object = id('actions', 'Delete Tea');
    const taskId = await caller.start('actions', object);
    await clock.advance(500);
    expect((await cancel(opened, 'actions', object, taskId)).taskState).toBe('IN_PROGRESS');
    await clock.advance(1500);
    expect(await caller.task('actions', object, taskId)).toMatchObject({
      taskState: 'COMPLETE',
      result: { details: [{ localMessageText: '1 items were deleted from the list Products using its filter' }] },
    });
  });

  it('names who did it, when that was somebody else', async () => {
    const { caller, clock, id, signIn } = await inProcess();
    const runner = await signIn('runner', 'r');
    const sales = id('imports', 'Load Sales');
    const taskId = await caller.start('imports', sales);
    await runner.model('DELETE', `/imports/${sales}/tasks/${taskId}`);
    await clock.advance(1000);
    expect(await caller.task('imports', sales, taskId)).toMatchObject({ cancelledBy: 'Test User' });
  });
});

describe('a process', () => {
  it('goes on after a failing action, and tells each result', async () => {
    const { caller, file, run, id } = await inProcess();
    await caller.upload(file('Load Sales'), BAD);
    const { result } = await run('processes', 'Nightly');
    expect(result).toMatchObject({
      successful: false,
      failureDumpAvailable: true,
      objectId: id('processes', 'Nightly'),
    });
    expect(result.nestedResults).toMatchObject([
      { successful: false, failureDumpAvailable: false, details: [{ type: 'uploadedFileNoLongerAvailable' }] },
      { successful: false, failureDumpAvailable: true },
      { successful: true, details: [{ type: 'exportSucceeded' }] },
    ]);
  });

  it('gives the dump of each import below its own id, whole and in chunks', async () => {
    const { caller, file, id } = await inProcess({
      ...smallTenant,
      settings: { taskSeconds: 0, outputChunkBytes: 50 },
    });
    await caller.upload(file('Load Sales'), BAD);
    const [nightly, sales] = [id('processes', 'Nightly'), id('imports', 'Load Sales')];
    const taskId = await caller.start('processes', nightly);
    const path = `/processes/${nightly}/tasks/${taskId}/dumps`;
    const whole = await caller.model('GET', `${path}/${sales}`);
    expect(whole.json).toContain('"E","Milk","Jan 26","1","","2","Item not located in Products list: Milk"');
    const { chunks } = (await caller.model('GET', `${path}/${sales}/chunks`)).json;
    let text = '';
    for (const each of chunks) text += (await caller.model('GET', `${path}/${sales}/chunks/${each.id}`)).json;
    expect([chunks.length > 1, text]).toEqual([true, whole.json]);
    expect((await caller.model('GET', `${path}/${sales}/chunks/${chunks.length}`)).status).toBe(404);
    expect((await caller.model('GET', `${path}/${id('imports', 'Load Products')}`)).status).toBe(404);
  });
});

describe('a dump', () => {
  const dumpOf = async (caller: Caller, object: string, taskId: string) =>
    (await caller.model('GET', `/imports/${object}/tasks/${taskId}/dump`)).status;

  it('is that of the newest failing task; older tasks answer 404 though flagged', async () => {
    const { caller, run, id } = await inProcess();
    const [first, second] = [await run('imports', 'Load Sales', BAD), await run('imports', 'Load Sales', BAD)];
    const sales = id('imports', 'Load Sales');
    expect(await dumpOf(caller, sales, first.taskId)).toBe(404);
    expect(await dumpOf(caller, sales, second.taskId)).toBe(200);
    expect((await caller.task('imports', sales, first.taskId)).result.failureDumpAvailable).toBe(true);
  });

  it('is gone after a clean run', async () => {
    const { caller, run, id } = await inProcess();
    const { taskId } = await run('imports', 'Load Sales', BAD);
    await run('imports', 'Load Sales', GOOD);
    expect(await dumpOf(caller, id('imports', 'Load Sales'), taskId)).toBe(404);
  });

  it('is each user’s own', async () => {
    const { caller, run, id, signIn } = await inProcess();
    const runner = await signIn('runner', 'r');
    const mine = await run('imports', 'Load Sales', BAD);
    const theirs = await run('imports', 'Load Sales', BAD, runner);
    const sales = id('imports', 'Load Sales');
    expect([await dumpOf(caller, sales, mine.taskId), await dumpOf(runner, sales, theirs.taskId)]).toEqual([200, 200]);
    expect(await dumpOf(caller, sales, theirs.taskId)).toBe(404);
  });

  it('lives 48 hours from its last use', async () => {
    const { caller, run, id, clock } = await inProcess(awake);
    const { taskId } = await run('imports', 'Load Sales', BAD);
    await clock.advance(47 * HOUR);
    expect(await dumpOf(caller, id('imports', 'Load Sales'), taskId)).toBe(200);
    await clock.advance(48 * HOUR);
    expect(await dumpOf(caller, id('imports', 'Load Sales'), taskId)).toBe(404);
  });
});
