import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { whyNotRedriven } from '../../shared/run/redrive-plan.ts';
import { GOES, type Operation } from '../simulation/operation.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { DROP, downloads, EXPORTED, theExport, theRun, writeFile, wrongWith } from './an-export.ts';
import { type EachOperation, wrongAtEach } from './each-operation.ts';

/** A download of six chunks so slow that a slice brings two, into parts of three. */
const SLOW: WorldOptions = {
  like: 'aws',
  pipelines: { sales: { model: 'Plan 1', steps: ['import', 'export'] } },
  taskSeconds: 20,
  outputBytes: { chunk: 16, part: 48 },
  scenario: { rules: [{ match: { method: 'GET', path: '**/files/116*/chunks/*' }, do: { delayMs: 130_000 } }] },
};

async function lived(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await World.build({ ...SLOW, ...options });
  await world.drop('sales/a.csv', DROP);
  await world.runUntilQuiet();
  return world;
}

describe('an export that one message cannot bring to the store', () => {
  it('goes on in the next, and is there byte for byte, each chunk fetched once', async () => {
    await using world = await lived();
    expect(wrongWith(world)).toEqual([]);
    expect(downloads(world)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(theRun(world)?.journal.map(({ text }) => text)).toEqual([
      '2 of 6 chunks of the export are in the store (0 MB); the rest follows.',
      '4 of 6 chunks of the export are in the store (0 MB); the rest follows.',
    ]);
    expect(world.state.keys().filter((key) => key.startsWith('parts/'))).toEqual([]);
  });

  it('puts aside what makes no part yet', async () => {
    await using world = await lived({ outputBytes: { chunk: 16, part: 1000 } });
    expect(wrongWith(world)).toEqual([]);
    expect(downloads(world)).toHaveLength(6);
    expect(world.state.keys().filter((key) => key.startsWith('parts/'))).toEqual([]);
  });

  it('can be packed: one member after the other is one file', async () => {
    const pipelines = { sales: { model: 'Plan 1', steps: ['import', 'packed-export'] } } as const;
    await using world = await lived({ pipelines });
    const object = await world.state.get(`exports/${theRun(world)?.runId}.csv.gz`);
    expect(gunzipSync(object?.body ?? '').toString()).toBe(EXPORTED);
  });

  it('shows nobody half of it', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    const seen = new Set<string | undefined>();
    while (theRun(world)?.ended == null) {
      await world.step();
      seen.add(world.state.text(`exports/${theRun(world)?.runId}.csv`));
    }
    expect([...seen]).toEqual([undefined, EXPORTED]);
  });

  it('keeps what came before a failure', async () => {
    const [slow] = SLOW.scenario?.rules ?? [];
    const fails = {
      match: { method: 'GET', path: '**/files/116*/chunks/4', nth: [1, 2, 3, 4, 5] },
      do: { answer: { status: 503 } },
    };
    await using world = await lived({ scenario: { rules: slow === undefined ? [] : [fails, slow] } });
    expect(wrongWith(world)).toEqual([]);
    expect(downloads(world).filter((chunk) => chunk < 4)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['a page', { status: 200, form: 'html' as const }],
    ['nothing', { status: 204 }],
  ])('takes no chunk for its own that is %s', async (_, answer) => {
    const rules = [1, 3].map((chunk) => ({
      match: { method: 'GET', path: `**/files/116*/chunks/${chunk}`, nth: 1 },
      do: { answer },
    }));
    await using world = await lived({ scenario: { rules } });
    expect(wrongWith(world)).toEqual([]);
    expect(downloads(world).toSorted()).toEqual([0, 1, 1, 2, 3, 3, 4, 5]);
  });

  it('begins anew when the file in Anaplan was written again meanwhile', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    while (theRun(world)?.steps[1]?.download === undefined) await world.step();
    await writeFile(world, 'another export, by the same user, of another length, in another number of chunks');
    await world.runUntilQuiet();
    const again = 'another export, by the same user, of another length, in another number of chunks';
    expect(wrongWith(world, again)).toEqual([]);
    expect(theRun(world)?.journal.map(({ text }) => text)).toContain(
      'The download of the export begins anew: the file in Anaplan has another number of chunks now.',
    );
  });

  it('is given up when the file never stays the same, and says so', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    let length = 88;
    let kept = 0;
    while (theRun(world)?.ended == null) {
      await world.step();
      const chunks = theRun(world)?.steps[1]?.download?.chunksKept ?? 0;
      if (chunks > 0 && kept === 0) {
        length += 16;
        await writeFile(world, 'x'.repeat(length));
      }
      kept = chunks;
    }
    await world.runUntilQuiet();
    const { ended } = theRun(world) ?? {};
    expect(ended?.outcome).toBe('failed');
    expect(ended?.failure?.message).toBe(
      'The download of export "Report" began anew 3 times and did not come to its end: the file in Anaplan has another number of chunks now.',
    );
    expect(world.state.text(`exports/${theRun(world)?.runId}.csv`)).toBeUndefined();
  });

  it('is not stored when its task was cancelled: the file is that of an earlier run', async () => {
    await using world = await World.build(SLOW);
    await writeFile(world, 'of yesterday');
    await world.drop('sales/a.csv', DROP);
    while (theRun(world)?.steps[1]?.task == null) await world.step();
    const { queue } = theExport(world).model;
    const task = queue.tasks.find(({ taskId }) => taskId === theRun(world)?.steps[1]?.task?.taskId);
    if (task === undefined) throw new Error('the export was never started');
    task.final = 'CANCELLED';
    await world.runUntilQuiet();
    expect(theRun(world)?.ended?.outcome).toBe('cancelled');
    expect(world.state.keys().filter((key) => key.startsWith('exports/'))).toEqual([]);
  });
});

