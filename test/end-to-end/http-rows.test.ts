import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseLane } from '../../shared/run/lane-by-hand.ts';
import { landing, PRODUCTS, when } from './landing.ts';

/**
 * Every HTTP status of the troubleshooting guide, and the further ones, on each call of a run: what the run comes to, how often it
 * asks, what the one alert says. Each answer comes every time, so that budgets are seen to end.
 */

/** The pipeline allows two attempts, and two failed polls. */
const TWICE = 2;
/** In each of them, what is safe to repeat at once is repeated three times. */
const REPEATED = 8;

/** what happens, outcome and category, requests of that kind that the simulator saw, words of the alert */
type Row = readonly [name: string, verdict: string, calls: number, alert: string];

const ROWS: Readonly<Record<'announce' | 'chunk' | 'start' | 'poll' | 'dump', readonly Row[]>> = {
  announce: [
    ['400 on the announcement: Anaplan is quoted', 'failed bad-request', 1, 'Anaplan answered 400, "Bad Request".'],
    ['401 on the announcement', 'failed authentication', 2, 'even after signing in again'],
    ['403 on the announcement: no right to the file', 'failed permission', 1, 'is not permitted to do this'],
    ['404 on the announcement', 'failed not-found', 1, 'run `plandrop lock` to refresh the ids'],
    ['405 on the announcement', 'failed bad-request', 1, 'does not offer this kind of request at this address'],
    ['406 on the announcement', 'failed bad-request', 1, 'cannot answer in the form that was asked for'],
    ['409 on the announcement', 'failed conflict', TWICE, 'The model or the object is busy'],
    ['410 on the announcement: moved', 'failed moved', TWICE, 'The workspace has moved inside Anaplan'],
    ['415 on the announcement', 'failed bad-request', 1, 'does not accept the content type of the request'],
    ['422 on the announcement: archived', 'failed model-state', 1, 'Model "FY26 Plan" is archived.'],
    ['423 on the announcement', 'failed model-state', 1, 'Model "FY26 Plan" is locked.'],
    [
      '424 on the announcement: offline for longer than the pipeline waits',
      'failed model-state',
      1,
      'Model "FY26 Plan" is offline.',
    ],
    ['425 on the announcement', 'failed model-state', 1, 'Model "FY26 Plan" is in deployed mode'],
    ['429 on the announcement', 'failed rate-limit', TWICE, 'all share 600 requests a minute'],
    ['500 on the announcement', 'failed service', TWICE, 'Anaplan had an error of its own'],
    ['502 on the announcement', 'failed service', TWICE, 'a web page saying 502 Bad Gateway.'],
    ['503 on the announcement', 'failed service', TWICE, 'Anaplan cannot take requests at the moment.'],
    ['504 on the announcement', 'failed service', TWICE, 'A gateway waited too long for Anaplan'],
    ['403 on the announcement, from a gateway', 'failed service', TWICE, 'seems to have answered 403 in its place'],
  ],
  chunk: [
    ['400 on a chunk', 'failed bad-request', 1, 'missing, wrong or not supported'],
    ['401 on a chunk: signed in again once, then told', 'failed authentication', 2, 'even after signing in again'],
    ['403 on a chunk', 'failed permission', 1, 'is not permitted to do this'],
    [
      '404 on a chunk: the file was never announced',
      'failed not-found',
      1,
      'Redrive the run: it announces the file anew',
    ],
    ['405 on a chunk', 'failed bad-request', 1, 'does not offer this kind of request at this address'],
    ['406 on a chunk', 'failed bad-request', 1, 'cannot answer in the form that was asked for'],
    ['409 on a chunk', 'failed conflict', TWICE, 'Given up after 2 attempts.'],
    ['410 on a chunk', 'failed moved', REPEATED, 'The workspace has moved inside Anaplan'],
    ['415 on a chunk', 'failed bad-request', 1, 'does not accept the content type of the request'],
    ['422 on a chunk', 'failed model-state', 1, 'Model "FY26 Plan" is archived.'],
    ['423 on a chunk', 'failed model-state', 1, 'Model "FY26 Plan" is locked.'],
    ['424 on a chunk', 'failed model-state', 1, 'Model "FY26 Plan" is offline.'],
    ['425 on a chunk', 'failed model-state', 1, 'Model "FY26 Plan" is in deployed mode'],
    ['429 on a chunk', 'failed rate-limit', TWICE, 'all share 600 requests a minute'],
    ['500 on a chunk', 'failed service', REPEATED, 'it holds the request details and the task output'],
    ['502 on a chunk, from a gateway', 'failed service', REPEATED, 'a web page saying 502 Bad Gateway.'],
    ['503 on a chunk', 'failed service', REPEATED, 'Anaplan cannot take requests at the moment.'],
    ['504 on a chunk', 'failed service', REPEATED, 'A gateway waited too long for Anaplan'],
    ['404 on a chunk, from a gateway', 'failed service', REPEATED, 'a web page saying 404 Not Found.'],
  ],
  start: [
    ['400 on the start: the request is wrong', 'failed bad-request', 1, 'Check `mapping:` of the step'],
    ['401 on the start', 'failed authentication', 2, 'even after signing in again'],
    ['403 on the start: no right to run it', 'failed permission', 1, 'the right to run import "Load Products"'],
    ['404 on the start: wrong id, or not visible', 'failed not-found', 1, 'Anaplan gives the same answer for both'],
    ['405 on the start', 'failed bad-request', 1, 'does not offer this kind of request at this address'],
    ['406 on the start', 'failed bad-request', 1, 'cannot answer in the form that was asked for'],
    [
      '409 on the start: busy, or the state does not match',
      'failed conflict',
      TWICE,
      'Check in Anaplan what else runs in model',
    ],
    ['410 on the start', 'failed moved', TWICE, 'The workspace has moved inside Anaplan'],
    ['415 on the start', 'failed bad-request', 1, 'does not accept the content type of the request'],
    ['422 on the start', 'failed model-state', 1, 'Model "FY26 Plan" is archived.'],
    [
      '423 on the start: locked for longer than the pipeline waits',
      'failed model-state',
      1,
      'Model "FY26 Plan" is locked.',
    ],
    ['424 on the start', 'failed model-state', 1, 'Model "FY26 Plan" is offline.'],
    ['425 on the start: deployed', 'failed model-state', 1, 'Model "FY26 Plan" is in deployed mode'],
    ['429 on the start', 'failed rate-limit', TWICE, 'Given up after 2 attempts.'],
    ['500 on the start: it may have started', 'unknown ambiguous-start', 1, 'may or may not have been loaded'],
    [
      '502 on the start, from a gateway: it may have started',
      'unknown ambiguous-start',
      1,
      'may or may not have been loaded',
    ],
    [
      "503 on the start, in Anaplan's own words: a refusal",
      'failed service',
      TWICE,
      'Anaplan cannot take requests at the moment.',
    ],
    [
      '504 on the start, from a gateway: it may have started',
      'unknown ambiguous-start',
      1,
      'may or may not have been loaded',
    ],
    [
      '404 on the start, from a gateway: nothing was started',
      'failed not-found',
      1,
      'a web page saying 404 Not Found.',
    ],
  ],
  poll: [
    ['400 on the poll', 'unknown bad-request', 1, 'missing, wrong or not supported'],
    ['401 on the poll', 'unknown authentication', 2, 'even after signing in again'],
    ['403 on the poll', 'unknown permission', 1, 'is not permitted to do this'],
    [
      '404 on the poll of a known task: nobody knows how it ended',
      'unknown task-lost',
      1,
      'Anaplan has forgotten the task',
    ],
    ['405 on the poll', 'unknown bad-request', 1, 'does not offer this kind of request at this address'],
    ['406 on the poll', 'unknown bad-request', 1, 'cannot answer in the form that was asked for'],
    ['409 on the poll', 'unknown conflict', TWICE, 'The model or the object is busy'],
    ['410 on the poll', 'unknown moved', REPEATED, 'The workspace has moved inside Anaplan'],
    ['415 on the poll', 'unknown bad-request', 1, 'does not accept the content type of the request'],
    ['422 on the poll', 'unknown model-state', 1, 'Model "FY26 Plan" is archived.'],
    ['423 on the poll', 'unknown model-state', 1, 'Model "FY26 Plan" is locked.'],
    ['424 on the poll', 'unknown model-state', 1, 'Model "FY26 Plan" is offline.'],
    ['425 on the poll', 'unknown model-state', 1, 'Model "FY26 Plan" is in deployed mode'],
    [
      '429 on the poll: the task may have ended well',
      'unknown rate-limit',
      TWICE,
      'Given up after 2 failed polls in a row.',
    ],
    ['500 on the poll', 'unknown service', REPEATED, 'Anaplan had an error of its own'],
    ['502 on the poll', 'unknown service', REPEATED, 'a web page saying 502 Bad Gateway.'],
    ['503 on the poll', 'unknown service', REPEATED, 'Anaplan cannot take requests at the moment.'],
    ['504 on the poll, from a gateway', 'unknown service', REPEATED, 'A gateway waited too long for Anaplan'],
    ['400 on the poll, from a gateway', 'unknown service', REPEATED, 'seems to have answered 400 in its place'],
    ['403 on the poll, from a gateway', 'unknown service', REPEATED, 'a web page saying 403 Forbidden.'],
    ['404 on the poll, from a gateway', 'unknown service', REPEATED, 'a web page saying 404 Not Found.'],
    ['404 on the poll, without a word', 'unknown service', REPEATED, 'it means: Anaplan has forgotten the task'],
    ['405 on the poll, from a gateway', 'unknown service', REPEATED, 'Given up after 2 failed polls in a row.'],
  ],
  dump: [
    ['400 on the failure dump', 'succeeded-with-rejects', 2, 'answered 400'],
    ['401 on the failure dump', 'succeeded-with-rejects', 2, 'answered 401'],
    ['403 on the failure dump', 'succeeded-with-rejects', 1, 'answered 403'],
    ['404 on the failure dump', 'succeeded-with-rejects', 2, 'Anaplan announced the dump'],
    ['405 on the failure dump', 'succeeded-with-rejects', 2, 'answered 405'],
    ['406 on the failure dump', 'succeeded-with-rejects', 2, 'answered 406'],
    ['409 on the failure dump', 'succeeded-with-rejects', TWICE, 'answered 409'],
    ['410 on the failure dump', 'succeeded-with-rejects', REPEATED, 'answered 410'],
    ['415 on the failure dump', 'succeeded-with-rejects', 2, 'answered 415'],
    ['422 on the failure dump', 'succeeded-with-rejects', 1, 'answered 422'],
    ['423 on the failure dump', 'succeeded-with-rejects', 1, 'answered 423'],
    ['424 on the failure dump', 'succeeded-with-rejects', 1, 'answered 424'],
    ['425 on the failure dump', 'succeeded-with-rejects', 1, 'answered 425'],
    ['429 on the failure dump', 'succeeded-with-rejects', TWICE, 'answered 429'],
    ['500 on the failure dump', 'succeeded-with-rejects', REPEATED, 'answered 500'],
    ['502 on the failure dump', 'succeeded-with-rejects', REPEATED, 'a web page saying 502'],
    ['503 on the failure dump', 'succeeded-with-rejects', REPEATED, 'answered 503'],
    ['504 on the failure dump', 'succeeded-with-rejects', REPEATED, 'a web page saying 504'],
    // The list of its chunks is asked for, and then the whole.
    ['404 on the failure dump, from a gateway', 'succeeded-with-rejects', 2 * REPEATED, 'a web page saying 404'],
  ],
};

