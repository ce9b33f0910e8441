import { Installation, WORK_QUEUES } from '../../bench/installation.ts';
import { pipelinesOf, tenantOf } from '../../bench/many-models.ts';
import { holdLane, releaseLane } from '../../shared/run/lane-by-hand.ts';
import type { Run } from '../../shared/run/run.ts';

/** Backlogs that an installation has to live with, of any size: told by what is left in the queues and by what was sent. */

const textOf = (drop: number) => `Product,Code\nItem ${drop},C${drop}\n`;

export const outcomesOf = (runs: readonly Run[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { ended } of runs)
    counts[ended?.outcome ?? 'unfinished'] = (counts[ended?.outcome ?? 'unfinished'] ?? 0) + 1;
  return counts;
};

/** Drops that wait for days behind a lane that a person holds, and are then let go. */
export async function heldForDays({ drops, days }: { drops: number; days: number }) {
  await using installation = await Installation.build({ tenant: tenantOf(1), pipelines: pipelinesOf, taskSeconds: 5 });
  const { services, simulator, queues, calls, clock } = installation;
  const modelId = simulator.model.id;
  await holdLane(services, modelId, { by: 'ann', reason: 'month end' });
  for (let drop = 0; drop < drops; drop++) {
    await installation.drop(`m0/${String(drop).padStart(4, '0')}.csv`, textOf(drop));
    await clock.advance(1000);
  }
  await installation.work({ hours: 1 });
  calls.clear();
  await installation.work({ hours: days * 24 });
  const waited = {
    messages: WORK_QUEUES.flatMap((queue) => queues.peek(queue)).length,
    sent: calls.of('SQS'),
    anaplan: calls.of('Anaplan'),
    getsPerLook: calls.of('S3', (kind) => kind.startsWith('GET')) / (days * 288),
    runs: installation.runs(),
  };
  await releaseLane(services, modelId);
  await installation.work();
  const [model] = simulator.tenant.models;
  const loaded = model?.queue.tasks.length ?? 0;
  return { waited, loaded, runs: installation.runs(), order: orderOf(installation) };
}

/** The keys of the drops in the order in which their tasks were started. */
function orderOf(installation: Installation): string[] {
  const started = installation.simulator.tenant.models.flatMap(({ queue }) => queue.tasks.map(({ taskId }) => taskId));
  const keys = new Map(
    installation.runs().map((run) => [run.steps[0]?.task?.taskId, run.trigger.kind === 'drop' ? run.trigger.key : '']),
  );
  return started.map((taskId) => keys.get(taskId) ?? 'strange');
}

const TASK_SECONDS = 600;

/** Messages that one run sends from its drop to its end, when nothing goes wrong. */
async function sentByPlainRun(): Promise<number> {
  await using installation = await Installation.build({
    tenant: tenantOf(1),
    pipelines: pipelinesOf,
    taskSeconds: TASK_SECONDS,
    watches: false,
  });
  await installation.drop('m0/file.csv', textOf(0));
  await installation.work();
  return installation.calls.of('SQS', (kind) => kind.startsWith('send'));
}

/** Runs of as many models that are on their way when every function stands still for an hour. */
export async function anHourWithoutFunctions({ runs: count }: { runs: number }) {
  const tenant = tenantOf(count);
  await using installation = await Installation.build({
    // A model that nobody asks for an hour forgets its tasks; that is another story.
    tenant: { ...tenant, settings: { ...tenant.settings, idleSeconds: 86_400 } },
    pipelines: pipelinesOf,
    taskSeconds: TASK_SECONDS,
    scenario: { rules: [{ match: { path: '**/models/**' }, do: { delayMs: 1000 } }] },
    maxConcurrency: 4,
  });
  const { calls, clock, state } = installation;
  const begunAt = clock.now();
  for (let drop = 0; drop < count; drop++) await installation.drop(`m${drop}/file.csv`, textOf(drop));
  // Some are uploaded by then, some started, and the rest wait for their turn.
  await installation.work({ hours: (count * 0.6) / 3600 });
  const stages: Record<string, number> = {};
  for (const { position } of installation.runs()) stages[position.stage] = (stages[position.stage] ?? 0) + 1;
  installation.isStopped = true;
  await installation.work();
  await clock.advance(3_600_000);
  const left = installation.waitingMessages();
  calls.clear();

  installation.isStopped = false;
  while (installation.waitingMessages() > 0) {
    await installation.work({ hours: 1 / 12 });
  }
  const runs = installation.runs();
  return {
    stages,
    sentByPlainRun: await sentByPlainRun(),
    left,
    minutes: (clock.now() - begunAt) / 60_000,
    resent: runs.map(({ resent }) => resent?.times ?? 0),
    sent: calls.of('SQS', (kind) => kind.startsWith('send')),
    buried:
      calls.of('Lambda', (kind) => kind.endsWith('poison')) + runs.filter(({ buried }) => buried !== undefined).length,
    tickets: state.keys('lanes/').filter((key) => key.includes('/tickets/')).length,
    starts: installation.simulator.tenant.models.map(({ queue }) => queue.tasks.length),
    runs,
  };
}
