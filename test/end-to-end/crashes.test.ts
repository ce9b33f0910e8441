import { describe, it, vi } from 'vitest';
import type { Services } from '../../functions/services.ts';
import type { Mapping } from '../../infra/local/event-source-mapping.ts';
import { readHolder } from '../../shared/run/lane.ts';
import { runMessage } from '../../shared/run/message.ts';
import { altered, impatient, landing, SALES } from './landing.ts';

/** A function that cannot do its work, for a reason that nobody foresaw: what becomes of the run, and what a person is told. */

/** Deliveries of one message, and how often its turn is tried in all. */
const EVERY_TRY = 5 * 3;

/** Always fails, and says which time it was. */
function crashing(what: string) {
  let times = 0;
  return {
    times: () => times,
    crash: async (): Promise<never> => {
      times += 1;
      throw new TypeError(`${what}, ${times}. time, token "AnaplanAuthToken canary-canary-canary"`);
    },
  };
}
type Crash = ReturnType<typeof crashing>['crash'];

const withClient = (services: Services, changes: (crash: Crash) => object, crash: Crash): Services => ({
  ...services,
  anaplan: altered(services.anaplan, { with: (view) => altered(services.anaplan.with(view), changes(crash)) }),
});

const BOTH =
  impatient('sales', '[import: Load Sales]') +
  impatient('held', '[import: Load Sales]').replace('onFailure: continue', 'onFailure: hold');
const REJECTED = `${SALES}NOPE,North,Jan 26,1,2,2026-01-31\n`;

describe.concurrent('a handler that always crashes ends in one failure report naming its last error', () => {
  it.for<
    [
      string,
      (services: Services, crash: Crash) => Services,
      string,
      { outcome: string; starts: number; held: RegExp | null },
    ]
  >([
    [
      'while it reads the file: nothing is in Anaplan, so the next run has the lane',
      (services, crash) => ({ ...services, source: (bucket) => altered(services.source(bucket), { getRange: crash }) }),
      'sales',
      { outcome: 'failed', starts: 0, held: null },
    ],
    [
      'while it reads the file, in a pipeline that holds its lane after a failure',
      (services, crash) => ({ ...services, source: (bucket) => altered(services.source(bucket), { getRange: crash }) }),
      'held',
      { outcome: 'failed', starts: 0, held: /onFailure: hold/ },
    ],
    [
      'before it starts the import',
      (services, crash) => withClient(services, (listTasks) => ({ listTasks }), crash),
      'sales',
      { outcome: 'failed', starts: 0, held: null },
    ],
    [
      'while the task runs: nobody knows how it ends, so the lane stays held',
      (services, crash) => withClient(services, (getTask) => ({ getTask }), crash),
      'sales',
      { outcome: 'unknown', starts: 1, held: /may still be running/ },
    ],
    [
      'while it keeps the dump of a task that has ended',
      (services, crash) => withClient(services, (readDump) => ({ readDump }), crash),
      'sales',
      { outcome: 'unknown', starts: 1, held: /^a failure dump that Anaplan announced is not in the store yet/ },
    ],
    [
      'while it asks for the lane, before it has anything in hand',
      (services, crash) => ({
        ...services,
        state: altered(services.state, {
          replace: (key, ...rest) => (key.endsWith('/holder') ? crash() : services.state.replace(key, ...rest)),
        }),
      }),
      'sales',
      { outcome: 'failed', starts: 0, held: null },
    ],
  ])('%s', async ([, adjust, pipeline, expected], { expect }) => {
    const { crash, times } = crashing('the dog ate it');
    await using at = await landing({ pipelines: BOTH, adjust: (services) => adjust(services, crash) });
    const { run, outcome, alerts } = await at.land(pipeline, REJECTED);
    const reports = await at.reports();
    expect(reports.map(({ runId, category }) => [runId, category])).toEqual([[run.runId, 'internal']]);
    expect(reports[0]?.message).toContain(`the dog ate it, ${times()}. time`);
    expect([outcome.outcome, outcome.failure?.category, times()]).toEqual([expected.outcome, 'internal', EVERY_TRY]);
    expect(alerts.map(({ id }) => id)).toEqual([run.runId]);
    expect(alerts[0]?.text).toContain(`the dog ate it, ${times()}. time`);
    expect(JSON.stringify([reports, alerts, run])).not.toContain('canary-canary');
    expect(at.calls('start')).toHaveLength(expected.starts);
    const holder = await readHolder(at.services, run.pipeline?.modelId ?? '');
    if (expected.held === null) expect(holder).toMatchObject({ runId: null, hold: null });
    else expect(holder.hold?.reason).toMatch(expected.held);
  });
});

