import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { Store } from '../../shared/ports/store.ts';
import { type Hold, type Holder, readHolder } from '../../shared/run/lane.ts';
import { holdLane, keptBehind, releaseLane } from '../../shared/run/lane-by-hand.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { handServices } from '../hand-services.ts';
import { becauseOption } from '../options.ts';
import { printList } from '../print.ts';
import { openState, type StateOptions, withStateOptions } from '../state.ts';

interface Lane {
  modelId: string;
  model: string;
  holder: Holder;
  /** who holds it once a person's hold is released */
  behind: Hold | null;
  waiting: string[];
}

export function lanesCommand(): Command {
  const lanes = withStateOptions(
    new Command('lanes').description('who has each model, who waits for it, and why'),
  ).action(list);
  withStateOptions(lanes.command('release <model>').description('let the runs of a held lane go on')).action(release);
  withStateOptions(lanes.command('hold <model>').description('grant the lane to nobody until it is released'))
    .addOption(becauseOption('what to tell whoever asks why', 'reason').default('held by hand'))
    .action(hold);
  return lanes;
}

async function list(options: StateOptions): Promise<void> {
  using opened = await openState(options);
  const lanes = await lanesOf(opened.state);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(lanes, null, 2)}\n`);
    return;
  }
  const rows = lanes.map((lane) => [lane.model, lane.modelId, stateOf(lane), String(lane.waiting.length)]);
  printList(['Model', 'Id', 'State', 'Waiting'], rows, 'No model has been touched yet.');
}

function stateOf({ holder: { runId, hold }, behind }: Pick<Lane, 'holder' | 'behind'>): string {
  if (hold !== null) return behind === null ? heldBy(hold) : `${heldBy(hold)}, and then by ${wordsOf(behind)}`;
  return runId === null ? 'free' : `run ${runId} has it`;
}

function heldBy(hold: Hold): string {
  return `held by ${wordsOf(hold)}`;
}

function wordsOf({ by, reason }: Hold): string {
  return `${by}: ${reason}`;
}

async function release(model: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions>();
  using opened = await openState(options);
  const lane = await laneNamed(model, opened.state);
  const released = await releaseLane(handServices(opened, options), lane.modelId);
  const { hold } = await readHolder(opened, lane.modelId);
  const from = released && lane.holder.hold !== null ? `, ${heldBy(lane.holder.hold)}` : '';
  const next = lane.waiting[0];
  const free = next === undefined ? 'Nobody waits for it.' : `Run ${next} is next.`;
  const then = hold === null ? free : `It is now ${heldBy(hold)}. Release it again to let the others go on.`;
  tell(
    options,
    { model: lane.model, modelId: lane.modelId, released, hold },
    `${released ? 'Released' : 'Not held:'} the lane of model "${lane.model}"${from}. ${then}`,
  );
}

async function hold(model: string, _: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<StateOptions & { because: string }>();
  using opened = await openState(options);
  const lane = await laneNamed(model, opened.state);
  const held = await holdLane(handServices(opened, options), lane.modelId, {
    by: userInfo().username,
    reason: options.because,
  });
  tell(
    options,
    { model: lane.model, modelId: lane.modelId, held },
    held ? `The lane of model "${lane.model}" is held.` : `The lane of model "${lane.model}" was held already.`,
  );
}

function tell({ json }: StateOptions, answer: object, words: string): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${words}\n`);
}

async function laneNamed(model: string, state: Store): Promise<Lane> {
  const lanes = await lanesOf(state);
  const [found, ...others] = lanes.filter((lane) => lane.modelId === model || lane.model === model);
  if (found !== undefined && others.length === 0) return found;
  const known = lanes.map((lane) => `${lane.model} (${lane.modelId})`).join(', ');
  throw new CommandError(
    found === undefined ? `No run has touched a model "${model}".` : `Several models are called "${model}".`,
    {
      category: 'not-found',
      whatToCheck: [known === '' ? 'No model has been touched yet.' : `There are ${known}.`],
      exitCode: EXIT.failed,
    },
  );
}

async function lanesOf(state: Store): Promise<Lane[]> {
  const waitingOf = new Map<string, string[]>();
  for await (const { key } of state.list('lanes/')) {
    const [, modelId = '', kind, ticket = ''] = key.split('/');
    const waiting = waitingOf.get(modelId) ?? [];
    if (kind === 'tickets') waiting.push(ticket.slice('2026-01-31T00:00:00.000Z-'.length));
    waitingOf.set(modelId, waiting);
  }
  const lanes: Lane[] = [];
  for (const [modelId, tickets] of waitingOf) {
    const holder = await readHolder({ state }, modelId);
    const known = holder.runId ?? tickets[0] ?? holder.last?.runId;
    const run = known === undefined ? undefined : (await readRun({ state }, known))?.run;
    const waiting = tickets.filter((runId) => runId !== holder.runId);
    const behind = run === undefined || holder.runId === null ? undefined : keptBehind(holder, run);
    lanes.push({ modelId, model: run?.pipeline?.modelName ?? modelId, holder, behind: behind ?? null, waiting });
  }
  return lanes;
}
