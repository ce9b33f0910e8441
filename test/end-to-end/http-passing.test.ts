import { describe, it } from 'vitest';
import { type Call, impatient, landing, PRODUCTS, type Rule, when } from './landing.ts';

/** What passes by itself, what nobody can tell, and who may come in at all: answers that do not come every time. */

type Answer = NonNullable<NonNullable<Rule['do']>['answer']>;

const anaplan = (status: number): Answer => ({ status });
const gateway = (status: number): Answer => ({ status, form: 'html' });
const limited = (seconds: number): Answer => ({ status: 429, headers: { 'retry-after': seconds } });

async function healed(
  { call, rules, calls }: { call: Call; rules: Rule[]; calls: number },
  expect: typeof import('vitest').expect,
): Promise<void> {
  await using at = await landing({ scenario: { rules } });
  const { outcome, alerts } = await at.land();
  expect([outcome.outcome, outcome.rowsVerified, at.calls(call).length, alerts]).toEqual([
    'succeeded',
    true,
    calls,
    [],
  ]);
}

const REJECTED = `${PRODUCTS}${'x'.repeat(80)},P999,Coffee,2026-01-01\n`;

describe.concurrent('what has passed leaves no trace but the journal', () => {
  it.for<[string, { call: Call; rules: Rule[]; calls: number }]>([
    ['409 on the start, once', { call: 'start', rules: [when('start', { answer: anaplan(409) }, 1)], calls: 2 }],
    ['410 on a chunk, once', { call: 'chunk', rules: [when('chunk', { answer: anaplan(410) }, 1)], calls: 2 }],
    ['429 on the start, once', { call: 'start', rules: [when('start', { answer: limited(3) }, 1)], calls: 2 }],
    [
      '500 on a chunk, three times',
      { call: 'chunk', rules: [when('chunk', { answer: anaplan(500) }, [1, 2, 3])], calls: 4 },
    ],
    [
      '403 on the announcement, once, from a gateway',
      { call: 'announce', rules: [when('announce', { answer: gateway(403) }, 1)], calls: 2 },
    ],
    [
      '404 on the poll, once, from a gateway',
      { call: 'poll', rules: [when('poll', { answer: gateway(404) }, 1)], calls: 2 },
    ],
    ['502 on the poll, once', { call: 'poll', rules: [when('poll', { answer: gateway(502) }, 1)], calls: 2 }],
    [
      "503 on the start, once, in Anaplan's own words",
      { call: 'start', rules: [when('start', { answer: anaplan(503) }, 1)], calls: 2 },
    ],
    ['504 on a chunk, once', { call: 'chunk', rules: [when('chunk', { answer: gateway(504) }, 1)], calls: 2 }],
    ['a token that died in the middle', { call: 'start', rules: [when('start', { expireTokens: true }, 1)], calls: 2 }],
    [
      'a connection cut while a chunk was sent',
      { call: 'chunk', rules: [when('chunk', { reset: 'before' }, 1)], calls: 2 },
    ],
  ])('%s', ([, row], { expect }) => healed(row, expect));

  it('503 while the names of the pipeline are looked up: the drop waits and becomes a run', async ({ expect }) => {
    await using at = await landing({ scenario: { rules: [when('imports', { answer: anaplan(503) }, [1, 2, 3, 4])] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, at.calls('imports').length, alerts]).toEqual(['succeeded', 5, []]);
  });

  it('503 while the names of the pipeline are looked up: the schedule waits and becomes a run', async ({ expect }) => {
    const rules: Rule[] = [{ match: { path: '**/processes', nth: [1, 2, 3, 4] }, do: { answer: anaplan(503) } }];
    await using at = await landing({ pipelines: impatient('nightly', '[process: Recalculate]'), scenario: { rules } });
    const { outcome, alerts } = await at.start('nightly');
    expect([outcome.outcome, alerts]).toEqual(['succeeded', []]);
  });

  it('429 while the names of the pipeline are looked up: never sooner than Anaplan says', async ({ expect }) => {
    await using at = await landing({ scenario: { rules: [when('imports', { answer: limited(40) }, 1)] } });
    const { outcome } = await at.land();
    const [first, second] = at.calls('imports');
    expect([outcome.outcome, (second?.at ?? 0) - (first?.at ?? 0) >= 40_000]).toEqual(['succeeded', true]);
  });

  it.for([
    ['a chunk, when Anaplan says how long', 'chunk', limited(7), 7],
    ['the start, when Anaplan says how long', 'start', limited(7), 7],
    ['the poll, when Anaplan says how long', 'poll', limited(7), 7],
    ['a chunk, when Anaplan does not say', 'chunk', anaplan(429), 10],
    ['the start, by a 503 that says how long', 'start', { status: 503, headers: { 'retry-after': 12 } }, 12],
    ['the failure dump, when Anaplan says how long', 'dump', limited(7), 7],
  ] as const)('429 on %s: never sooner than that', async ([, call, answer, seconds], { expect }) => {
    await using at = await landing({ scenario: { rules: [when(call, { answer }, 1)] } });
    const { outcome } = await at.land('products', call === 'dump' ? REJECTED : PRODUCTS);
    const [first, second] = at.calls(call);
    expect(outcome.outcome).toBe(call === 'dump' ? 'succeeded-with-rejects' : 'succeeded');
    expect(outcome.steps[0]?.dumpLost).toBeUndefined();
    expect(((second?.at ?? 0) - (first?.at ?? 0)) / 1000).toBeGreaterThanOrEqual(seconds);
  });
});

describe.concurrent('a start whose answer is lost is not started again', () => {
  it.for([
    ['500 although it had started', { answer: { status: 500, acted: true } }],
    ['502 although it had started', { answer: { status: 502, form: 'html', acted: true } }],
    ['a connection cut after it had started', { reset: 'after' }],
  ] as const)('%s: the task is found', async ([, what], { expect }) => {
    await using at = await landing({ scenario: { rules: [when('start', what)] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.steps[0]?.adopted, at.calls('start').length, alerts]).toEqual([
      'succeeded',
      true,
      1,
      [],
    ]);
  });

  it('503 from a gateway and no task to be found: a person is asked', async ({ expect }) => {
    await using at = await landing({ scenario: { rules: [when('start', { answer: gateway(503) })] } });
    const { run, outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.failure?.category, at.calls('start').length]).toEqual([
      'unknown',
      'ambiguous-start',
      1,
    ]);
    expect(run.ended?.holdLane).toBe('a task of this run may still be running in Anaplan');
    expect(alerts[0]?.text).toContain('may or may not have been loaded');
    expect(alerts[0]?.text).toContain(`npx plandrop runs settle ${outcome.runId} --as succeeded`);
  });
});

describe.concurrent('signing in', () => {
  it('401: a wrong password is asked once and told', async ({ expect }) => {
    await using at = await landing({ user: { email: 'ada@example.com', password: 'not this one' } });
    const { outcome, alerts } = await at.land('products', PRODUCTS);
    expect([outcome.outcome, outcome.failure?.category, at.calls('sign-in').length]).toEqual([
      'failed',
      'authentication',
      1,
    ]);
    expect(alerts[0]?.text).toContain('Anaplan refused the sign-in.');
    expect(alerts[0]?.text).toContain('With single sign-on, a password works only for users set up as exceptions');
  });

  it('401: a token that is refused leads to one more sign-in', async ({ expect }) => {
    await using at = await landing({ scenario: { rules: [when('chunk', { answer: anaplan(401) })] } });
    await at.land();
    expect(at.calls('sign-in')).toHaveLength(2);
  });

  it.for([
    ['404, by a service that knows no sign-in', { status: 404 }, 'configuration', 'There is no Anaplan sign-in'],
    ['407, by a proxy that wants a sign-in of its own', { status: 407 }, 'configuration', 'HTTPS_PROXY'],
  ] as const)('%s: told after one request', async ([, answer, category, words], { expect }) => {
    await using at = await landing({ scenario: { rules: [when('sign-in', { answer })] } });
    const { outcome, alerts } = await at.land();
    expect([outcome.outcome, outcome.failure?.category, at.calls('sign-in').length]).toEqual(['failed', category, 1]);
    expect(alerts[0]?.text).toContain(words);
  });
});