/** Deliveries that never reach the function, as when it is throttled: SQS counts them like any other. */
const throttled =
  (queue: string, deliveries: number) =>
  (mapping: Mapping): Mapping => {
    let left = mapping.queue === queue ? deliveries : 0;
    const handler: Mapping['handler'] = async (event, context) => {
      if (left-- > 0) throw new Error('Rate exceeded');
      return mapping.handler(event, context);
    };
    return { ...mapping, handler };
  };

describe.concurrent('a run that was merely hindered goes on, and nobody is woken', () => {
  it.for([
    ['when its messages were throttled until SQS gave them up', { between: throttled('poll', 5) }],
    ['when they were throttled until the last try', { between: throttled('upload', EVERY_TRY - 1) }],
    ['when its function crashed until the last try', { adjust: crashingFor(EVERY_TRY - 1) }],
  ] as const)('%s', async ([, options], { expect }) => {
    await using at = await landing({ pipelines: BOTH, ...options });
    const { outcome, alerts } = await at.land('sales', SALES);
    expect([outcome.outcome, at.calls('start').length, alerts, await at.reports()]).toEqual(['succeeded', 1, [], []]);
  });

  function crashingFor(deliveries: number) {
    return (services: Services): Services => {
      const { crash, times } = crashing('not now');
      return {
        ...services,
        source: (bucket) => {
          const store = services.source(bucket);
          return altered(store, {
            getRange: (...args) => (times() < deliveries ? crash() : store.getRange(...args)),
          });
        },
      };
    };
  }
});

describe.concurrent('a run that cannot go on is reported once', () => {
  it('also when its function never gets to say why', async ({ expect }) => {
    await using at = await landing({ pipelines: BOTH, between: throttled('poll', EVERY_TRY) });
    const { outcome, alerts } = await at.land('sales', SALES);
    expect([outcome.outcome, outcome.failure?.category, (await at.reports()).length]).toEqual([
      'unknown',
      'internal',
      1,
    ]);
    expect(alerts[0]?.text).toContain('No error was recorded: each time the function was stopped before it could');
  });

  it('also when its ledger entry cannot be read: it stands still, and goes on when the entry is mended', async ({
    expect,
  }) => {
    let before: { key: string; body: Uint8Array } | undefined;
    const breakLedger = async (services: Services) => {
      if (before !== undefined) return;
      for await (const { key } of services.state.list('runs/')) {
        before = { key, body: (await services.state.get(key))?.body ?? new Uint8Array() };
        await services.state.put(key, '{"v": 2}');
      }
      throw new Error('somebody wrote there');
    };
    const adjust = (services: Services): Services => ({
      ...services,
      anaplan: altered(services.anaplan, {
        with: (view) => {
          const client = services.anaplan.with(view);
          return altered(client, { getTask: (...args) => breakLedger(services).then(() => client.getTask(...args)) });
        },
      }),
    });
    await using at = await landing({ pipelines: BOTH, adjust });
    const landed = at.land('sales', SALES);
    await vi.waitFor(() => expect(at.alerts).toHaveLength(1), 20_000);
    await at.idle();
    const run = JSON.parse(Buffer.from(before?.body ?? []).toString());
    expect(at.alerts[0]?.text).toContain(`Run ${run.runId} stands still: its ledger entry cannot be read (at v: `);
    expect((await at.reports()).map(({ category, references }) => [category, references.runId])).toEqual([
      ['internal', run.runId],
    ]);
    const message = JSON.stringify(runMessage(run.runId, run.turn));
    await at.services.queues.send('poison', message);
    await at.idle();
    expect([at.alerts.length, (await at.reports()).length]).toEqual([1, 1]);

    await at.services.state.put(before?.key ?? '', before?.body ?? '');
    // What the watch does.
    await at.services.queues.send('poll', message);
    expect((await landed).outcome.outcome).toBe('succeeded');
  });
});
