import { describe, it } from 'vitest';
import type { Category } from '../../shared/diagnosis/diagnosis.ts';
import type { Outcome } from '../../shared/run/run.ts';
import { type Call, impatient, landing, PRODUCTS, type Rule, when } from './landing.ts';

/** Every HTTP status of the troubleshooting guide, on the calls where it matters: what the run does, how often it asks, what the alert says. */

type Answer = NonNullable<NonNullable<Rule['do']>['answer']>;

interface Refused {
  call: Call;
  answer: Answer;
  outcome: Outcome;
  category: Category;
  /** requests of that kind that the simulator saw */
  calls: number;
  /** what the alert says, among other things */
  alert: string;
}

const anaplan = (status: number): Answer => ({ status });
const gateway = (status: number): Answer => ({ status, form: 'html' });
const limited = (seconds: number): Answer => ({ status: 429, headers: { 'retry-after': seconds } });

/** Two attempts of the run; a request that may be repeated is repeated three times within each. */
const IN_ALL = 2;
const REPEATED_IN_ALL = 8;

async function refused({ call, answer, ...expected }: Refused, expect: typeof import('vitest').expect): Promise<void> {
  await using at = await landing({ scenario: { rules: [when(call, { answer })] } });
  const { outcome, alerts } = await at.land();
  expect({
    outcome: outcome.outcome,
    category: outcome.failure?.category,
    calls: at.calls(call).length,
    alerts: alerts.length,
  }).toEqual({ outcome: expected.outcome, category: expected.category, calls: expected.calls, alerts: 1 });
  expect(alerts[0]?.subject).toContain(`(${expected.category})`);
  expect(alerts[0]?.text).toContain(expected.alert);
  expect(outcome.failure?.http?.status ?? answer.status).toBe(answer.status);
}

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

describe.concurrent('a definite refusal is not repeated', () => {
  it.for<[string, Refused]>([
    [
      '400 on the start: the request is wrong',
      {
        call: 'start',
        answer: anaplan(400),
        outcome: 'failed',
        category: 'bad-request',
        calls: 1,
        alert: 'Check `mapping:` of the step',
      },
    ],
    [
      '400 on the announcement',
      {
        call: 'announce',
        answer: { status: 400, message: 'Unsupported value' },
        outcome: 'failed',
        category: 'bad-request',
        calls: 1,
        alert: 'Anaplan answered 400, "Unsupported value".',
      },
    ],
    [
      '401 on a chunk: signed in again once, then told',
      {
        call: 'chunk',
        answer: anaplan(401),
        outcome: 'failed',
        category: 'authentication',
        calls: 2,
        alert: 'Anaplan did not accept the token, even after signing in again.',
      },
    ],
    [
      '403 on the start: no right to run it',
      {
        call: 'start',
        answer: anaplan(403),
        outcome: 'failed',
        category: 'permission',
        calls: 1,
        alert: 'the right to run import "Load Products" in model "FY26 Plan"',
      },
    ],
    [
      '403 on the announcement: no right to the file',
      {
        call: 'announce',
        answer: anaplan(403),
        outcome: 'failed',
        category: 'permission',
        calls: 1,
        alert: 'The integration user is not permitted to do this.',
      },
    ],
    [
      '404 on the start: wrong id, or not visible',
      {
        call: 'start',
        answer: anaplan(404),
        outcome: 'failed',
        category: 'not-found',
        calls: 1,
        alert: 'Anaplan gives the same answer for both',
      },
    ],
    [
      '404 on the announcement',
      {
        call: 'announce',
        answer: anaplan(404),
        outcome: 'failed',
        category: 'not-found',
        calls: 1,
        alert: 'run `plandrop lock` to refresh the ids',
      },
    ],
    [
      '404 on the poll of a known task: nobody knows how it ended',
      {
        call: 'poll',
        answer: anaplan(404),
        outcome: 'unknown',
        category: 'task-lost',
        calls: 1,
        alert: 'Nothing is run again by itself, because it might be applied twice.',
      },
    ],
    [
      '405 on the announcement',
      {
        call: 'announce',
        answer: anaplan(405),
        outcome: 'failed',
        category: 'bad-request',
        calls: 1,
        alert: 'Anaplan does not offer this kind of request',
      },
    ],
    [
      '406 on the start',
      {
        call: 'start',
        answer: anaplan(406),
        outcome: 'failed',
        category: 'bad-request',
        calls: 1,
        alert: 'Anaplan cannot answer in the form that was asked for.',
      },
    ],
    [
      '415 on a chunk',
      {
        call: 'chunk',
        answer: anaplan(415),
        outcome: 'failed',
        category: 'bad-request',
        calls: 1,
        alert: 'Anaplan does not accept the content type of the request.',
      },
    ],
    [
      '422 on the announcement: archived',
      {
        call: 'announce',
        answer: anaplan(422),
        outcome: 'failed',
        category: 'model-state',
        calls: 1,
        alert: 'Model "FY26 Plan" is archived.',
      },
    ],
    [
      '425 on the start: deployed',
      {
        call: 'start',
        answer: anaplan(425),
        outcome: 'failed',
        category: 'model-state',
        calls: 1,
        alert: 'Model "FY26 Plan" is in deployed mode',
      },
    ],
  ])('%s', ([, row], { expect }) => refused(row, expect));
});

