import { Hono } from 'hono';
import * as z from 'zod';
import { badRequest } from '../engine/api-error.ts';
import { mapColumns, targetNames } from '../engine/map-columns.ts';
import { stateOf } from '../engine/task.ts';
import { SimulatorFileError } from '../mistakes.ts';
import { parseScenario, planScenario } from '../weather/scenario.ts';
import type { Weather } from '../weather/weather.ts';
import type { RequestEnv, Simulation } from './context.ts';
import { modelReport } from './model-report.ts';
import { readJson } from './read-json.ts';
import type { RequestLog } from './request-log.ts';
import { taskJson } from './task-json.ts';
import { watchPage } from './watch-page.ts';

const MOST_ROWS = 100_000;
const turn = z.strictObject({ advanceMs: z.number().nonnegative() });
const remapped = z.strictObject({ columns: z.record(z.string(), z.string()) });

/** What the routes of `/simulator` may touch beside the tenant. */
export interface Watched {
  log: RequestLog;
  weather: Weather;
  /** moves the clock forward; undefined when it cannot be turned */
  advance: ((ms: number) => Promise<void>) | undefined;
}

/** `/simulator`: what happened, for tests and curious people. It is no part of Anaplan's API, and asks for no token. */
export function watchRoutes({ tenant }: Simulation, { log, weather, advance }: Watched): Hono<RequestEnv> {
  const routes = new Hono<RequestEnv>();
  const emailOf = (userId: string) => tenant.userById(userId)?.plan.email ?? userId;

  routes.get('/', async (c) => {
    for (const model of tenant.models) await model.asOf(c.env.at, () => undefined);
    return c.html(watchPage(tenant.models, log.entries, c.env.at));
  });

  routes.get('/requests', (c) => c.json({ requests: log.entries }));

  routes.get('/tasks', async (c) => {
    const tasks = tenant.models.map((model) =>
      model.asOf(c.env.at, () =>
        model.queue.tasks.map((task) => ({
          model: model.name,
          kind: task.kind,
          objectId: task.objectId,
          name: task.name,
          startedBy: task.starter.email,
          state: stateOf(task, c.env.at),
          startsAt: task.startsAt,
          endsAt: task.endsAt,
          ...taskJson(task, c.env.at, tenant, true),
        })),
      ),
    );
    return c.json({ tasks: (await Promise.all(tasks)).flat() });
  });

  /** The newest upload to a file id, whatever the model and user; `?model=` and `?user=` narrow it. */
  routes.get('/files/:fileId', async (c) => {
    const { model: modelName, user } = c.req.query();
    const models = tenant.models.filter((each) => [undefined, each.name, each.id].includes(modelName));
    const reports = models.map((model) =>
      model.asOf(c.env.at, async () =>
        (await model.files.reports(emailOf, c.req.param('fileId'))).map((each) => ({ ...each, model: model.name })),
      ),
    );
    const [newest] = (await Promise.all(reports))
      .flat()
      .filter((each) => user === undefined || each.uploadedBy === user)
      .sort((a, b) => b.lastUse - a.lastUse);
    return newest ? c.json(newest) : c.json({ error: 'nobody has uploaded to this file' }, 404);
  });

  routes.get('/models/:modelId', async (c) => {
    const wanted = c.req.param('modelId');
    const model = tenant.models.find((each) => each.id === wanted || each.name === wanted);
    if (!model) return c.json({ error: 'there is no such model' }, 404);
    return c.json(await model.asOf(c.env.at, () => modelReport(model, MOST_ROWS)));
  });

  /** Maps an import anew, as a person does in Anaplan: its definition has these columns from now on. */
  routes.post('/models/:modelId/imports/:importId', async (c) => {
    const { modelId, importId } = c.req.param();
    const model = tenant.models.find((each) => each.id === modelId || each.name === modelId);
    const action = [...(model?.imports.values() ?? [])].find(({ id, name }) => id === importId || name === importId);
    if (!model || !action) return c.json({ error: 'there is no such import' }, 404);
    const { columns } = await readJson(c, remapped);
    const known = targetNames(action);
    const strange = Object.values(columns).find((target) => !known.includes(target));
    if (strange !== undefined) throw badRequest(`there is no target "${strange}"; there is ${known.join(', ')}`);
    const { target } = action;
    const into = target.kind === 'list' ? target.list.name : target.module.name;
    // A process has the same import among its steps.
    await model.asOf(c.env.at, () => void Object.assign(action, mapColumns(model, into, columns)));
    return c.body(null, 204);
  });

  /** New weather, as YAML or JSON, in place of the old. */
  routes.post('/scenario', async (c) => {
    const text = await c.req.text();
    try {
      weather.change(text.trimStart().startsWith('{') ? planScenario(JSON.parse(text)) : parseScenario(text));
    } catch (error) {
      if (error instanceof SimulatorFileError) return c.json({ error: error.message, mistakes: error.mistakes }, 400);
      throw badRequest(error instanceof Error ? error.message : String(error));
    }
    return c.body(null, 204);
  });

  routes.post('/clock', async (c) => {
    const { advanceMs } = await readJson(c, turn);
    if (!advance) throw badRequest('this clock cannot be turned');
    await advance(advanceMs);
    return c.body(null, 204);
  });

  return routes;
}
