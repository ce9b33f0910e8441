import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { shrink } from './shrink.ts';
import { type Simulated, simulate } from './simulate.ts';
import { type Story, storyOf } from './story.ts';
import { count, type Tally, tellTally } from './tally.ts';
import { summaryOf, tell } from './tell.ts';

/**
 * `npm run simulation -- --seeds N [--first K]`: the stories of N seeds from K on, on all cores. With `--trace` each is told whole,
 * with `--until-found` it ends at the first that breaks a promise, and `--story file` tells one that was written down. With
 * `--slow-chunks` dumps and exports take several messages in all of them.
 */

/** Of so many seeds that break a promise a smaller story is looked for. */
const SHRUNK = 3;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    story: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'slow-chunks': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    'until-found': { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.first);
const storyOfSeed = (seed: number): Story =>
  values['slow-chunks'] ? { ...storyOf(seed), slowChunks: true } : storyOf(seed);

interface Told extends Omit<Simulated, 'trace'> {
  seed: number;
}

if (!isMainThread) await share(workerData as { offset: number; cores: number });
else if (values.story !== undefined) await again(JSON.parse(readFileSync(values.story, 'utf8')));
else if (values.trace) for (let seed = first; seed < first + seeds; seed++) await again(storyOfSeed(seed));
else await onAllCores();

/** Tells one story, whole. */
async function again(story: Story): Promise<void> {
  console.log(summaryOf(story));
  const simulated = await simulate(story, { traced: true });
  console.log(tell(simulated, Number.POSITIVE_INFINITY));
  console.log(`It ended: ${simulated.outcomes.join(', ')}. Promises broken: ${simulated.violations.length}.`);
  if (simulated.violations.length > 0) process.exitCode = 1;
}

async function onAllCores(): Promise<void> {
  const begun = Date.now();
  const outcomes = new Map<string, number>();
  const troubles: Tally = new Map();
  const broken: Told[] = [];
  let [done, operations] = [0, 0];
  const rate = () => (done / ((Date.now() - begun) / 1000)).toFixed(1);
  const workers: Worker[] = [];
  const take = (told: Told) => {
    done++;
    operations += told.operations;
    for (const outcome of told.outcomes) count(outcomes, outcome);
    for (const [what, times] of told.tally) count(troubles, what, times);
    if (told.violations.length > 0) {
      broken.push(told);
      // No later seed is of interest; an earlier one of another worker is.
      if (values['until-found']) for (const worker of workers) worker.postMessage(told.seed);
      if (broken.length <= 10) console.log(`Seed ${told.seed} breaks a promise:\n${tell(told)}`);
    }
    if (done % 1000 === 0) console.log(`${done} seeds, ${rate()} a second, ${broken.length} broke a promise`);
  };
  const cores = Math.min(seeds, availableParallelism());
  for (let offset = 0; offset < cores; offset++)
    workers.push(
      new Worker(new URL(import.meta.url), { workerData: { offset, cores }, argv: process.argv.slice(2) }).on(
        'message',
        take,
      ),
    );
  await Promise.all(workers.map((worker) => new Promise((ends, fails) => worker.on('exit', ends).on('error', fails))));
  const told = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  console.log(`${done} seeds from ${first} on in ${seconds} s: ${rate()} a second, ${operations} operations.`);
  console.log(`Runs: ${told}. Seeds that broke a promise: ${broken.length}.`);
  if (!values['until-found']) console.log(`What troubled them:\n${tellTally(troubles)}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
  const worst = broken.toSorted((a, b) => a.seed - b.seed).slice(0, values['no-shrink'] ? 0 : SHRUNK);
  for (const each of worst) await tellSmaller(each);
}

async function tellSmaller({ seed, violations }: Told): Promise<void> {
  const smallest = await shrink(storyOfSeed(seed), violations);
  const file = join(tmpdir(), `plandrop-seed-${seed}.json`);
  writeFileSync(file, JSON.stringify(smallest, null, 1));
  console.log(`
Seed ${seed}, whole: npm run simulation -- --first ${seed} --seeds 1 --trace${values['slow-chunks'] ? ' --slow-chunks' : ''}
The smallest story found that breaks the same promise: npm run simulation -- --story ${file}
${summaryOf(smallest)}
${tell(await simulate(smallest, { traced: true }))}`);
}

async function share({ offset, cores }: { offset: number; cores: number }): Promise<void> {
  let last = first + seeds - 1;
  parentPort?.on('message', (seed: number) => {
    last = Math.min(last, seed);
  });
  for (let seed = first + offset; seed <= last; seed += cores) {
    const { trace: _, ...told } = await simulate(storyOfSeed(seed));
    parentPort?.postMessage({ seed, ...told } satisfies Told);
  }
  parentPort?.close();
}
