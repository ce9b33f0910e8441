import { describe, expect, it } from 'vitest';
import { parseScenario, type Scenario, SimulatorFileError, startSimulator } from '../../simulator/index.ts';
import { Caller } from './helpers/caller.ts';

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
