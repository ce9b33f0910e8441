import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { replayOf } from './replay.ts';
import { type Simulated, simulate } from './simulate.ts';

/** `npm run simulation -- --seeds N [--first K] [--trace]`: N seeds from K on, on all cores. */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.first);

if (isMainThread) await onAllCores();
else await share(workerData as { offset: number; cores: number });

async function onAllCores(): Promise<void> {
  const begun = Date.now();
  const outcomes = new Map<string, number>();
  let [done, operations, failed] = [0, 0, 0];
  const take = (simulated: Simulated) => {
    done++;
    operations += simulated.operations;
    for (const outcome of simulated.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (values.trace) console.log(simulated.trace.join('\n'));
    if (simulated.violations.length > 0 && ++failed <= 10) console.log(`\n${replayOf(simulated)}`);
    if (done % 1000 === 0) console.log(`${done} seeds, ${(done / ((Date.now() - begun) / 1000)).toFixed(1)} a second`);
  };
  const cores = Math.min(seeds, availableParallelism());
  const workers = Array.from({ length: cores }, (_, offset) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { offset, cores }, argv: process.argv.slice(2) });
    worker.on('message', take);
    return new Promise<void>((resolve, reject) => worker.on('exit', () => resolve()).on('error', reject));
  });
  await Promise.all(workers);
  const seconds = (Date.now() - begun) / 1000;
  const told = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  console.log(
    `${done} seeds from ${first} on in ${seconds.toFixed(0)} s: ${(done / seconds).toFixed(1)} a second, ${operations} operations.`,
  );
  console.log(`Runs: ${told}. Seeds that broke a promise: ${failed}.`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function share({ offset, cores }: { offset: number; cores: number }): Promise<void> {
  for (let seed = first + offset; seed < first + seeds; seed += cores) {
    const simulated = await simulate(seed);
    const isDull = simulated.violations.length === 0 && !values.trace;
    parentPort?.postMessage(isDull ? { ...simulated, trace: [] } : simulated);
  }
}
