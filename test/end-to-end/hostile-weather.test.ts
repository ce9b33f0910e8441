import fc from 'fast-check';
import { it } from 'vitest';
import { releaseLane } from '../../shared/run/lane-by-hand.ts';
import { demoTenant } from '../../simulator/index.ts';
import { nearTask, nested } from '../anaplan/hostile-answers.ts';
import { type Call, landing, PRODUCTS, type Rule, when } from './landing.ts';

/**
 * Whole runs in weather that nobody foresaw. Whatever is answered to whichever call, a run ends in one outcome that is not a fault of
 * ours, after a bounded number of requests; and the tokens and passwords that the answers throw back are written nowhere, which the
 * end of the test looks after.
 */

const CALLS = ['imports', 'models', 'status', 'files', 'announce', 'chunk', 'tasks', 'start', 'poll', 'dump'] as const;
const RUNS = 10;
const MOST_REQUESTS = 200;
const REJECTED = `${PRODUCTS}${'x'.repeat(80)},P999,Coffee,2026-01-01\n`;

/** Nobody else's secrets: only what we have sent can be thrown back at us. */
const OURS_ALONE = { ...demoTenant, users: demoTenant.users?.slice(0, 1), oauthClients: [] };

/** `{secrets}` stands for every password and token of the tenant. */
const bodies = fc.oneof(
  fc.constantFrom(
    '{secrets}',
    '<html><title>{secrets}</title></html>',
    '{"status":{"code":500,"message":"you sent {secrets}"}}',
    '{"task":{"taskId":"{secrets}","taskState":"COMPLETE"}}',
    '{"task":{"taskId":"0","taskState":"COMPLETE","currentStep":"Failed. {secrets}","result":{"successful":false,"failureDumpAvailable":true,"details":[{"type":"{secrets}","localMessageText":"{secrets}","occurrences":-7,"values":["__proto__","{secrets}"]}]}}}',
    '{"requestStatus":{"currentStep":"{secrets}","tooltip":"by {secrets}","progress":1e300}}',
    '"_Status_","{secrets}","_Line_","_Error_1_"\n"E","{secrets}","999999999","Item not located in {secrets} list"\n',
    '{"chunks":[{"id":"{secrets}"}],"meta":{"paging":{"totalSize":1e308}},"status":{"code":200}}',
    '{"imports":[{"id":"__proto__","name":"Load Products","importDataSourceId":"constructor"}],"status":{"code":200}}',
    '{"task":{"taskId":"T","ta',
    '[]',
    'null',
    '\ud800',
    'y'.repeat(2_000_000),
  ),
  nearTask,
  fc.integer({ min: 60, max: 5000 }).map((depth) => nested('{"task":', depth).toString()),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

const weather = fc.record({
  call: fc.constantFrom<Call>(...CALLS),
  nth: fc.constantFrom(undefined, 1, [1, 2, 3]),
  what: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        status: fc.constantFrom(200, 200, 200, 201, 202, 204, 302, 400, 404, 418, 429, 500, 503, 599),
        body: bodies,
        retryAfter: fc.constantFrom('0', '-1', 'soon', '{secrets}', '2'),
      }),
    },
    fc.constantFrom(
      { garble: true },
      { truncate: 'half' as const },
      { truncate: 0 },
      { reset: 'before' as const },
      { reset: 'after' as const },
    ),
  ),
});
type Weather = typeof weather extends fc.Arbitrary<infer Each> ? Each : never;

function ruleOf({ call, nth, what }: Weather, secrets: readonly string[]): Rule {
  if (!('status' in what)) return when(call, what, nth);
  const said = (text: string) =>
    text.replaceAll('{secrets}', secrets.map((secret) => JSON.stringify(secret).slice(1, -1)).join(' '));
  const { status } = what;
  const body = status === 204 ? '' : said(what.body);
  return when(call, { answer: { status, body, headers: { 'retry-after': said(what.retryAfter) } } }, nth);
}

it.concurrent.for([1, 2, 3])(
  'a run in any weather ends in an outcome, and tells no secret (%i)',
  async (_, { expect }) => {
    await using at = await landing({ tenant: OURS_ALONE });
    await fc.assert(
      fc.asyncProperty(fc.array(weather, { minLength: 1, maxLength: 3 }), async (all) => {
        const secrets = at.simulator.secrets();
        at.simulator.changeWeather({ rules: all.map((each) => ruleOf(each, secrets)) });
        const [asked, told] = [at.simulator.requests().length, at.alerts.length];
        const { run, outcome } = await at.land('products', REJECTED);
        expect(outcome.failure?.category).not.toBe('internal');
        expect(at.simulator.requests().length - asked).toBeLessThan(MOST_REQUESTS);
        expect(at.alerts.length - told).toBe(outcome.outcome === 'succeeded' ? 0 : 1);
        if (run.ended?.holdLane !== undefined) await releaseLane(at.services, run.pipeline?.modelId ?? '');
      }),
      { numRuns: RUNS },
    );
  },
);
