import { describe, expect, it } from 'vitest';
import { GOES, type Operation } from '../simulation/operation.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { type EachOperation, wrongAtEach } from './each-operation.ts';

const HEADER = 'Product,Month,Units\n';
const DROP = `${HEADER}Tea,Jan 26,1\nCocoa,Feb 26,2\nCocoa,Mar 26,3\n`;
/** What Anaplan then has to say: 190 bytes. */
const DUMP = [
  '"_Status_","Product","Month","Units","_Line_","_Error_1_"',
  '"E","Cocoa","Feb 26","2","3","Item not located in Products list: Cocoa"',
  '"E","Cocoa","Mar 26","3","4","Item not located in Products list: Cocoa"',
  '',
].join('\n');

const CHUNK = { method: 'GET', path: '**/dump/chunks/*' };

/** A dump of six chunks so slow that a slice brings two, into parts of three. */
const SLOW: WorldOptions = {
  like: 'aws',
  pipelines: { sales: { model: 'Plan 1', steps: ['import'], maxRows: 2 } },
  taskSeconds: 20,
  outputBytes: { chunk: 37, part: 100 },
  scenario: { rules: [{ match: CHUNK, do: { delayMs: 130_000 } }] },
};

async function lived(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await World.build({ ...SLOW, ...options });
  await world.drop('sales/a.csv', DROP);
  await world.runUntilQuiet();
  return world;
}

const theRun = (world: World) => world.runs()[0];
const told = (world: World) => theRun(world)?.journal.map(({ text }) => text);
const fetched = (world: World) =>
  world.simulator
    .requests()
    .filter(({ method, path }) => method === 'GET' && /\/dumps?\/(?:\d+\/)?chunks\/\d+$/.test(path))
    .map(({ path }) => path);
const chunksFetched = (world: World) => fetched(world).map((path) => Number(path.split('/').at(-1)));
const keptAside = (world: World) => world.state.keys().filter((key) => key.startsWith('parts/'));

/** What is wrong with a dump that is over; nothing when all of it is where it belongs, counted, and nothing else is left. */
function wrongWith(world: World): string[] {
  const run = theRun(world);
  if (run === undefined) return ['there is no run'];
  const key = `dumps/${run.runId}/1-1-${run.pipeline?.steps[0]?.objectId}.csv`;
  const { result, dumps } = run.steps[0] ?? {};
  const found: string[] = [];
  if (run.ended?.outcome !== 'succeeded-with-rejects')
    found.push(`it ended ${run.ended?.outcome}: ${run.ended?.failure?.message}`);
  if (world.state.text(key) !== DUMP) found.push(`the store has ${JSON.stringify(world.state.text(key))}`);
  if (result?.dumps[0]?.bytes !== DUMP.length || result.dumps[0].address !== world.state.address(key))
    found.push(`the result names ${JSON.stringify(result?.dumps)}`);
  if (result?.counts?.rejected !== 2) found.push(`it counts ${result?.counts?.rejected} rejected rows`);
  if (result?.dumpLost !== undefined) found.push(result.dumpLost);
  if (dumps !== undefined) found.push('the ledger goes on about dumps that are judged');
  return found;
}

