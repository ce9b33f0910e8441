import type { ImportPlan, ModelPlan } from './tenant-definition.ts';

/** The columns of an import that names none: one for each thing its target takes, under its own name. */
export function defaultColumns(model: ModelPlan, action: ImportPlan): Record<string, string> {
  const module = model.modules[action.into];
  if (module) {
    const dimensions = module.by.filter((name) => !action.ask.includes(name));
    const items = Object.entries(module.items).flatMap(([name, item]) => (item.calculated ? [] : [name]));
    return Object.fromEntries([...dimensions, ...items].map((name) => [name, name]));
  }
  const list = model.lists[action.into];
  const parent = list?.parent === undefined ? [] : [['Parent', 'parent']];
  const properties = Object.keys(list?.properties ?? {}).map((name) => [name, name]);
  return Object.fromEntries([['Name', 'name'], ['Code', 'code'], ...parent, ...properties]);
}