describe.concurrent('what may pass is tried again, within its budget', () => {
  it.for<[string, Refused]>([
    [
      '409 on the start: busy, or the state does not match',
      {
        call: 'start',
        answer: anaplan(409),
        outcome: 'failed',
        category: 'conflict',
        calls: IN_ALL,
        alert: 'Check in Anaplan what else runs in model "FY26 Plan"',
      },
    ],
    [
      '409 on a chunk',
      {
        call: 'chunk',
        answer: anaplan(409),
        outcome: 'failed',
        category: 'conflict',
        calls: IN_ALL,
        alert: 'Given up after 2 attempts.',
      },
    ],
    [
      '410 on the announcement: moved',
      {
        call: 'announce',
        answer: anaplan(410),
        outcome: 'failed',
        category: 'moved',
        calls: IN_ALL,
        alert: 'The workspace has moved inside Anaplan',
      },
    ],
    [
      '423 on the start: locked for longer than the pipeline waits',
      {
        call: 'start',
        answer: anaplan(423),
        outcome: 'failed',
        category: 'model-state',
        calls: 1,
        alert: 'Model "FY26 Plan" is locked.',
      },
    ],
    [
      '424 on the announcement: offline for longer than the pipeline waits',
      {
        call: 'announce',
        answer: anaplan(424),
        outcome: 'failed',
        category: 'model-state',
        calls: 1,
        alert: 'Model "FY26 Plan" is offline.',
      },
    ],
    [
      '429 on a chunk',
      {
        call: 'chunk',
        answer: limited(7),
        outcome: 'failed',
        category: 'rate-limit',
        calls: IN_ALL,
        alert: 'all share 600 requests a minute',
      },
    ],
    [
      '429 on the start',
      {
        call: 'start',
        answer: limited(7),
        outcome: 'failed',
        category: 'rate-limit',
        calls: IN_ALL,
        alert: 'Given up after 2 attempts.',
      },
    ],
    [
      '429 on the poll: the task may have ended well',
      {
        call: 'poll',
        answer: limited(7),
        outcome: 'unknown',
        category: 'rate-limit',
        calls: IN_ALL,
        alert: 'Given up after 2 failed polls in a row.',
      },
    ],
    [
      '500 on a chunk',
      {
        call: 'chunk',
        answer: anaplan(500),
        outcome: 'failed',
        category: 'service',
        calls: REPEATED_IN_ALL,
        alert: 'it holds the request details and the task output',
      },
    ],
    [
      '500 on the poll',
      {
        call: 'poll',
        answer: anaplan(500),
        outcome: 'unknown',
        category: 'service',
        calls: REPEATED_IN_ALL,
        alert: 'Anaplan had an error of its own',
      },
    ],
    [
      '502 on a chunk, from a gateway',
      {
        call: 'chunk',
        answer: gateway(502),
        outcome: 'failed',
        category: 'service',
        calls: REPEATED_IN_ALL,
        alert: 'a web page saying 502 Bad Gateway.',
      },
    ],
    [
      "503 on the start, in Anaplan's own words: a refusal",
      {
        call: 'start',
        answer: anaplan(503),
        outcome: 'failed',
        category: 'service',
        calls: IN_ALL,
        alert: 'Anaplan cannot take requests at the moment.',
      },
    ],
    [
      '504 on the poll, from a gateway',
      {
        call: 'poll',
        answer: gateway(504),
        outcome: 'unknown',
        category: 'service',
        calls: REPEATED_IN_ALL,
        alert: 'A gateway waited too long for Anaplan',
      },
    ],
  ])('%s', ([, row], { expect }) => refused(row, expect));
});

describe.concurrent('what has passed leaves no trace but the journal', () => {
  it.for<[string, { call: Call; rules: Rule[]; calls: number }]>([
    ['409 on the start, once', { call: 'start', rules: [when('start', { answer: anaplan(409) }, 1)], calls: 2 }],
    ['410 on a chunk, once', { call: 'chunk', rules: [when('chunk', { answer: anaplan(410) }, 1)], calls: 2 }],
    ['429 on the start, once', { call: 'start', rules: [when('start', { answer: limited(3) }, 1)], calls: 2 }],
    [
      '500 on a chunk, three times',
      { call: 'chunk', rules: [when('chunk', { answer: anaplan(500) }, [1, 2, 3])], calls: 4 },
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
  ] as const)('429 on %s: never sooner than that', async ([, call, answer, seconds], { expect }) => {
    await using at = await landing({ scenario: { rules: [when(call, { answer }, 1)] } });
    const { outcome } = await at.land();
    const [first, second] = at.calls(call);
    expect(outcome.outcome).toBe('succeeded');
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

  it.for([
    ['500', anaplan(500)],
    ['502 from a gateway', gateway(502)],
    ['503 from a gateway', gateway(503)],
    ['504 from a gateway', gateway(504)],
  ] as const)('%s and no task to be found: a person is asked', async ([, answer], { expect }) => {
    await using at = await landing({ scenario: { rules: [when('start', { answer })] } });
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
});

describe.concurrent('a failure dump that Anaplan does not hand out', () => {
  const rejected = `${PRODUCTS}${'x'.repeat(80)},P999,Coffee,2026-01-01\n`;
  it.for([
    ['403', anaplan(403), 1],
    ['404', anaplan(404), 2],
    ['409', anaplan(409), IN_ALL],
    ['423', anaplan(423), 1],
    ['429', limited(7), IN_ALL],
    ['500', anaplan(500), REPEATED_IN_ALL],
  ] as const)('%s: the outcome stays, and the loss is told', async ([, answer, calls], { expect }) => {
    await using at = await landing({ scenario: { rules: [when('dump', { answer })] } });
    const { outcome, alerts } = await at.land('products', rejected);
    expect([outcome.outcome, outcome.steps[0]?.counts?.rejected, at.calls('dump').length]).toEqual([
      'succeeded-with-rejects',
      1,
      calls,
    ]);
    expect(outcome.steps[0]?.dumpLost).toBeDefined();
    expect(alerts[0]?.text).toContain('A failure dump is lost: ');
  });
});
