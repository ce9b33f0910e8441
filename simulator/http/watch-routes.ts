import { Hono } from 'hono';
import { stateOf } from '../engine/task.ts';
import type { RequestEnv, Simulation } from './context.ts';
import type { RequestLog } from './request-log.ts';
import { taskJson } from './task-json.ts';

/** `/simulator`: what happened, for tests and curious people. It is no part of Anaplan's API, and asks for no token. */
export function watchRoutes({ tenant }: Simulation, log: RequestLog): Hono<RequestEnv> {
  const routes = new Hono<RequestEnv>();
  const emailOf = (userId: string) => tenant.userById(userId)?.plan.email ?? userId;

  routes.get('/requests', (c) => c.json({ requests: log.entries }));

  routes.get('/tasks', async (c) => {
    const tasks = await Promise.all(
      tenant.models.map((model) =>
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
      ),
    );
    return c.json({ tasks: tasks.flat() });
  });

  /** The newest upload to a file id, whatever the model and user; `?model=` and `?user=` narrow it. */
  routes.get('/files/:fileId', async (c) => {
    const { model: modelName, user } = c.req.query();
    const models = tenant.models.filter((each) => [undefined, each.name, each.id].includes(modelName));
    const reports = await Promise.all(
      models.map((model) =>
        model.asOf(c.env.at, async () =>
          (await model.files.reports(emailOf, c.req.param('fileId'))).map((each) => ({ ...each, model: model.name })),
        ),
      ),
    );
    const [newest] = reports
      .flat()
      .filter((each) => user === undefined || each.uploadedBy === user)
      .sort((a, b) => b.lastUse - a.lastUse);
    return newest ? c.json(newest) : c.json({ error: 'nobody has uploaded to this file' }, 404);
  });

  return routes;
}
