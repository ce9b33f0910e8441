import type { Model } from '../engine/model.ts';
import type { CellValue, Module } from '../engine/module.ts';

/** What is in a model: members with their properties, and the cells that have a value. */
export interface ModelReport {
  id: string;
  name: string;
  workspace: { id: string; name: string };
  state: string;
  /** `Open`, `Closed`, … */
  loaded: string;
  lists: Record<string, { name: string; code: string; parent?: string; properties: Record<string, string> }[]>;
  /** a row for each place that has any value: dimension → member, line item → value */
  modules: Record<string, Record<string, CellValue>[]>;
}

/** @param most rows a module and members a list shows at most */
export function modelReport(model: Model, most: number): ModelReport {
  const lists = [...model.lists.values()].map((list) => {
    const items = list.items.slice(0, most).map(({ name, code, parent, properties }) => ({
      name,
      code,
      ...(parent ? { parent: parent.name } : {}),
      properties: Object.fromEntries(properties),
    }));
    return [list.name, items] as const;
  });
  const modules = [...model.modules.values()].map((module) => [module.name, rowsOf(module, most)] as const);
  return {
    id: model.id,
    name: model.name,
    workspace: { id: model.workspaceId, name: model.workspaceName },
    state: model.state,
    loaded: model.lifecycle.state(),
    lists: Object.fromEntries(lists),
    modules: Object.fromEntries(modules),
  };
}

function rowsOf(module: Module, most: number): Record<string, CellValue>[] {
  const rows: Record<string, CellValue>[] = [];
  for (const { key, labels } of module.places()) {
    const row: Record<string, CellValue> = {};
    for (const item of module.lineItems) {
      const value = module.get(item, key);
      if (value !== undefined) row[item.name] = value;
    }
    if (Object.keys(row).length === 0) continue;
    const place = Object.fromEntries(module.dimensions.map((each, i) => [each.name, labels[i] ?? '']));
    rows.push({ ...place, ...row });
    if (rows.length === most) break;
  }
  return rows;
}
