import type { Hono } from 'hono';
import * as z from 'zod';
import { badRequest, notFound } from '../engine/api-error.ts';
import { chunkIndex } from '../engine/file-shelf.ts';
import type { Spooled } from '../engine/spool.ts';
import type { ActionKind, Task } from '../engine/task.ts';
import { type Ctx, flag, type RequestEnv, type Simulation } from './context.ts';
import { one, page } from './envelope.ts';
import { bytesAnswer } from './file-routes.ts';
import { inModel } from './in-model.ts';
import { readJson } from './read-json.ts';
import { taskJson } from './task-json.ts';

const start = z.object({
  localeName: z.string().optional(),
  mappingParameters: z
    .array(z.object({ entityType: z.string(), entityName: z.string(), importId: z.string().optional() }))
    .optional(),
});

/** Start, list, poll and cancel for one kind of action (anaplan-notes: Starting a task). */
export function addTaskRoutes(routes: Hono<RequestEnv>, simulation: Simulation, kind: ActionKind): void {
  const { tenant } = simulation;
  const { quirks } = tenant;
  const path = `/${kind}/:objectId/tasks` as const;
  const objectOf = (c: Ctx) => c.req.param('objectId') ?? '';

  routes.post(path, async (c) => {
    const body = await readJson(c, start);
    return inModel(simulation, c, { starts: true, looks: true }, (model) => {
      if (!model[kind].has(objectOf(c))) throw notFound();
      if (!body.localeName) throw badRequest("Expected mandatory field 'localeName' to be present and not empty.");
      const starter = { ...tenant.starter(c.get('user'), model), userAgent: c.req.header('user-agent') };
      const task = model.start(kind, objectOf(c), starter, body.mappingParameters ?? [], c.env.at, c.env.wish);
      if (!task) throw notFound();
      const state = { taskState: 'NOT_STARTED', creationTime: task.createdAt };
      return one(
        c,
        'task',
        'task',
        model.id,
        { taskId: task.taskId, ...(quirks.startAnswersState ? state : {}) },
        quirks,
      );
    });
  });

  routes.get(path, async (c) => {
    const list = async () =>
      inModel(simulation, c, { looks: true }, (model) => {
        if (!model[kind].has(objectOf(c)) && !quirks.taskListsOfAnything) throw notFound();
        const tasks = model.queue.tasks.filter((each) => each.kind === kind && each.objectId === objectOf(c));
        const rows = sorted(tasks, c.req.query('sort')).map((task) => {
          const { taskId, taskState, creationTime } = taskJson(task, c.env.at, tenant, false);
          return { taskId, taskState, creationTime };
        });
        return page(c, 'tasks', 'task', model.id, rows, quirks);
      });
    const model = tenant.models.find((each) => each.id === c.req.param('modelId'));
    const visible = model && tenant.roleOn(c.get('user'), model) !== 'none';
    if (visible || !quirks.taskListsOfAnything) return list();
    return page(c, 'tasks', 'task', c.req.param('modelId'), [], quirks);
  });

  routes.get(`${path}/:taskId`, (c) =>
    inModel(simulation, c, { looks: true }, (model) => {
      const task = model.task(kind, objectOf(c), c.req.param('taskId') ?? '');
      if (!task) throw notFound();
      const details = flag(c, 'includeProcessDetails');
      return one(c, 'task', 'task', model.id, taskJson(task, c.env.at, tenant, details), quirks);
    }),
  );

  routes.delete(`${path}/:taskId`, (c) =>
    inModel(simulation, c, { looks: true }, (model) => {
      const task = model.task(kind, objectOf(c), c.req.param('taskId') ?? '');
      if (!task) throw notFound();
      model.queue.cancel(task, c.env.at, c.get('user').plan.email);
      return one(c, 'task', 'task', model.id, taskJson(task, c.env.at, tenant, false), quirks);
    }),
  );
}

function sorted(tasks: readonly Task[], sort: string | undefined): readonly Task[] {
  return sort?.startsWith('-creation') ? tasks.toReversed() : tasks;
}

/** Failure dumps, whole and in chunks, of imports and of the imports in a process (anaplan-notes: Dumps). */
export function addDumpRoutes(routes: Hono<RequestEnv>, simulation: Simulation): void {
  const { quirks, settings } = simulation.tenant;
  const plain: { path: string; kind: ActionKind }[] = [
    { path: '/imports/:objectId/tasks/:taskId/dump', kind: 'imports' },
    { path: '/exports/:objectId/tasks/:taskId/dump', kind: 'exports' },
    { path: '/actions/:objectId/tasks/:taskId/dump', kind: 'actions' },
    { path: '/processes/:objectId/tasks/:taskId/dumps/:importId', kind: 'processes' },
    { path: '/imports/:objectId/tasks/:taskId/dumps/:importId', kind: 'imports' },
  ];
  for (const { path, kind } of plain) {
    /** Hands the dump to `work`, which has to let go of it. */
    const withDump = (c: Ctx, work: (dump: Spooled, modelId: string) => Response) =>
      inModel(simulation, c, {}, (model) => {
        const [objectId = '', taskId = ''] = [c.req.param('objectId'), c.req.param('taskId')];
        if (!model.task(kind, objectId, taskId)) throw notFound();
        const dump = model.dumps.get(c.get('user').id, c.req.param('importId') ?? objectId, taskId, c.env.at);
        if (!dump) throw notFound();
        return work(dump, model.id);
      });

    routes.get(path, (c) =>
      withDump(c, (content) => bytesAnswer([{ content, start: 0, end: content.bytes }], 'text/plain; charset=utf-8')),
    );
    routes.get(`${path}/chunks`, (c) =>
      withDump(c, (content, modelId) => {
        const count = Math.ceil(content.bytes / settings.outputChunkBytes);
        content.release();
        const chunks = Array.from({ length: count }, (_, n) => ({ id: String(n), name: `Chunk ${n}` }));
        return page(c, 'chunks', 'chunk', modelId, chunks, quirks);
      }),
    );
    routes.get(`${path}/chunks/:chunkId`, (c) =>
      withDump(c, (content) => {
        const size = settings.outputChunkBytes;
        const start = chunkIndex(c.req.param('chunkId') ?? '') * size;
        if (start < content.bytes) {
          return bytesAnswer(
            [{ content, start, end: Math.min(content.bytes, start + size) }],
            'application/octet-stream',
          );
        }
        content.release();
        throw notFound();
      }),
    );
  }
}
