import type { Hono } from 'hono';
import * as z from 'zod';
import { ApiError, notFound } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import type { Tenant } from '../engine/tenant.ts';
import type { Ctx, RequestEnv, Simulation } from './context.ts';
import { meta } from './envelope.ts';
import { readJson } from './read-json.ts';

/** Open and close a model. Workspace administrators only; for others it is not there (anaplan-notes: Model status). */
export function addLifecycleRoutes(routes: Hono<RequestEnv>, { tenant }: Simulation): void {
  const administered = (c: Ctx) => {
    const model = tenant.modelAt(c.req.param('modelId') ?? '', c.req.param('workspaceId'));
    if (tenant.roleOn(c.get('user'), model) !== 'admin') throw notFound();
    return model;
  };

  routes.post('/open', (c) => {
    const model = administered(c);
    return model.asOf(c.env.at, () => {
      if (model.state === 'ARCHIVED') throw new ApiError(422, 'The model is archived');
      if (model.state.includes('MAINTENANCE')) throw new ApiError(424, 'The model is offline');
      const opensAt = model.use(c.env.at, false);
      if (opensAt !== undefined) return c.body(null, 202);
      return c.json({ meta: meta(c, 'model', model.id, tenant.quirks), status: { code: 200, message: 'Success' } });
    });
  });

  routes.post('/close', (c) => {
    const model = administered(c);
    return model.asOf(c.env.at, () => {
      model.lifecycle.close(c.env.at);
      return c.body(null, 204);
    });
  });
}

const doomed = z.strictObject({ modelIdsToDelete: z.array(z.string()).min(1) });

/** `POST /workspaces/{w}/bulkDeleteModels`: closed models only; each failure is told beside the others' success. */
export function addBulkDelete(routes: Hono<RequestEnv>, { tenant }: Simulation): void {
  routes.post('/workspaces/:workspaceId/bulkDeleteModels', async (c) => {
    const workspace = tenant.workspaces.find((each) => each.id === c.req.param('workspaceId'));
    if (!workspace || c.get('user').plan.role !== 'admin') throw notFound();
    const { modelIdsToDelete } = await readJson(c, doomed);
    const failures: { modelId: string; message: string }[] = [];
    for (const modelId of modelIdsToDelete) {
      const message = await refusal(tenant, workspace.models, modelId, c.env.at);
      if (message !== undefined) failures.push({ modelId, message });
      else workspace.models = workspace.models.filter((each) => each.id !== modelId);
    }
    return c.json({
      meta: meta(c, 'model', undefined, tenant.quirks),
      status: { code: 200, message: 'Success' },
      modelsDeleted: modelIdsToDelete.length - failures.length,
      ...(failures.length > 0 ? { bulkDeleteModelsFailures: failures } : {}),
    });
  });
}

async function refusal(tenant: Tenant, models: Model[], modelId: string, at: number): Promise<string | undefined> {
  const model = models.find((each) => each.id === modelId);
  if (!model || !tenant.models.includes(model)) return 'Model ID does not exist.';
  const state = await model.asOf(at, () => model.lifecycle.state());
  return state === 'Closed' ? undefined : 'Model is open. Please close the model before trying again.';
}