const REJECTED = `${PRODUCTS}${'x'.repeat(80)},P999,Coffee,2026-01-01\n`;

/** One tenant and one engine for all rows of a call, because most of a row's time would be theirs. */
for (const call of Object.keys(ROWS).filter(isCall)) {
  describe.concurrent(`always, to ${call}`, () => {
    let at: Awaited<ReturnType<typeof landing>>;
    beforeAll(async () => {
      at = await landing();
    });
    afterAll(() => at[Symbol.asyncDispose]());

    it.each(ROWS[call])('%s', { concurrent: false }, async (name, verdict, calls, words) => {
      const status = Number.parseInt(name, 10);
      const asked = at.calls(call).length;
      const told = at.alerts.length;
      at.simulator.changeWeather({ rules: [when(call, { answer: answerWith(status, name) })] });
      const { run, outcome } = await at.land('products', call === 'dump' ? REJECTED : PRODUCTS);
      const alerts = at.alerts.slice(told);

      const category = call === 'dump' ? '' : ` ${outcome.failure?.category}`;
      expect([`${outcome.outcome}${category}`, at.calls(call).length - asked]).toEqual([verdict, calls]);
      expect(alerts.map(({ id }) => id)).toEqual([run.runId]);
      expect(alerts[0]?.subject).toContain(`(${outcome.failure?.category})`);
      expect(alerts[0]?.text).toContain(words);
      const next = outcome.outcome === 'unknown' ? 'runs settle' : 'failures redrive';
      expect(alerts[0]?.text).toContain(`npx plandrop ${next} ${run.runId}`);
      if (call === 'dump') expect(outcome.steps[0]?.dumpLost).toContain(words);
      else if (category !== ' ambiguous-start') expect(outcome.failure?.http?.status).toBe(status);

      // Only a task that may still be running keeps the lane: this pipeline says `onFailure: continue`.
      expect(run.ended?.holdLane !== undefined).toBe(outcome.outcome === 'unknown');
      if (run.ended?.holdLane !== undefined) await releaseLane(at.services, run.pipeline?.modelId ?? '');
    });
  });
}

function isCall(name: string): name is keyof typeof ROWS {
  return name in ROWS;
}

/** In Anaplan's own words, but for 502 and 504, which gateways give, and where the row says otherwise. */
function answerWith(status: number, name: string) {
  if (status === 429) return { status, headers: { 'retry-after': 7 } };
  if (name.includes('without a word')) return { status, form: 'empty' as const };
  const byGateway = status === 502 || status === 504 || name.includes('from a gateway');
  return byGateway ? { status, form: 'html' as const } : { status };
}
