import { describe, expect, it } from 'vitest';
import { createSimulator, turnableClock } from '../../simulator/index.ts';
import { Caller, type Json } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const GOOD = 'Products,Time,Units,Note\nTea,Jan 26,1,\n';

describe('a role', () => {
  const start = async (caller: Caller, object: string) =>
    caller.model('POST', `/imports/${object}/tasks`, { localeName: 'en_US' });

  it('to read lets a task be started, which then fails as not authorised', async () => {
    const { signIn, clock, id } = await inProcess();
    const reader = await signIn('reader', 'v');
    const sales = id('imports', 'Load Sales');
    const { status, json } = await start(reader, sales);
    await clock.advance(2000);
    const task = await reader.task('imports', sales, json.task.taskId);
    expect([status, task.currentStep, task.result.details[0].localMessageText]).toEqual([
      200,
      'Failed.',
      'You are not authorised to run Load Sales',
    ]);
  });

  it('of none masks the model as not there, with five exceptions', async () => {
    const { signIn, caller, id, simulator } = await inProcess();
    const nobody = await signIn('nobody', 'n');
    const statusOf = async (path: string) => (await nobody.send('GET', `/2/0${path}`)).status;
    const model = `/models/${simulator.model.id}`;
    for (const path of ['/files', '/imports', '/lists', '/status', `/imports/${id('imports', 'Load Sales')}`]) {
      expect([path, await statusOf(model + path)]).toEqual([path, 404]);
    }
    expect(await statusOf(model)).toBe(200);
    expect(
      (await (await nobody.send('GET', `/2/0/workspaces/${simulator.workspace.id}/models`)).json()) as Json,
    ).toMatchObject({
      models: [{ id: simulator.model.id }],
    });
    await start(caller, id('imports', 'Load Sales'));
    for (const kind of ['imports', 'exports', 'actions', 'processes']) {
      const { status, json } = await nobody.model('GET', `/${kind}/${id('imports', 'Load Sales')}/tasks`);
      expect([status, json.tasks, json.meta.paging.totalSize]).toEqual([200, undefined, 0]);
    }
    expect((await start(nobody, id('imports', 'Load Sales'))).status).toBe(404);
  });

  it('can differ from model to model, and deny single actions, lists and modules', async () => {
    const users = [
      {
        email: 'some@x.test',
        password: 's',
        role: 'none',
        models: { Plan: 'run' },
        mayNotRun: ['Load Products'],
        mayNotWrite: ['Sales'],
      },
    ] as const;
    const { run, caller, file } = await inProcess({ ...smallTenant, users });
    await caller.upload(file('Load Sales'), GOOD);
    const { result } = await run('processes', 'Nightly');
    expect(result.nestedResults.map((each: Json) => each.details[0].localMessageText)).toEqual([
      'You are not authorised to run Load Products',
      'You are not authorised to make changes to module: Sales - cannot proceed',
      expect.stringContaining('Export for Report completed successfully'),
    ]);
  });

  it('of a workspace administrator is needed to see the workspace itself', async () => {
    const { caller, signIn, simulator } = await inProcess();
    const path = `/2/0/workspaces/${simulator.workspace.id}`;
    expect((await caller.send('GET', path)).status).toBe(200);
    expect((await (await signIn('runner', 'r')).send('GET', path)).status).toBe(404);
  });
});

describe('a model’s state', () => {
  it.each([
    ['ARCHIVED', 422, 422, 422],
    ['LOCKED', 200, 423, 423],
    ['MAINTENANCE', 424, 424, 424],
    ['PRODUCTION', 200, 200, 425],
    ['PRODUCTION_MAINTENANCE', 424, 424, 424],
    ['UNLOCKED', 200, 200, 200],
  ] as const)('%s: reading %i, uploading %i, starting %i', async (state, read, upload, start) => {
    const models = { Plan: { ...smallTenant.models.Plan, state } };
    const { caller, id, file, simulator } = await inProcess({ ...smallTenant, models });
    expect((await caller.model('GET', '/files')).status).toBe(read);
    expect((await caller.model('POST', `/files/${file('Load Sales')}`, { chunkCount: 1 })).status).toBe(upload);
    const started = await caller.model('POST', `/imports/${id('imports', 'Load Sales')}/tasks`, {
      localeName: 'en_US',
    });
    expect(started.status).toBe(start);
    if (start !== 200) {
      expect(started.json).toEqual({
        status: { code: start, message: expect.any(String) },
        path: `/2/0${caller.base}/imports/${id('imports', 'Load Sales')}/tasks`,
        timestamp: expect.stringMatching(/Z$/),
      });
    }
    const listed = await caller.send('GET', `/2/0/models/${simulator.model.id}`);
    expect(((await listed.json()) as Json).model.activeState).toBe(state);
  });
});

it('allows 600 requests a minute for the whole tenant, evenly refilled', async () => {
  const clock = turnableClock();
  const simulator = await createSimulator({ clock });
  const callers = [
    await Caller.signIn(simulator),
    await Caller.signIn(simulator, 'grace@example.com', 'nautilus coffee anchor'),
  ];
  const ask = async (n: number) => (await callers[n % 2]?.send('GET', '/2/0/users/me')) ?? new Response();
  for (let i = 0; i < 600; i += 1) expect((await ask(i)).status).toBe(200);
  const refused = await ask(0);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
  expect(await refused.json()).toMatchObject({ status: { code: 429, message: 'Too Many Requests' } });
  await clock.advance(100);
  expect([(await ask(1)).status, (await ask(0)).status]).toEqual([200, 429]);
});
