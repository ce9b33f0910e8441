import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstPage, type Told } from '../../cli/support/first-page.ts';
import { asSteps, requestTable } from '../../cli/support/request-table.ts';
import type { JournaledRequest } from '../../shared/run/request-journal.ts';
import { AT, aRun } from '../run/a-run.ts';

const asked = (change: Partial<JournaledRequest> = {}): JournaledRequest => ({
  kind: 'request',
  attempt: 'a',
  turn: 5,
  delivery: 1,
  n: 1,
  at: new Date(AT).toISOString(),
  host: 'api.anaplan.com',
  user: 'ada@example.com',
  call: 'poll',
  method: 'GET',
  path: '/2/0/workspaces/w/models/M/imports/112000000001/tasks/T',
  status: 200,
  ms: 12,
  ...change,
});

const told = (change: Partial<Told> = {}): Told => ({
  run: aRun(),
  requests: [asked()],
  gaps: [],
  now: AT + 3_600_000,
  timezone: 'UTC',
  versions: { plandrop: '0.1.0', node: 'v24.0.0', system: 'Linux' },
  files: [{ name: 'ledger.json', what: 'the ledger' }],
  ...change,
});

const failed = aRun({
  ended: {
    outcome: 'failed',
    at: new Date(AT).toISOString(),
    todo: [],
    failure: {
      category: 'conflict',
      cause: 'Something else runs.',
      message: 'Import "Load Sales" was not started.',
      whatToCheck: [],
      retry: { kind: 'no' },
      references: {},
      http: { method: 'POST', path: '/2/0/start', status: 409, body: 'busy' },
    },
  },
});

describe('the first page', () => {
  it('shows the request that the failure was read from, with its correlation id, not a later one', () => {
    const page = firstPage(
      told({
        run: failed,
        requests: [
          asked({ method: 'POST', path: '/2/0/start', status: 409, requestId: 'corr-1', responseBody: 'it is busy' }),
          asked({ status: 503, requestId: 'corr-2', responseBody: 'later' }),
        ],
      }),
    );
    const answered = page.slice(page.indexOf('## What Anaplan answered'), page.indexOf('## How to see it again'));
    expect(answered).toContain('`POST /2/0/start` was answered with 409');
    expect(answered).toContain('it is busy');
    expect(answered).not.toContain('later');
    expect(answered).toContain('of the failed request: corr-1');
  });

  it('says the time with the zone of whoever writes', () => {
    expect(firstPage(told({ timezone: 'Europe/Berlin' }))).toContain(
      '2026-03-02T06:00:00.000Z (2 Mar 2026, 07:00:00 Europe/Berlin)',
    );
  });

  it('asks a person for what nothing tells: the user, the service, what is wrong', () => {
    const page = firstPage(told({ requests: [], run: { ...aRun(), pipeline: null, steps: [] } }));
    for (const blank of [
      '[the integration user]',
      '[which region]',
      '[name and id]',
      '[what is wrong: Plandrop saw no failure]',
    ])
      expect(page).toContain(blank);
    expect(firstPage(told({ requests: [], userHere: 'ada@example.com' }))).toContain(
      'ada@example.com (as set on this machine now)',
    );
  });

  it('says what it lacks', () => {
    expect(firstPage(told({ gaps: ['Turn 3 was cut short.'] }))).toContain('- Turn 3 was cut short.');
    expect(firstPage(told())).toContain('- Every request that the run made is here.');
  });

  it('is one page whatever Anaplan answers: no words of somebody else end a block, a cell or a line of a list', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('```\n# Ha', '|\n|', '<html>', '\u0000', '`````'),
    );
    fc.assert(
      fc.property(words, words, words, (user, responseBody, path) => {
        const hostile = asked({ user, responseBody, path, status: 500, requestId: path, problem: responseBody });
        const page = firstPage(told({ requests: [hostile] }));
        const headings = page.replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '').match(/^#+ .*$/gm);
        expect(headings).toHaveLength(9);
        expect(requestTable([hostile]).trimEnd().split('\n')).toHaveLength(2);
      }),
    );
  });
});

it('writes repetitions of a request as one step', () => {
  const chunk = (number: number, status?: number) => {
    const { status: _, ...sent } = asked({
      method: 'PUT',
      path: `/2/0/workspaces/w/models/M/files/113/chunks/${number}`,
    });
    return { ...sent, ...(status === undefined ? {} : { status }) };
  };
  const steps = asSteps([chunk(0, 204), chunk(1, 503), chunk(1, 204), chunk(2), asked()], '/2/0/workspaces/w/models/M');
  expect(steps).toEqual([
    'PUT {model}/files/113/chunks/{number}: 204 (2 times), 503, no answer',
    'GET {model}/imports/112000000001/tasks/T: 200',
  ]);
  const many = Array.from({ length: 200 }, (_, i) => asked({ path: `/${i}` }));
  expect(asSteps(many, undefined).at(-1)).toBe('… and 141 more, in requests.txt');
});