describe('a failure dump that one message cannot bring to the store', () => {
  it('goes on in the next, and is there byte for byte, each chunk fetched once', async () => {
    await using world = await lived();
    expect(wrongWith(world)).toEqual([]);
    expect(chunksFetched(world)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(told(world)).toEqual([
      'In the store: 2 of 6 chunks of a failure dump; the rest follows.',
      'In the store: 4 of 6 chunks of a failure dump; the rest follows.',
      'In the store: 1 of 1 failure dump; what is in them is read next.',
    ]);
    expect(theRun(world)?.spent.attempts).toBe(0);
    expect(keptAside(world)).toEqual([]);
  });

  it('puts aside what makes no part yet', async () => {
    await using world = await lived({ outputBytes: { chunk: 37, part: 1000 } });
    expect(wrongWith(world)).toEqual([]);
    expect(chunksFetched(world)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(keptAside(world)).toEqual([]);
  });

  it('shows nobody half of it', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    const seen = new Set<string | undefined>();
    while (theRun(world)?.ended == null) {
      await world.step();
      const [key = ''] = world.state.keys().filter((each) => each.startsWith('dumps/'));
      seen.add(world.state.text(key));
    }
    expect([...seen]).toEqual([undefined, DUMP]);
  });

  it('keeps what came before a failure, which is one of a new series after each chunk', async () => {
    const fails = { match: { ...CHUNK, nth: [3, 4, 5, 6, 7, 9, 10, 11] }, do: { answer: { status: 503 } } };
    const slow = { match: CHUNK, do: { delayMs: 70_000 } };
    await using world = await lived({ scenario: { rules: [fails, slow] } });
    expect(wrongWith(world)).toEqual([]);
    expect(new Set(chunksFetched(world))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(chunksFetched(world).filter((chunk) => chunk < 2)).toEqual([0, 1]);
  });

  it('begins anew when it is cut into another number of chunks', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    while (keptChunks(world) === 0) await world.step();
    world.simulator.tenant.settings.outputChunkBytes = 50;
    await world.runUntilQuiet();
    expect(wrongWith(world)).toEqual([]);
    expect(told(world)).toContainEqual(
      expect.stringMatching(
        /^The download of the failure dump of object \d+ begins anew: the dump in Anaplan has another number of chunks now\.$/,
      ),
    );
  });

  it('is lost when its chunks never stay the same, and that is what is said', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    let kept = 0;
    while (theRun(world)?.ended == null) {
      await world.step();
      const chunks = keptChunks(world);
      if (chunks > 0 && kept === 0) world.simulator.tenant.settings.outputChunkBytes -= 7;
      kept = chunks;
    }
    await world.runUntilQuiet();
    const { result } = theRun(world)?.steps[0] ?? {};
    expect(result?.dumpLost).toMatch(
      /^The download of the dump of object \d+ began anew 3 times and did not come to its end: the dump in Anaplan has another number of chunks now\.$/,
    );
    expect([result?.outcome, result?.dumps]).toEqual(['succeeded-with-rejects', []]);
    expect(told(world)?.filter((text) => text.includes('begins anew'))).toHaveLength(3);
  });

  it('is lost when Anaplan throws it away in between, and no part of it is taken for the whole', async () => {
    await using world = await World.build(SLOW);
    await world.drop('sales/a.csv', DROP);
    while (keptChunks(world) === 0) await world.step();
    const gone = { match: { method: 'GET', path: '**/dump/**' }, do: { answer: { status: 404 } } };
    world.simulator.changeWeather({ rules: [gone, { ...gone, match: { method: 'GET', path: '**/dump' } }] });
    await world.runUntilQuiet();
    const { result } = theRun(world)?.steps[0] ?? {};
    expect(result?.dumpLost).toMatch(/^Anaplan announced the dump of object \d+ and no longer has it\.$/);
    expect(world.state.keys().filter((key) => key.startsWith('dumps/'))).toEqual([]);
  });

  it('is not fetched again when it is whole and Anaplan fails at what comes after it', async () => {
    const fails = {
      match: { method: 'GET', path: '**/imports', nth: [1, 2, 3, 4, 5, 6] },
      do: { answer: { status: 503 } },
    };
    const set = { parts: { model: 'Plan 1', steps: ['several-files'], on: '{ set: folder }', maxRows: 1 } } as const;
    await using world = await World.build({
      ...SLOW,
      pipelines: set,
      outputBytes: { chunk: 1000, part: 1000 },
      scenario: {},
    });
    await world.drop('parts/1/products.csv', 'Product,Code\nChai,H\n');
    await world.drop('parts/1/sales.csv', `${HEADER}Tea,Jan 26,1\nCocoa,Feb 26,2\n`);
    while (theRun(world)?.position.stage !== 'collect') await world.step();
    world.simulator.changeWeather({ rules: [fails] });
    await world.runUntilQuiet();
    expect(theRun(world)?.ended?.outcome).toBe('succeeded-with-rejects');
    expect(told(world)?.length).toBeGreaterThan(1);
    expect(fetched(world)).toHaveLength(1);
  });
});

