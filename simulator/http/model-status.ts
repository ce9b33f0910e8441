import type { Hono } from 'hono';
import type { Model } from '../engine/model.ts';
import { progressOf } from '../engine/task.ts';
import type { RequestEnv, Simulation } from './context.ts';
import { one } from './envelope.ts';
import { impatiently } from './in-model.ts';

/** `…/status`: what a model does right now (anaplan-notes: Model status). It does not wake a model. */
export function addStatusRoute(routes: Hono<RequestEnv>, { tenant }: Simulation): void {
  const { quirks } = tenant;
  routes.on(['GET', 'POST'], '/status', async (c) => {
    const model = tenant.modelAt(c.req.param('modelId') ?? '', c.req.param('workspaceId'));
    tenant.requireAccess(c.get('user'), model);
    const requestStatus = await impatiently(c, model, () => statusOf(model, c.env.at));
    if (quirks.statusWithoutEnvelope && c.req.method === 'GET') return c.json({ requestStatus });
    return one(c, 'requestStatus', 'requestStatus', model.id, requestStatus, quirks);
  });
}

function statusOf(model: Model, at: number) {
  const idle = {
    peakMemoryUsageEstimate: null,
    peakMemoryUsageTime: null,
    progress: -1,
    currentStep: 'Open',
    tooltip: null,
    exportTaskType: null,
    creationTime: at,
    taskId: null,
  };
  const task = model.queue.running(at);
  if (!task) return { ...idle, currentStep: model.isHeld(at) ? 'Processing ...' : model.lifecycle.state() };
  const kind = task.kind === 'imports' ? 'Import' : task.kind === 'exports' ? 'Export' : 'Action';
  const since = new Date(task.startsAt).toISOString().slice(11, 16);
  const { email } = task.starter;
  const tooltip = `The system is currently processing an ${kind}:\n\n${kind} started by user ${email} (${email})\n\n${kind} started at ${since} (UTC)\nTasks can be cancelled in Model Management.`;
  return {
    ...idle,
    progress: progressOf(task, at),
    currentStep: 'Processing ...',
    tooltip,
    exportTaskType: task.kind === 'exports' ? 'EXPORT' : null,
    taskId: task.kind === 'exports' ? `${task.taskId}-11` : task.taskId,
  };
}
