import { Calendar } from '../engine/calendar.ts';
import type { Finding } from '../mistakes.ts';
import type { ImportPlan, ModelPlan, TenantPlan } from './tenant-definition.ts';

const FORMATS = ['number', 'text', 'boolean', 'date'];

/** Names that point nowhere, and columns that fit nothing: what a schema cannot see. */
export function checkTenant(tenant: TenantPlan): Finding[] {
  const own = Object.entries(tenant.models).flatMap(([name, model]) => checkModel(model, ['models', name]));
  const others = Object.entries(tenant.workspaces).flatMap(([workspace, { models }]) =>
    Object.entries(models).flatMap(([name, model]) => checkModel(model, ['workspaces', workspace, 'models', name])),
  );
  return [...own, ...others, ...checkUsers(tenant)];
}

function checkUsers(tenant: TenantPlan): Finding[] {
  const findings: Finding[] = [];
  const emails = tenant.users.map((user) => user.email.toLowerCase());
  const all = [tenant.models, ...Object.values(tenant.workspaces).map((each) => each.models)];
  const models = all.flatMap((group) => Object.entries(group).flatMap(([name, { id }]) => (id ? [name, id] : [name])));
  tenant.users.forEach((user, i) => {
    if (emails.indexOf(user.email.toLowerCase()) < i) {
      findings.push({ path: ['users', i, 'email'], message: `${user.email} is there twice` });
    }
    for (const model of Object.keys(user.models)) {
      if (models.includes(model)) continue;
      findings.push({ path: ['users', i, 'models', model], message: `there is no model "${model}"` });
    }
  });
  tenant.oauthClients.forEach((client, i) => {
    if (client.user === undefined || emails.includes(client.user.toLowerCase())) return;
    findings.push({ path: ['oauthClients', i, 'user'], message: `there is no user ${client.user}` });
  });
  return findings;
}

function checkModel(model: ModelPlan, path: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const add = (where: readonly (string | number)[], message: string) =>
    findings.push({ path: [...path, ...where], message });
  const lists = Object.keys(model.lists);
  const needs = (name: string, known: readonly string[], what: string, where: readonly (string | number)[]) => {
    if (!known.includes(name)) add(where, `there is no ${what} "${name}"; there is ${known.join(', ') || 'none'}`);
  };
  for (const [name, list] of Object.entries(model.lists)) {
    if (list.parent !== undefined) needs(list.parent, lists, 'list', ['lists', name, 'parent']);
    list.items.forEach((item, i) => {
      if (item.name === undefined && item.code === undefined)
        add(['lists', name, 'items', i], 'an item needs a name or a code');
    });
  }
  for (const [name, module] of Object.entries(model.modules)) {
    module.by.forEach((each, i) => {
      needs(each, [...lists, 'Time', 'Versions'], 'dimension', ['modules', name, 'by', i]);
    });
    for (const [item, { format }] of Object.entries(module.items)) {
      needs(format, [...FORMATS, ...lists], 'format or list', ['modules', name, 'items', item]);
    }
    module.cells.forEach((cell, i) => {
      const known = [...module.by, ...Object.keys(module.items)];
      for (const key of Object.keys(cell))
        needs(key, known, 'dimension or line item', ['modules', name, 'cells', i, key]);
      for (const dimension of module.by) {
        const member = cell[dimension];
        if (member === undefined) add(['modules', name, 'cells', i], `a cell needs a member of ${dimension}`);
        else if (!hasMember(model, dimension, member)) {
          add(['modules', name, 'cells', i, dimension], `${dimension} has no member "${member}"`);
        }
      }
    });
  }
  const targets = [...lists, ...Object.keys(model.modules)];
  for (const [name, action] of Object.entries(model.imports)) {
    needs(action.into, targets, 'list or module', ['imports', name, 'into']);
    if (action.from !== undefined) needs(action.from, targets, 'list or module', ['imports', name, 'from']);
    const allowed = targetsOf(model, action);
    for (const [header, target] of Object.entries(action.columns ?? {})) {
      if (allowed) needs(target, allowed, 'target', ['imports', name, 'columns', header]);
    }
    const dimensions = model.modules[action.into]?.by ?? [];
    for (const dimension of Object.keys(action.mapped))
      needs(dimension, dimensions, 'dimension', ['imports', name, 'mapped', dimension]);
  }
  for (const [name, each] of Object.entries(model.exports))
    needs(each.from, targets, 'list or module', ['exports', name, 'from']);
  for (const [name, each] of Object.entries(model.actions))
    needs(each.delete, lists, 'list', ['actions', name, 'delete']);
  const runnable = [...Object.keys(model.imports), ...Object.keys(model.exports), ...Object.keys(model.actions)];
  for (const [name, process] of Object.entries(model.processes)) {
    process.steps.forEach((step, i) => {
      needs(step, runnable, 'action', ['processes', name, 'steps', i]);
    });
  }
  return findings;
}

function targetsOf(model: ModelPlan, action: ImportPlan): string[] | undefined {
  const module = model.modules[action.into];
  if (module) return [...module.by, ...Object.keys(module.items), 'line item', 'value', 'ignore'];
  const list = model.lists[action.into];
  return list && ['name', 'code', 'parent', ...Object.keys(list.properties), 'ignore'];
}

function hasMember(model: ModelPlan, dimension: string, member: string): boolean {
  if (dimension === 'Versions') return model.versions.includes(member);
  if (dimension === 'Time')
    return typeof new Calendar(model.calendar.start, model.calendar.months).find(member) === 'object';
  return model.lists[dimension]?.items.some((item) => item.name === member || item.code === member) ?? true;
}
