import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/index.ts';
import { type Fate, GOES, type Operation } from '../simulation/operation.ts';
import type { PipelineOptions } from '../simulation/tenant.ts';
import { COLLEAGUE } from '../simulation/tenant.ts';
import { violationsOf } from '../simulation/violations.ts';
import { World } from '../simulation/world.ts';

/** The answer to a start is lost in every way there is; Anaplan has at most one task, and nobody claims to know what nobody can. */

type Weather = NonNullable<NonNullable<Scenario['rules']>[number]['do']>;

const SALES = 'Product,Month,Units\nTea,Jan 26,1\nCoffee,Feb 26,2\n';
const PRODUCTS = 'Product,Code\nTea,T\nCoffee,C\nCocoa,K\n';

/** One every two seconds, for fifteen. */
const COMMITS_BEFORE_GIVING_UP = 9;

const isStart = ({ kind, name, about }: Operation) => kind === 'http' && name === 'POST' && /tasks$/.test(about);

/** The store takes no commit of a run, so many times, after the first call that fits. */
function refusesAfter(fits: (operation: Operation) => boolean, times: number): (operation: Operation) => Fate {
  let asked = false;
  let refused = 0;
  return (operation) => {
    asked ||= fits(operation);
    const isCommit = asked && operation.name === 'replace' && operation.about.startsWith('runs/');
    return isCommit && ++refused <= times ? { kind: 'store-fault', fault: 'fail' } : GOES;
  };
}

async function live(of: {
  step: PipelineOptions['steps'][number];
  weather: readonly Weather[];
  taskSeconds?: number;
  onFailure?: 'hold' | 'continue';
}): Promise<World> {
  const rules = of.weather.map((weather, i) => ({
    match: { method: 'POST', path: '**/tasks', nth: i + 1 },
    do: weather,
  }));
  const world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: [of.step], onFailure: of.onFailure ?? 'hold' } },
    taskSeconds: of.taskSeconds ?? 20,
    scenario: { rules },
  });
  await world.drop('sales/a.csv', of.step === 'list-import' ? PRODUCTS : SALES);
  await world.runUntilQuiet();
  return world;
}

const LOST: { name: string; weather: Weather }[] = [
  { name: 'the connection is reset after Anaplan acted', weather: { reset: 'after' } },
  {
    name: 'a gateway answers 502 after Anaplan acted',
    weather: { answer: { status: 502, form: 'html', acted: true } },
  },
  {
    name: 'a gateway answers 504 after Anaplan acted',
    weather: { answer: { status: 504, form: 'html', acted: true } },
  },
  { name: 'Anaplan answers 500 after it acted', weather: { answer: { status: 500, acted: true } } },
  { name: 'the answer is a page', weather: { answer: { status: 200, form: 'html', acted: true } } },
  { name: 'the answer is garbage', weather: { garble: true } },
  { name: 'the answer breaks off', weather: { truncate: 'half' } },
  { name: 'a 503 comes from something in between', weather: { answer: { status: 503, form: 'html', acted: true } } },
  { name: 'nothing answers in time', weather: { delayMs: 200_000 } },
  { name: 'Anaplan acts 20 s after a 504', weather: { answer: { status: 504, form: 'html' }, actLaterMs: 20_000 } },
  { name: 'Anaplan acts 60 s after the connection died', weather: { actLaterMs: 60_000 } },
];

describe.each(LOST)('when $name', ({ weather }) => {
  it('an import that counts its rows is adopted, and succeeds by its count', async () => {
    await using world = await live({ step: 'list-import', weather: [weather], taskSeconds: 1 });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    const [run] = world.runs();
    expect(run?.ended?.outcome).toBe('succeeded');
    expect(run?.steps[0]?.task).toMatchObject({ adopted: true, taskId: world.watcher.ours[0]?.taskId });
  });

  it('one that the model names ours while it runs succeeds', async () => {
    await using world = await live({ step: 'import', weather: [weather], taskSeconds: 300 });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
    expect(world.runs()[0]?.steps[0]?.task).toMatchObject({ adopted: true, named: true });
  });

  it('one that nothing proves ours ends unknown, with the lane held', async () => {
    await using world = await live({ step: 'import', weather: [weather], taskSeconds: 0 });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    expect(world.runs()[0]?.ended).toMatchObject({ outcome: 'unknown', failure: { category: 'ambiguous-start' } });
    expect(world.runs()[0]?.ended?.holdLane).toBeDefined();
  });
});

