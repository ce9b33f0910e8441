import type { Hono } from 'hono';
import { ApiError, notFound } from '../engine/api-error.ts';
import type { Model } from '../engine/model.ts';
import type { User, Workspace } from '../engine/tenant.ts';
import { type Ctx, flag, originOf, type RequestEnv, type Simulation } from './context.ts';
import { one, page } from './envelope.ts';

/** Workspaces, models and users. */
export function addTenantRoutes(routes: Hono<RequestEnv>, { tenant }: Simulation): void {
  const { quirks } = tenant;
  const isAdmin = (user: User) => user.plan.role === 'admin';
  const workspaceJson = (workspace: Workspace, detailed: boolean) => ({
    id: workspace.id,
    name: workspace.name,
    active: true,
    ...(detailed ? { sizeAllowance: 10_737_418_240, currentSize: 1_073_741_824 } : {}),
  });

  routes.get('/workspaces', (c) => {
    const detailed = flag(c, 'tenantDetails');
    checkSort(c, ['name', 'sizeAllowance']);
    const rows = tenant.workspaces.map((each) => workspaceJson(each, detailed));
    return page(c, 'workspaces', 'workspace', undefined, rows, quirks);
  });
  routes.get('/workspaces/:workspaceId', (c) => {
    const workspace = tenant.workspaces.find((each) => each.id === c.req.param('workspaceId'));
    if (!workspace || !isAdmin(c.get('user'))) throw notFound();
    return one(c, 'workspace', 'workspace', undefined, workspaceJson(workspace, true), quirks);
  });
  routes.get('/workspaces/:workspaceId/models', (c) => {
    const workspace = tenant.workspaces.find((each) => each.id === c.req.param('workspaceId'));
    if (!workspace) throw notFound();
    checkSort(c, ['name', 'activeState']);
    return page(
      c,
      'models',
      'model',
      undefined,
      workspace.models.map((model) => modelJson(c, model, false)),
      quirks,
    );
  });
  routes.get('/models', (c) => {
    checkSort(c, ['name', 'activeState']);
    return page(
      c,
      'models',
      'model',
      undefined,
      tenant.models.map((model) => modelJson(c, model, false)),
      quirks,
    );
  });
  routes.get('/models/:modelId', (c) => {
    const model = tenant.modelAt(c.req.param('modelId'), undefined);
    return one(c, 'model', 'model', undefined, modelJson(c, model, true), quirks);
  });
  routes.get('/workspaces/:workspaceId/models/:modelId', () => {
    throw new ApiError(405, 'Method Not Allowed');
  });

  const modelJson = (c: Ctx, model: Model, single: boolean) => {
    const detailed = flag(c, 'modelDetails');
    const modelUrl = `${originOf(c)}/anaplan/framework.jsp?selectedWorkspaceId=${model.workspaceId}&selectedModelId=${model.id}`;
    return {
      id: model.id,
      name: model.name,
      activeState: model.state,
      currentWorkspaceId: model.workspaceId,
      currentWorkspaceName: model.workspaceName,
      modelUrl,
      categoryValues: [],
      ...(detailed
        ? {
            lastSavedSerialNumber: 8_200_000_001,
            lastModifiedByUserGuid: tenant.users[0]?.id,
            ...(model.state === 'ARCHIVED' ? {} : { memoryUsage: 1_048_576 }),
            isoCreationDate: '2025-11-13T21:20:10.000+0000',
            lastModified: '2026-01-02T09:00:00.000+0000',
          }
        : {}),
      ...(detailed && single ? { modelTransactionRunning: model.queue.running(c.env.at) !== undefined } : {}),
    };
  };

  routes.get('/users/me', (c) => one(c, 'user', 'user', undefined, userJson(c.get('user'), tenant.customerId), quirks));
  routes.get('/users', (c) => {
    checkSort(c, ['firstName', 'lastName', 'email', 'active', 'lastLoginDate']);
    const users = tenant.users.map((user) => userJson(user, tenant.customerId));
    return page(c, 'users', 'user', undefined, users, quirks);
  });
  routes.get('/users/:userId', (c) => {
    const user = tenant.userById(c.req.param('userId'));
    if (!user) throw notFound();
    return one(c, 'user', 'user', undefined, userJson(user, tenant.customerId), quirks);
  });
}

/** The tenant's own lists insist on a sign and a known field (anaplan-notes: Paging). */
function checkSort(c: Ctx, fields: readonly string[]): void {
  // an unescaped plus is a blank in a query
  const sort = c.req.query('sort')?.replaceAll(' ', '+');
  if (sort === undefined) return;
  if (!/^[+-]/.test(sort)) {
    throw new ApiError(
      400,
      `Bad sort order format: '${sort}'. Please follow (-){column_name_1},(+){column_name_2}.. format`,
    );
  }
  if (!fields.includes(sort.slice(1))) throw new ApiError(400, 'Failed to parse sort parameter');
}

function userJson(user: User, customerId: string): object {
  return {
    id: user.id,
    active: true,
    email: user.plan.email,
    emailOptIn: false,
    firstName: user.plan.firstName,
    lastName: user.plan.lastName,
    customerId,
    ...(user.lastLogin === undefined
      ? {}
      : { lastLoginDate: new Date(user.lastLogin).toISOString().replace('Z', '+0000') }),
  };
}
