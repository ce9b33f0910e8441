import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { handServices } from '../../cli/hand-services.ts';
import { joinDataFolder } from '../../infra/local/data-folder.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { redriveRun } from '../../shared/run/redrive.ts';
import { isDone, type Run } from '../../shared/run/run.ts';
import { settleRun } from '../../shared/run/settle.ts';
import { currentStep } from '../../shared/run/transitions.ts';
import { start } from '../end-to-end/plandrop.ts';
import { seededRandom } from '../simulation/random.ts';
import { keyOf } from '../simulation/violations.ts';
import { sha256Of } from '../simulation/watcher.ts';
import { configurationOf, contentOf, MODELS } from './kill-world.ts';

/** `KILLS_SEED=7 npm run test:heavy -- kills` kills at other moments. */
const SEED = Number(process.env.KILLS_SEED ?? 1);
const KILLS = 110;
const DROPS = 50;

interface SeenStart {
  model: string;
  taskId: string;
  sha256?: string;
  final?: string;
}

const modelOf = (drop: number) => drop % MODELS.length;
const keyOfDrop = (drop: number) => `p${modelOf(drop)}/${String(drop).padStart(3, '0')}.csv`;

/** Anaplan as a process that no kill touches. */
async function anaplan() {
  const child = fork(join(import.meta.dirname, 'children/simulator.ts'));
  const [ready] = await once(child, 'message');
  const { url, user, password } = ready as { url: string; user: string; password: string };
  return {
    url,
    env: {
      ANAPLAN_API_URL: url,
      ANAPLAN_AUTH_URL: url,
      ANAPLAN_USERNAME: user,
      ANAPLAN_PASSWORD: password,
    },
    async starts(): Promise<SeenStart[]> {
      child.send('starts');
      const [{ starts }] = (await once(child, 'message')) as [{ starts: SeenStart[] }];
      return starts;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** A life of `plandrop local`: the lines that it says, as they come. */
class Life {
  readonly #child: ChildProcess;
  #lines = 0;
  #said = '';
  #wake = () => {};

  constructor(args: readonly string[], env: Record<string, string>) {
    this.#child = start(args, env);
    this.#child.stderr?.on('data', (piece: Buffer) => {
      this.#said += piece.toString();
      this.#lines += piece.toString().split('\n').length - 1;
      this.#wake();
    });
    this.#child.on('exit', () => this.#wake());
  }

  get said(): string {
    return this.#said;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until `lines` lines are said, at most for so long. */
  async says(lines: number, atMostMs: number): Promise<void> {
    const until = Date.now() + atMostMs;
    while (this.isAlive && this.#lines < lines && Date.now() < until) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await Promise.race([promise, sleep(until - Date.now())]);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const gone = this.isAlive ? once(this.#child, 'exit') : undefined;
    this.#child.kill(signal);
    await gone;
  }
}

/** Where a kill has met a run, by its ledger. */
function placeOf(run: Run): string | undefined {
  if (isDone(run)) return undefined;
  if (run.ended !== null) return 'ending';
  if (run.lane === null) return 'waiting for the lane';
  const { epoch, start: intent } = currentStep(run);
  switch (run.position.stage) {
    case 'upload':
      if (epoch === null) return 'upload: before the announcement';
      if (!epoch.announced) return 'upload: announcing';
      return `upload: ${epoch.sent.length === 0 ? 'no chunk' : 'some chunks'} recorded`;
    case 'start':
      return intent?.open ? 'start: intent written' : 'start: before the intent';
    default:
      return run.position.stage;
  }
}

async function runsIn(dataDir: string): Promise<Run[]> {
  using folder = joinDataFolder(dataDir);
  const runs: Run[] = [];
  for await (const { key } of folder.state.list('runs/')) {
    const held = await readRun(folder, key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
    if (held !== undefined) runs.push(held.run);
  }
  return runs;
}

/** Renamed into the folder, and older than that, so that it is known to be whole. */
async function putDrop(folder: string, drop: number): Promise<string> {
  const content = contentOf(drop);
  const whole = join(folder, 'incoming.csv');
  await writeFile(whole, content);
  await utimes(whole, new Date(Date.now() - 10_000), new Date(Date.now() - 10_000));
  const path = join(folder, 'drops', keyOfDrop(drop));
  await mkdir(dirname(path), { recursive: true });
  await rename(whole, path);
  return sha256Of(content);
}

/** A person looks in Anaplan for what became of the runs of which nobody could tell, says so, and has the rest done. */
async function settleUnknown(dataDir: string, starts: readonly SeenStart[], hashes: ReadonlyMap<string, string>) {
  using folder = joinDataFolder(dataDir);
  const services = handServices(folder);
  let settled = 0;
  for (const { ended, runId } of await runsIn(dataDir)) {
    const held = await readRun(folder, runId);
    if (ended?.outcome !== 'unknown' || held === undefined || held.run.settled !== undefined || !isDone(held.run))
      continue;
    const wasStarted = starts.some(({ sha256 }) => sha256 === hashes.get(keyOf(held.run)));
    const as = wasStarted ? 'succeeded' : 'failed';
    await settleRun(services, held, { as, by: 'the test', evidence: 'looked in Anaplan' });
    const again = await readRun(folder, runId);
    if (!wasStarted && again?.run.pipeline) await redriveRun(services, again, again.run.pipeline);
    settled++;
  }
  return settled;
}

describe('plandrop local', { timeout: 900_000 }, () => {
  it(`killed ${KILLS} times over ${DROPS} drops on ${MODELS.length} models, starts each action once, in order, on the same bytes`, async () => {
    await using tenant = await anaplan();
    const folder = await mkdtemp(join(tmpdir(), 'plandrop-kills-'));
    await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
    const [config, dataDir] = [join(folder, 'plandrop.yaml'), join(folder, 'data')];
    await writeFile(config, configurationOf(tenant.url));
    const args = ['local', '--config', config, '--data-dir', dataDir, '--drops', join(folder, 'drops')];
    const random = seededRandom(SEED);
    const hashes = new Map<string, string>();
    const places = new Map<string, number>();
    const begun = Date.now();

    for (let kills = 0; kills < KILLS; kills++) {
      while (hashes.size < Math.min(DROPS, 9 + kills * 0.4)) {
        const drop = hashes.size;
        hashes.set(keyOfDrop(drop), await putDrop(folder, drop));
      }
      const life = new Life(args, tenant.env);
      await life.says(1, 30_000);
      // Half of them shortly after something was committed, the others at any time; a drop is taken in the second second.
      const [afterLines, afterMs] =
        random() < 0.5 ? [2 + Math.floor(random() * 16), random() * 30] : [1, random() * 4000];
      await life.says(afterLines, 4500);
      await sleep(afterMs);
      expect([life.isAlive, life.said]).toEqual([true, expect.any(String)]);
      await life.kill('SIGKILL');
      const met = (await runsIn(dataDir)).map(placeOf).filter((place) => place !== undefined);
      for (const place of met.length === 0 ? ['no run under way'] : met)
        places.set(place, (places.get(place) ?? 0) + 1);
    }

    let settled = 0;
    const life = new Life(args, tenant.env);
    for (let looks = 0; ; looks++) {
      await sleep(500);
      settled += await settleUnknown(dataDir, await tenant.starts(), hashes);
      const runs = await runsIn(dataDir);
      const isOver = runs.filter(({ redriveOf }) => redriveOf === undefined).length === DROPS && runs.every(isDone);
      const isSettled = runs.every(({ ended, settled: word }) => ended?.outcome !== 'unknown' || word !== undefined);
      if (isOver && isSettled) break;
      if (looks > 400 || !life.isAlive) throw new Error(`it does not come to an end:\n${life.said.slice(-4000)}`);
    }
    await life.kill('SIGTERM');

    const runs = await runsIn(dataDir);
    const starts = await tenant.starts();
    const table = [...places]
      .toSorted(([, a], [, b]) => b - a)
      .map(([place, times]) => `${String(times).padStart(5)}  ${place}`);
    console.log(
      `${KILLS} kills (seed ${SEED}) in ${Math.round((Date.now() - begun) / 1000)} s; unfinished runs that a kill met:\n${table.join('\n')}\n` +
        `${starts.length} starts for ${hashes.size} drops; ${settled} runs settled by hand, because nobody could know whether they had started`,
    );

    const drops = [...hashes].map(([key, sha256]) => ({
      key,
      times: starts.filter((each) => each.sha256 === sha256).length,
    }));
    expect(drops.filter(({ times }) => times !== 1)).toEqual([]);
    expect(starts.filter(({ sha256 }) => ![...hashes.values()].includes(sha256 ?? ''))).toEqual([]);
    expect(starts.filter(({ final }) => final !== 'COMPLETE')).toEqual([]);

    const redriven = new Set(runs.filter(({ redriveOf }) => redriveOf !== undefined).map(keyOf));
    for (const [i, model] of MODELS.entries()) {
      const expected = [...hashes.keys()].filter((key) => key.startsWith(`p${i}/`) && !redriven.has(key));
      const order = starts.filter((each) => each.model === model).map((each) => keyWith(hashes, each.sha256));
      expect(order.filter((key) => !redriven.has(key))).toEqual(expected);
    }

    const outcomes = new Map(runs.map((run) => [run.runId, run]));
    for (const drop of Array.from({ length: DROPS }, (_, i) => i)) {
      const [run, ...others] = runs.filter((each) => keyOf(each) === keyOfDrop(drop) && each.redriveOf === undefined);
      expect(others).toEqual([]);
      const last = outcomes.get(`${run?.runId}.1`) ?? run;
      const went = drop % 5 === 0 ? 'succeeded-with-rejects' : 'succeeded';
      const said = last?.settled?.as ?? last?.ended?.outcome;
      expect([keyOfDrop(drop), went.startsWith(said ?? '-') ? went : said]).toEqual([keyOfDrop(drop), went]);
    }
    // An ending lasts some milliseconds only: where no kill has met one, some have met what comes just before it.
    for (const met of [['upload: some chunks recorded'], ['start: intent written'], ['poll'], ['collect', 'ending']]) {
      const times = met.reduce((sum, place) => sum + (places.get(place) ?? 0), 0);
      expect([met, times]).toEqual([met, expect.toSatisfy((many: number) => many > 0)]);
    }
  });
});

function keyWith(hashes: ReadonlyMap<string, string>, sha256: string | undefined): string {
  return [...hashes].find(([, each]) => each === sha256)?.[0] ?? 'strange';
}
