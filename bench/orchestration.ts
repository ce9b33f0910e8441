import { WATCH_EVERY_SECONDS } from '../shared/run/watch-pacing.ts';
import type { Calls, Service } from './calls.ts';
import { Installation } from './installation.ts';
import { pipelinesOf, tenantOf } from './many-models.ts';
import { costOf, PRICES } from './prices.ts';

const RUNS = 10;
const HEADER = 'Product,Code\n';
const CLEAN = (drop: number) => `${HEADER}Item ${drop},C${drop}\nThing ${drop},T${drop}\n`;
/** A name longer than Anaplan takes: one row is rejected, and there is a dump. */
const REJECTED = (drop: number) => `${CLEAN(drop)}${'too long '.repeat(8)},L${drop}\n`;

interface Case {
  name: string;
  text: (drop: number) => string;
  taskSeconds: number;
}

const CASES: readonly Case[] = [
  { name: 'one drop, one import of 20 s', text: CLEAN, taskSeconds: 20 },
  { name: 'the same with a task of 10 min', text: CLEAN, taskSeconds: 600 },
  { name: 'the same with a rejected row: a dump, a repair file, a report, an alert', text: REJECTED, taskSeconds: 20 },
];

/** Prints what each case asks for, counted at the ports of the real functions, and what a quiet installation asks for. */
export async function orchestration(): Promise<void> {
  for (const each of CASES) {
    const calls = await perRun(each);
    console.log(`\n${each.name}\n${'='.repeat(each.name.length)}`);
    for (const service of ['S3', 'SQS', 'SNS', 'Lambda', 'Anaplan'] as const) print(service, calls);
    const { total, parts } = costOf(calls);
    const told = parts.map(({ what, usd }) => `${what} $${(usd * 1000).toFixed(4)}`).join(', ');
    console.log(`AWS, requests only: $${(total * 1000).toFixed(3)} for 1,000 runs (${told})`);
  }
  const look = await quietLook();
  const monthly = (costOf(look).total * 30 * 86_400) / WATCH_EVERY_SECONDS;
  console.log(`\nwhile nothing happens\n=====================`);
  print('S3', look);
  console.log(`for each look of the watch, that is $${monthly.toFixed(2)} a month`);
  console.log(
    `\nList prices: ${PRICES.source}, ${PRICES.region}, as of ${PRICES.asOf}. Not in it: the time of the functions,`,
  );
  console.log('storage, alarms, logs, the secret, the idle polling of the queues, and the free tier.');
}

/** The mean of several runs, one after the other, in an installation whose containers are warm. */
async function perRun({ text, taskSeconds }: Case): Promise<{ calls: Calls; runs: number }> {
  await using installation = await Installation.build({
    tenant: tenantOf(1),
    pipelines: pipelinesOf,
    taskSeconds,
    watches: false,
    burstSeconds: 0,
  });
  for (let drop = 0; drop <= RUNS; drop++) {
    await installation.drop(`m0/${drop}.csv`, text(drop));
    await installation.work();
    if (drop === 0) installation.calls.clear();
  }
  const unfinished = installation.runs().filter(({ ended }) => ended?.todo.length !== 0);
  if (unfinished.length > 0) throw new Error(`${unfinished.length} runs did not end`);
  return { calls: installation.calls, runs: RUNS };
}

async function quietLook(): Promise<{ calls: Calls; runs: number }> {
  const looks = 12;
  await using installation = await Installation.build({ tenant: tenantOf(1), pipelines: pipelinesOf });
  await installation.drop('m0/first.csv', CLEAN(0));
  await installation.work({ hours: 1 });
  installation.calls.clear();
  await installation.work({ hours: (looks * WATCH_EVERY_SECONDS) / 3600 });
  return { calls: installation.calls, runs: looks };
}

function print(service: Service, { calls, runs }: { calls: Calls; runs: number }): void {
  const kinds = calls.kinds(service);
  const total = calls.of(service) / runs;
  const shown = (count: number) => (Number.isInteger(count) ? String(count) : count.toFixed(1));
  const told = kinds.map(([kind, count]) => `${kind} ${shown(count / runs)}`).join(', ');
  console.log(`${service.padEnd(8)} ${shown(total).padStart(6)}   ${told}`);
}