describe('a start whose answer was lost', () => {
  it.each<{ name: string; weather: Weather }>([
    { name: 'before Anaplan acted', weather: { reset: 'before' } },
    { name: 'and Anaplan acts only after the grace time', weather: { actLaterMs: 600_000 } },
  ])('$name ends unknown, and is not sent again', async ({ weather }) => {
    await using world = await live({ step: 'import', weather: [weather], onFailure: 'continue' });
    expect(violationsOf(world)).toEqual([]);
    expect(
      world.simulator.requests().filter(({ method, path }) => method === 'POST' && /tasks$/.test(path)),
    ).toHaveLength(1);
    expect(world.runs()[0]?.ended).toMatchObject({
      outcome: 'unknown',
      holdLane: expect.stringContaining('may still'),
    });
  });

  it('before Anaplan acted is sent again where that does no harm', async () => {
    await using world = await live({ step: 'repeatable-import', weather: [{ reset: 'before' }] });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
  });

  it("while a colleague starts the same import is not mistaken for the colleague's", async () => {
    const other = { otherStarts: { action: 'Load Sales', user: COLLEAGUE.email } };
    await using world = await live({ step: 'import', weather: [{ ...other, reset: 'after' }], taskSeconds: 1 });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    expect(world.runs()[0]?.ended?.outcome).toBe('unknown');
  });

  it("leaves the lane to nobody when the colleague's task was adopted and could not be read, for ours may act yet", async () => {
    let isBroken = true;
    await using world = await World.build({
      taskSeconds: 60,
      pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
      fails: (queue) => isBroken && queue === 'collect',
      scenario: {
        rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'after', actLaterMs: 290_000 } }],
      },
    });
    await world.drop('sales/a.csv', SALES);
    const run = () => world.runs()[0];
    while (run()?.steps[0]?.start?.unclearSince == null) await world.step();
    await startAs(world, COLLEAGUE.email, 'Load Sales');
    while (run()?.ended == null) await world.step();
    expect(run()?.steps[0]?.task?.adopted).toBe(true);
    isBroken = false;
    await world.clock.advance(60_000);
    await world.drop('sales/b.csv', SALES.replace('Tea', 'Mug'));
    await world.runUntilQuiet();
    await world.wakeAnaplan();
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    expect(
      world
        .runs()
        .map(({ ended }) => ended?.outcome ?? 'waits')
        .toSorted(),
    ).toEqual(['unknown', 'waits']);
  });

  it("finds only the colleague's task, and never says that ours succeeded", async () => {
    const other = { otherStarts: { action: 'Load Sales', user: COLLEAGUE.email } };
    await using world = await live({ step: 'import', weather: [{ ...other, reset: 'before' }] });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(0);
    expect(world.runs()[0]?.ended?.outcome).toBe('unknown');
  });
});

it('a start that was not sent, because nobody heard that its intent was stored, is sent in the end', async () => {
  let isIntending = false;
  let lost = 0;
  await using world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    taskSeconds: 1,
    fate: ({ kind, name, about }) => {
      if (kind === 'http' && name === 'GET' && /\/tasks\b/.test(about)) isIntending = true;
      if (!isIntending || kind !== 'store' || !about.startsWith('runs/') || lost === 3) return GOES;
      // The intent, the look whether it is there, and that it is withdrawn.
      lost++;
      return { kind: 'store-fault', fault: 'lost-acknowledgement' };
    },
  });
  await world.drop('sales/a.csv', SALES);
  await world.runUntilQuiet();
  expect(lost).toBe(3);
  expect(violationsOf(world)).toEqual([]);
  expect([world.runs()[0]?.ended?.outcome, world.watcher.ours.length]).toEqual(['succeeded', 1]);
});

it('a start that was answered is not looked for when the store has taken nothing until its handler gave up', async () => {
  await using world = await World.build({
    like: 'aws',
    pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
    taskSeconds: 20,
    fate: refusesAfter(isStart, COMMITS_BEFORE_GIVING_UP),
  });
  await world.drop('sales/a.csv', SALES);
  await world.runUntilQuiet();
  expect(violationsOf(world)).toEqual([]);
  expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
  expect(
    world
      .runs()[0]
      ?.journal.map(({ text }) => text)
      .join(),
  ).not.toContain('Adopted');
});