it('a dump that cannot be read in one slice is kept whole, and counted as far as it was read', async () => {
  const rows = Array.from({ length: 65_000 }, (_, row) => `Cocoa,Feb 26,${row}\n`).join('');
  const slowly = ({ kind, name, about }: Pick<Operation, 'kind' | 'name' | 'about'>) =>
    kind === 'store' && name === 'getRange' && about.startsWith('dumps/') ? 130_000 : 0;
  const { outputBytes: _, scenario: __, ...options } = SLOW;
  await using world = await World.build({ ...options, chunkBytes: 1_000_000, slowness: slowly });
  await world.drop('sales/a.csv', `${HEADER}Tea,Jan 26,1\n${rows}`);
  await world.runUntilQuiet();
  const { result } = theRun(world)?.steps[0] ?? {};
  expect(result?.dumps[0]?.bytes).toBeGreaterThan(4_500_000);
  expect(result).toMatchObject({ outcome: 'succeeded-with-rejects', beyondAllowance: true });
  expect(result?.counts?.rejected).toBeGreaterThan(50_000);
  expect(result?.counts?.rejected).toBeLessThan(65_000);
  expect(result?.noRepair).toBe('import "Load Sales": its failure dump is too large to be read again in time');
  expect(world.log.entries.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^A failure dump is not summarised to its end: only 4,194,304 bytes of /),
  );
});

describe('ten failure dumps of one process', () => {
  const TEN: WorldOptions = {
    like: 'aws',
    pipelines: { parts: { model: 'Plan 1', steps: ['parts'], on: '{ set: folder }', maxRows: 10 } },
    parts: 10,
    taskSeconds: 20,
    scenario: { rules: [{ match: { method: 'GET', path: '**/dumps/*/chunks/*' }, do: { delayMs: 20_000 } }] },
  };
  const reject = (part: number) => `${HEADER}Tea,Jan 26,${part}\nCocoa ${part},Feb 26,2\n`;
  const parts = Array.from({ length: 10 }, (_, i) => i + 1);

  it('come in as many slices as they take, in their order, each fetched once, and then have one to be read', async () => {
    await using world = await World.build(TEN);
    for (const part of parts) await world.drop(`parts/1/Part ${part}.csv`, reject(part));
    await world.runUntilQuiet();
    const run = theRun(world);
    expect(run?.ended?.outcome).toBe('succeeded-with-rejects');
    expect(told(world)?.slice(10)).toEqual([
      'In the store: 6 of 10 failure dumps; the rest follows.',
      'In the store: 10 of 10 failure dumps; what is in them is read next.',
    ]);
    expect(fetched(world)).toHaveLength(10);
    const { dumps = [], counts, dumpLost } = run?.steps[0]?.result ?? {};
    expect([counts?.rejected, dumpLost]).toEqual([10, undefined]);
    const texts = dumps.map(({ address }) =>
      world.state.text(address.split(`memory://${world.state.bucket}/`)[1] ?? ''),
    );
    expect(texts.map((text) => /Cocoa (\d+)/.exec(text ?? '')?.[1])).toEqual(parts.map(String));
  });
});

/** Every operation from the first look at the dump on. */
const hasBegun = (world: World) => theRun(world)?.steps[0]?.task?.seen != null;
const wrongWhere = (spoil: EachOperation['spoil']) =>
  wrongAtEach({
    live: (options) => lived({ outputBytes: { chunk: 60, part: 150 }, ...options }),
    hasBegun,
    spoil,
    wrongWith,
  });

describe('a dump in slices, and something goes wrong at each of its operations', () => {
  it.each(['killed-before', 'killed-after'] as const)('%s', async (kind) => {
    expect(await wrongWhere(() => ({ kind }))).toEqual([]);
  });

  it.each(['fail', 'lost-acknowledgement'] as const)('the store: %s', async (fault) => {
    expect(await wrongWhere(({ kind }) => (kind === 'store' ? { kind: 'store-fault', fault } : undefined))).toEqual([]);
  });

  it('every message comes twice, and both work on it at the same time', async () => {
    await using world = await lived({
      concurrency: 4,
      fate: ({ kind }) => (kind === 'queue' ? { kind: 'queue-fault', fault: 'duplicate' } : GOES),
    });
    expect(wrongWith(world)).toEqual([]);
  });
});

function keptChunks(world: World): number {
  const progress = theRun(world)?.steps[0]?.dumps?.[0]?.progress;
  return progress?.kind === 'under-way' ? progress.download.chunksKept : 0;
}