describe('an export that the functions may not write where it is to go', () => {
  const isWrite = ({ kind, name, about }: Operation) =>
    kind === 'store' &&
    ['put', 'putStream', 'beginParts', 'putPart', 'completeParts'].includes(name) &&
    about.startsWith('exports/');
  const WAYS: readonly [string, Partial<WorldOptions>, Operation['name']][] = [
    ['in parts, at their beginning', {}, 'beginParts'],
    ['in parts, at one of them', {}, 'putPart'],
    ['in parts, at their completion', {}, 'completeParts'],
    ['at once', { outputBytes: { chunk: 16, part: 1000 } }, 'put'],
    [
      'as one answer',
      {
        scenario: {
          rules: [
            {
              match: { method: 'GET', path: '**/files/116*/chunks' },
              do: { answer: { status: 200, body: { chunks: [] } } },
            },
          ],
        },
      },
      'putStream',
    ],
  ];

  it.each(WAYS)('ends its run with what to check, %s', async (_, options, name) => {
    await using world = await lived({
      ...options,
      fate: (operation) =>
        isWrite(operation) && operation.name === name ? { kind: 'store-fault', fault: 'denied' } : GOES,
    });
    const run = theRun(world);
    expect(run?.ended).toMatchObject({
      outcome: 'failed',
      failure: { category: 'configuration', references: { key: `exports/${run?.runId}.csv` } },
    });
    expect(run?.ended?.failure?.message).toContain('Given up after 8 attempts');
    expect(run?.ended?.failure?.whatToCheck.join('\n')).toMatch(
      /`to` of this export was changed.*\n.*s3:PutObject.*\nThen redrive/,
    );
    expect(run?.buried).toBeUndefined();
    expect(world.state.keys('exports/')).toEqual([]);
    if (run === undefined) throw new Error('there is no run');
    expect(whyNotRedriven(run)).toBeUndefined();
  });

  it('is tried again, because rights take a while to hold', async () => {
    let denied = 0;
    await using world = await lived({
      fate: (operation) => (isWrite(operation) && ++denied < 3 ? { kind: 'store-fault', fault: 'denied' } : GOES),
    });
    expect(denied).toBeGreaterThan(3);
    expect(wrongWith(world)).toEqual([]);
  });
});

/** Every operation from the first look at the export's file on. */
const hasBegun = (world: World) => theRun(world)?.steps[1]?.task?.seen != null;
const wrongWhere = (spoil: EachOperation['spoil']) => wrongAtEach({ live: lived, hasBegun, spoil, wrongWith });

describe('an export in slices, and something goes wrong at each of its operations', () => {
  it.each(['killed-before', 'killed-after'] as const)('%s', async (kind) => {
    expect(await wrongWhere(() => ({ kind }))).toEqual([]);
  });

  it.each(['fail', 'lost-acknowledgement'] as const)('the store: %s', async (fault) => {
    expect(await wrongWhere(({ kind }) => (kind === 'store' ? { kind: 'store-fault', fault } : undefined))).toEqual([]);
  });

  it('every message comes twice, and the second is left until the first is done', async () => {
    await using world = await lived({
      fate: ({ kind }) => (kind === 'queue' ? { kind: 'queue-fault', fault: 'duplicate' } : GOES),
    });
    expect(wrongWith(world)).toEqual([]);
    expect(downloads(world)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([90_000, 135_000])(
    'its message comes twice, and who was first is slow by %i ms: no later run is in it',
    async (slowMs) => {
      let slowed = 0;
      let sent = 0;
      await using world = await World.build({
        like: 'aws',
        concurrency: 4,
        taskSeconds: 3,
        pipelines: {
          board: { model: 'Plan 1', steps: ['export'], on: '{ schedule: "cron(0 6 * * ? *)", timezone: UTC }' },
          sales: { model: 'Plan 1', steps: ['import'] },
        },
        slowness: ({ kind, name, about }) =>
          kind === 'http' && name === 'GET' && /\/chunks\/\d+$/.test(about) && ++slowed === 1 ? slowMs : 0,
        fate: ({ name, about }) =>
          name === 'send' && about === 'collect' && ++sent === 1 ? { kind: 'queue-fault', fault: 'duplicate' } : GOES,
      });
      await world.schedule('board');
      const board = () => world.runs().find((run) => run.pipelineName === 'board');
      while (board()?.ended == null) await world.step();
      const key = board()?.steps[0]?.result?.export?.split(`memory://${world.state.bucket}/`)[1] ?? '';
      const atItsEnd = world.state.text(key);
      await world.drop('sales/a.csv', DROP);
      await world.clock.advance(1000);
      await world.schedule('board');
      await world.runUntilQuiet();
      expect(slowed).toBeGreaterThan(1);
      expect(world.runs().map(({ ended }) => ended?.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      expect(world.state.text(key)).toBe(atItsEnd);
    },
  );
});
