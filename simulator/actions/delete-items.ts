import type { Item, List } from '../engine/list.ts';
import type { Module } from '../engine/module.ts';
import type { Outcome } from '../engine/outcome.ts';

/** Deletes the items of a list that have all the given property values (`name` and `code` count), and their cells. */
export function deleteItems(
  list: List,
  where: Readonly<Record<string, string>>,
  filterName: string,
  modules: readonly Module[],
): Outcome {
  const propertyOf = (item: Item, property: string) =>
    property === 'name' ? item.name : property === 'code' ? item.code : (item.properties.get(property) ?? '');
  const doomed = list.items.filter((item) =>
    Object.entries(where).every(
      ([property, value]) => propertyOf(item, property).toLowerCase() === value.toLowerCase(),
    ),
  );
  for (const item of doomed) {
    list.remove(item);
    for (const module of modules) module.forget(list, item.ordinal);
  }
  const values = { affectedItems: doomed.length, targetName: list.name, filterName };
  return { successful: true, ran: true, details: [{ type: 'deleteFromSelectionSucceeded', occurrences: 0, values }] };
}
