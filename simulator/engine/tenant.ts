import type { Quirks } from '../definition/quirks.ts';
import type { Settings } from '../definition/settings.ts';
import type { OAuthClientPlan, Role, TenantPlan, UserPlan } from '../definition/tenant-definition.ts';
import { ApiError, notFound } from './api-error.ts';
import { buildModel } from './build-model.ts';
import { Seeded, stableHex } from './ids.ts';
import type { Model } from './model.ts';
import { Spool } from './spool.ts';
import type { Starter } from './task.ts';

export interface User {
  /** 32 hex digits, lower case */
  id: string;
  plan: UserPlan;
  lastLogin: number | undefined;
}

export interface Workspace {
  id: string;
  name: string;
  models: Model[];
}

/** The whole tenant: users, workspaces, models. Its methods take the time they act at; it has no timer and no HTTP. */
export class Tenant {
  readonly customerId: string;
  readonly settings: Settings;
  readonly quirks: Quirks;
  readonly users: readonly User[];
  readonly workspaces: readonly Workspace[];
  readonly oauthClients: readonly OAuthClientPlan[];
  readonly seeded: Seeded;
  readonly spool: Spool;

  private constructor(plan: TenantPlan, workspaces: Workspace[], users: User[], seeded: Seeded, spool: Spool) {
    this.customerId = stableHex('customer', plan.workspace);
    this.settings = plan.settings;
    this.quirks = plan.quirks;
    this.oauthClients = plan.oauthClients;
    this.workspaces = workspaces;
    this.users = users;
    this.seeded = seeded;
    this.spool = spool;
  }

  /** @param seed ids and durations repeat with it */
  static async build(plan: TenantPlan, seed: string): Promise<Tenant> {
    const spool = new Spool();
    const seeded = new Seeded(seed);
    const around = { settings: plan.settings, quirks: plan.quirks, spool, seeded };
    const workspaces: Workspace[] = [];
    const named = { ...plan.workspaces };
    if (Object.keys(plan.models).length > 0 || Object.keys(named).length === 0) {
      named[plan.workspace] = {
        ...named[plan.workspace],
        models: { ...named[plan.workspace]?.models, ...plan.models },
      };
    }
    for (const [name, workspace] of Object.entries(named)) {
      const id = workspace.id ?? stableHex('workspace', name);
      const models: Model[] = [];
      for (const [modelName, model] of Object.entries(workspace.models)) {
        models.push(await buildModel(modelName, model, { workspaceId: id, workspaceName: name }, around));
      }
      workspaces.push({ id, name, models });
    }
    const users = (plan.users.length > 0 ? plan.users : [DEFAULT_USER]).map((user) => ({
      id: stableHex('user', user.email),
      plan: user,
      lastLogin: undefined,
    }));
    return new Tenant(plan, workspaces, users, seeded, spool);
  }

  get models(): Model[] {
    return this.workspaces.flatMap((workspace) => workspace.models);
  }

  /** By name or id, for tests. @throws RangeError when there is none */
  model(nameOrId: string): Model {
    const model = this.models.find((each) => each.id === nameOrId || each.name === nameOrId);
    if (!model) throw new RangeError(`the tenant has no model "${nameOrId}"`);
    return model;
  }

  user(email: string): User | undefined {
    return this.users.find((each) => each.plan.email.toLowerCase() === email.toLowerCase());
  }

  userById(id: string): User | undefined {
    return this.users.find((each) => each.id === id);
  }

  roleOn(user: User, model: Model): Role {
    return user.plan.models[model.name] ?? user.plan.models[model.id] ?? user.plan.role;
  }

  /** A model as the API finds it by the ids in a path: whatever is wrong with them is the same 404. Ids are case-sensitive. */
  modelAt(modelId: string, workspaceId: string | undefined): Model {
    const model = this.models.find((each) => each.id === modelId);
    if (!model || (workspaceId !== undefined && model.workspaceId !== workspaceId)) throw notFound();
    return model;
  }

  /** Refuses who has no role on the model: as 404, so that it does not tell that the model exists. */
  requireAccess(user: User, model: Model): void {
    if (this.roleOn(user, model) !== 'none') return;
    throw this.quirks.noAccessIs404 ? notFound() : new ApiError(403, 'Forbidden');
  }

  starter(user: User, model: Model): Starter {
    const role = this.roleOn(user, model);
    return {
      userId: user.id,
      email: user.plan.email,
      admin: role === 'admin',
      mayRun: role === 'admin' || role === 'run',
      // workspace administrators run anything (anaplan-notes: Masked access)
      mayNotRun: new Set(role === 'admin' ? [] : user.plan.mayNotRun),
      mayNotWrite: new Set(role === 'admin' ? [] : user.plan.mayNotWrite),
    };
  }

  async close(): Promise<void> {
    await this.spool.close();
  }
}

const DEFAULT_USER: UserPlan = {
  email: 'ada@example.com',
  password: 'correct horse battery staple',
  firstName: 'Ada',
  lastName: 'Byron',
  role: 'admin',
  models: {},
  mayNotRun: [],
  mayNotWrite: [],
};