describe('a task that the model names ours only while it runs', () => {
  it.each<{ seen: string; unnamed: number[] }>([
    { seen: 'when it is looked for', unnamed: [] },
    // Of the looks for it, until it is adopted as the only one.
    { seen: 'when it is polled', unnamed: [3, 4, 5, 6, 7] },
  ])('$seen, stays named when the store failed once', async ({ unnamed }) => {
    await using world = await World.build({
      like: 'aws',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
      taskSeconds: 300,
      scenario: {
        rules: [
          { match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { reset: 'after' } },
          { match: { method: 'GET', path: '**/status', nth: unnamed }, do: { answer: { status: 400 } } },
        ],
      },
      fate: refusesAfter(({ kind, about }) => kind === 'http' && about.endsWith('/users/me'), 1),
    });
    await world.drop('sales/a.csv', SALES);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    const [run] = world.runs();
    expect(run?.ended?.outcome).toBe('succeeded');
    expect(run?.steps[0]?.task).toMatchObject({ adopted: true, named: true });
    const adopted = run?.journal.map(({ text }) => text).join();
    expect(adopted).toContain(unnamed.length === 0 ? 'names it and our user' : 'the only one that appeared');
  });
});

describe('a refused start', () => {
  const STORE_FAILS = [1, COMMITS_BEFORE_GIVING_UP];
  const REFUSALS = [
    { status: 429, outcome: 'succeeded', starts: 1 },
    { status: 409, outcome: 'succeeded', starts: 1 },
    { status: 423, outcome: 'succeeded', starts: 1 },
    { status: 422, outcome: 'failed', starts: 0 },
  ];
  it.each(STORE_FAILS.flatMap((times) => REFUSALS.map((each) => ({ ...each, times }))))(
    'by a $status is not looked for when the store could not take the refusal, $times times',
    async ({ status, times, outcome, starts }) => {
      await using world = await World.build({
        like: 'aws',
        pipelines: { sales: { model: 'Plan 1', steps: ['import'], onFailure: 'continue' } },
        taskSeconds: 20,
        scenario: { rules: [{ match: { method: 'POST', path: '**/tasks', nth: 1 }, do: { answer: { status } } }] },
        fate: refusesAfter(isStart, times),
      });
      await world.drop('sales/a.csv', SALES);
      await world.runUntilQuiet();
      expect(violationsOf(world)).toEqual([]);
      expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual([outcome]);
      expect(world.watcher.ours).toHaveLength(starts);
      expect(world.heldLanes()).toEqual([]);
    },
  );

  it.each([
    { name: 'a 409', status: 409 },
    { name: 'a 429', status: 429 },
    { name: 'a locked model', status: 423 },
    { name: 'a 503 in the envelope', status: 503 },
    { name: 'a moved workspace', status: 410 },
  ])('by $name is sent again, once it is taken', async ({ status }) => {
    await using world = await live({
      step: 'import',
      weather: [{ answer: { status } }, { answer: { status } }],
    });
    expect(violationsOf(world)).toEqual([]);
    expect(world.watcher.ours).toHaveLength(1);
    expect(world.runs()[0]?.ended?.outcome).toBe('succeeded');
    expect(world.runs()[0]?.steps[0]?.task?.adopted).toBe(false);
  });
});

/** Somebody else starts an action of the first model now. */
async function startAs(world: World, email: string, action: string): Promise<void> {
  const { tenant } = world.simulator;
  const [model] = tenant.models;
  const user = tenant.user(email);
  const started = model?.named(action);
  if (model === undefined || user === undefined || started === undefined) throw new Error(`nobody can start ${action}`);
  const now = world.clock.now();
  await model.asOf(now, () => {
    model.start(started.kind, started.id, tenant.starter(user, model), [], now, { seconds: 30 });
  });
}

describe('a busy model', () => {
  it('parks a run before the announcement and before the start, at the cost of no attempt', async () => {
    const busy = { action: 'Recalculate', user: COLLEAGUE.email, seconds: 900 };
    const rules: Scenario['rules'] = [
      { match: { method: 'GET', path: '**/status', nth: [1] }, do: { otherStarts: busy } },
      { match: { method: 'PUT', path: '**/chunks/*', nth: 1 }, do: { otherStarts: busy } },
    ];
    await using world = await World.build({
      like: 'aws',
      pipelines: { sales: { model: 'Plan 1', steps: ['import'] } },
      scenario: { rules },
    });
    await world.drop('sales/a.csv', SALES);
    await world.runUntilQuiet();
    expect(violationsOf(world)).toEqual([]);
    const [run] = world.runs();
    expect(run?.ended?.outcome).toBe('succeeded');
    const waits = run?.journal.filter(({ category }) => category === 'model-state') ?? [];
    expect(new Set(waits.map(({ stage }) => stage))).toEqual(new Set(['upload', 'start']));
    expect(run?.journal.filter(({ category }) => category !== 'model-state')).toEqual([]);
  });
});
