import { describe, expect, it } from 'vitest';
import {
  ConnectionCut,
  parseScenario,
  type Scenario,
  SimulatorFileError,
  startSimulator,
  type TenantDefinition,
} from '../../simulator/index.ts';
import { Caller, type Json } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const PATH = '**/imports';

async function under(scenario: Scenario) {
  const simulator = await startSimulator({ scenario });
  return { simulator, caller: await Caller.signIn(simulator) };
}

describe('weather', () => {
  it('answers the first request 429 with Retry-After in the envelope, and the second normally', async () => {
    const rule = { answer: { status: 429, headers: { 'Retry-After': '3' } } };
    const { simulator, caller } = await under({ rules: [{ match: { path: PATH, nth: 1 }, do: rule }] });
    const answer = await caller.send('GET', `/2/0${caller.base}/imports`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
    expect(await answer.json()).toMatchObject({
      status: { code: 429, message: 'Too Many Requests' },
      path: expect.any(String),
    });
    expect((await caller.model('GET', '/imports')).status).toBe(200);
    await simulator.close();
  });

  it.each([
    { form: 'json' as const, type: 'application/json', text: /"code":503,"message":"Service Unavailable"/ },
    { form: 'html' as const, type: 'text/html', text: /<h1>503 Service Unavailable<\/h1>/ },
    { form: 'empty' as const, type: null, text: /^$/ },
  ])('answers 503 as $form', async ({ form, type, text }) => {
    const { simulator, caller } = await under({
      rules: [{ match: { path: PATH }, do: { answer: { status: 503, form } } }],
    });
    const answer = await caller.send('GET', `/2/0${caller.base}/imports`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(await answer.text()).toMatch(text);
    await simulator.close();
  });

  it.each([
    { reset: 'before' as const, tasks: 0 },
    { reset: 'after' as const, tasks: 1 },
  ])('cuts the connection $reset the server acted', async ({ reset, tasks }) => {
    const { simulator, caller } = await under({
      rules: [{ match: { method: 'POST', path: '**/tasks' }, do: { reset } }],
    });
    const id = simulator.imports[0]?.id ?? '';
    const start = caller.model('POST', `/imports/${id}/tasks`, { localeName: 'en_US' });
    await expect(start).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    const { json } = await caller.model('GET', `/imports/${id}/tasks`);
    expect(json.meta.paging.totalSize).toBe(tasks);
    await simulator.close();
  });

  it.each([['half' as const], [0], [7]])('cuts an answer off in its body: %s', async (truncate) => {
    const { simulator, caller } = await under({ rules: [{ match: { path: PATH }, do: { truncate } }] });
    const answer = await caller.send('GET', `/2/0${caller.base}/imports`);
    expect([answer.status, Number(answer.headers.get('content-length')) > 100]).toEqual([200, true]);
    await expect(answer.text()).rejects.toThrow();
    await simulator.close();
  });

  it('lists all mistakes of a scenario file with their lines', () => {
    const text = [
      'rules:',
      '  - match: { path: "/(/" , nht: 2 }',
      '    then: { reset: sideways }',
      '  - then: {}',
      'colour: blue',
    ].join('\n');
    expect(() => parseScenario(text)).toThrow(SimulatorFileError);
    try {
      parseScenario(text);
    } catch (error) {
      const { mistakes } = error as SimulatorFileError;
      expect(mistakes.map((each) => `${each.line}: ${each.path}`)).toEqual([
        '2: rules.0.match.nht',
        '3: rules.0.then.reset',
        '4: rules.1.then',
        '5: colour',
      ]);
    }
  });
});

describe('weather without a socket', () => {
  const start = { method: 'POST', path: '**/tasks' };
  const on = (rules: Scenario['rules'], tenant: TenantDefinition = smallTenant) =>
    inProcess(tenant, { scenario: { rules } });
  const statuses = async (caller: Caller, count: number) => {
    const seen: number[] = [];
    for (let i = 0; i < count; i += 1) seen.push((await caller.model('GET', '/imports')).status);
    return seen;
  };
  const broken = { answer: { status: 503 } };

  it.each([
    ['the third', { nth: 3 }, [200, 200, 503, 200, 200, 200]],
    ['the first two', { nth: [1, 2] }, [503, 503, 200, 200, 200, 200]],
    ['every second', { every: 2 }, [200, 503, 200, 503, 200, 503]],
    ['another verb', { method: 'POST' }, [200, 200, 200, 200, 200, 200]],
    ['another user', { user: 'runner@x.test' }, [200, 200, 200, 200, 200, 200]],
    ['a regular expression', { path: '/models.[0-9A-F]{32}.imports$/' }, [503, 503, 503, 503, 503, 503]],
    ['a glob that stops at a slash', { path: '/2/0/*/imports' }, [200, 200, 200, 200, 200, 200]],
  ])('hits %s', async (_, match, expected) => {
    const { caller } = await on([{ match: { path: PATH, ...match }, do: broken }]);
    expect(await statuses(caller, 6)).toEqual(expected);
  });

  it('hits by chance, the same with the same seed', async () => {
    const rules = [{ match: { path: PATH, chance: 0.5 }, do: broken }];
    const [first, again] = [await on(rules), await on(rules)];
    const seen = await statuses(first.caller, 40);
    expect(await statuses(again.caller, 40)).toEqual(seen);
    expect(new Set(seen)).toEqual(new Set([200, 503]));
  });

  it('lets the first rule that fits win, while every rule counts', async () => {
    const { caller } = await on([
      { match: { path: PATH, nth: 1 }, do: { answer: { status: 500 } } },
      { match: { path: PATH, nth: 2 }, do: broken },
    ]);
    expect(await statuses(caller, 3)).toEqual([500, 503, 200]);
  });

  it('waits before it answers', async () => {
    const { caller, clock, simulator } = await on([{ match: { path: PATH }, do: { delayMs: 3000 } }]);
    const answer = caller.model('GET', '/imports');
    await new Promise(setImmediate);
    await clock.advance(3000);
    expect((await answer).status).toBe(200);
    expect(simulator.requests().at(-1)).toMatchObject({ tookMs: 3000, weather: 'delayMs' });
  });

  it('answers in place of a server that has acted', async () => {
    const answer = { status: 502, form: 'html' as const, acted: true };
    const { caller, id } = await on([{ match: start, do: { answer } }]);
    const sales = id('imports', 'Load Sales');
    expect((await caller.model('POST', `/imports/${sales}/tasks`, { localeName: 'en_US' })).status).toBe(502);
    expect((await caller.model('GET', `/imports/${sales}/tasks`)).json.tasks).toHaveLength(1);
  });

  it('cuts the connection at once, and the server acts later', async () => {
    const { caller, id, clock } = await on([{ match: { ...start, nth: 1 }, do: { actLaterMs: 30_000 } }]);
    const path = `/imports/${id('imports', 'Load Sales')}/tasks`;
    const began = clock.now();
    await expect(caller.model('POST', path, { localeName: 'en_US' })).rejects.toThrow(ConnectionCut);
    await clock.advance(29_000);
    expect((await caller.model('GET', path)).json.tasks).toBeUndefined();
    await clock.advance(60_000);
    expect((await caller.model('GET', path)).json.tasks).toMatchObject([
      { taskState: 'COMPLETE', creationTime: began + 30_000 },
    ]);
  });

  it('keeps a model busy until a late call has acted, and holds who asks for its files meanwhile', async () => {
    const late = { actLaterMs: 30_000, busy: true };
    const { caller, clock, file } = await on([{ match: { method: 'PUT', path: '**/chunks/0', nth: 1 }, do: late }]);
    const path = `/files/${file('Load Sales')}`;
    await caller.model('POST', path, { chunkCount: 1 });
    await expect(caller.send('PUT', `/2/0${caller.base}${path}/chunks/0`, { body: 'late' })).rejects.toThrow(
      ConnectionCut,
    );
    const seen = caller.send('GET', `/2/0${caller.base}${path}/chunks/0`);
    await new Promise(setImmediate);
    expect((await caller.model('GET', '/status')).json.requestStatus.currentStep).toBe('Processing ...');
    await clock.advance(30_000);
    expect(await (await seen).text()).toBe('late');
  });

  it('garbles an answer, with its status as it was', async () => {
    const { caller } = await on([{ match: { path: PATH }, do: { garble: true } }]);
    const answer = await caller.send('GET', `/2/0${caller.base}/imports`);
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow(SyntaxError);
  });

  it('lets every token die', async () => {
    const { caller } = await on([{ match: { path: PATH, nth: 2 }, do: { expireTokens: true } }]);
    expect(await statuses(caller, 3)).toEqual([200, 401, 401]);
  });

  it('changes a model’s state, and back', async () => {
    const { caller } = await on([
      { match: { path: '**/files', nth: 1 }, do: { modelState: { state: 'MAINTENANCE' } } },
      { match: { path: '**/files', nth: 3 }, do: { modelState: { model: 'Plan', state: 'UNLOCKED' } } },
      { match: { path: '**/files', nth: 4 }, do: { modelState: { model: 'Another', state: 'ARCHIVED' } } },
    ]);
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push((await caller.model('GET', '/files')).status);
    expect(seen).toEqual([424, 424, 200, 200]);
  });

  it('unloads a model, so that a task is lost', async () => {
    const { caller, id, clock } = await on([{ match: { method: 'GET', path: '**/tasks/*' }, do: { unload: true } }]);
    const sales = id('imports', 'Load Sales');
    const poll = caller.model('GET', `/imports/${sales}/tasks/${await caller.start('imports', sales)}`);
    for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
    await clock.advance(5000);
    expect((await poll).status).toBe(404);
  });

  it('makes a task last, and fail with any message', async () => {
    const fails = { type: 'internalError' as const, values: { message: 'disk full' } };
    const { caller, id, clock } = await on([{ match: start, do: { task: { seconds: 600, fails } } }]);
    const sales = id('imports', 'Load Sales');
    const taskId = await caller.start('imports', sales);
    await clock.advance(599_000);
    expect((await caller.task('imports', sales, taskId)).taskState).toBe('IN_PROGRESS');
    await clock.advance(1000);
    expect((await caller.task('imports', sales, taskId)).result.details[0]).toMatchObject({
      type: 'internalError',
      localMessageText: 'An internal error occurred: disk full',
    });
  });

  it('lets somebody else start the same import first', async () => {
    const other = { action: 'Load Sales', user: 'runner@x.test', seconds: 60 };
    const { caller, id, simulator } = await on([{ match: start, do: { otherStarts: other } }]);
    const sales = id('imports', 'Load Sales');
    const mine = await caller.start('imports', sales);
    const { tasks } = (await caller.model('GET', `/imports/${sales}/tasks`)).json;
    expect(tasks.map((each: Json) => each.taskState)).toEqual(['IN_PROGRESS', 'NOT_STARTED']);
    expect(tasks[1].taskId).toBe(mine);
    expect(simulator.tenant.model('Plan').queue.tasks[0]?.starter.email).toBe('runner@x.test');
  });

  it('takes an upload and gives a download slowly', async () => {
    const slow = { bytesPerSecond: 1000 };
    const { caller, clock, file } = await on([{ match: { path: '**/chunks/0' }, do: slow }]);
    await caller.model('POST', `/files/${file('Load Sales')}`, { chunkCount: 1 });
    const began = clock.now();
    const patiently = async <T>(work: Promise<T>): Promise<T> => {
      let done = false;
      const finished = work.finally(() => {
        done = true;
      });
      while (!done) {
        await new Promise(setImmediate);
        const wake = clock.nextWake();
        if (wake !== undefined) await clock.advance(wake - clock.now());
      }
      return finished;
    };
    expect(await patiently(caller.putChunk(file('Load Sales'), 0, 'x'.repeat(5000)))).toBe(204);
    expect(Math.round(clock.now() - began)).toBe(5000);
    expect((await patiently(caller.model('GET', `/files/${file('Load Sales')}/chunks/0`))).json).toHaveLength(5000);
    expect(Math.round(clock.now() - began)).toBe(10_000);
  });

  it('can be changed while it runs, by call and over the API', async () => {
    const { caller, simulator } = await on([]);
    simulator.changeWeather({ rules: [{ match: { path: PATH }, do: broken }] });
    expect(await statuses(caller, 1)).toEqual([503]);
    const yaml = 'rules:\n  - match: { path: "**/imports" }\n    then: { answer: { status: 410 } }\n';
    expect((await caller.send('POST', '/simulator/scenario', { body: yaml })).status).toBe(204);
    expect(await statuses(caller, 1)).toEqual([410]);
    const wrong = await caller.send('POST', '/simulator/scenario', { body: 'rules: 3' });
    expect([wrong.status, ((await wrong.json()) as Json).mistakes[0].path]).toEqual([400, 'rules']);
  });
});
