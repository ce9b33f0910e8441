import type { ImportAction } from './actions.ts';
import type { Model } from './model.ts';

/** How an import reads its file: all columns of its definition in order, those that it uses, and where they go. */
export type ColumnMapping = Pick<ImportAction, 'headers' | 'mapped' | 'target'>;

type MappedMembers = Readonly<Record<string, readonly string[]>>;

/**
 * The mapping of an import.
 * @param into the list or module that it loads
 * @param columns header of the file → what it fills, or `ignore`
 * @param mapped dimension → the members of it that are mapped one by one; all are where it is not named
 * @throws TypeError when the model has no such list or module
 */
export function mapColumns(
  model: Model,
  into: string,
  columns: Readonly<Record<string, string>>,
  mapped: MappedMembers = {},
): ColumnMapping {
  const headers = Object.keys(columns);
  return {
    headers,
    mapped: headers.filter((header) => columns[header] !== 'ignore'),
    target: targetOf(model, { into, columns, mapped }),
  };
}

/** The words for what a column of an import may fill. */
export function targetNames({ target }: Pick<ImportAction, 'target'>): string[] {
  if (target.kind === 'list') return ['name', 'code', 'parent', ...target.list.properties.keys(), 'ignore'];
  const { dimensions, lineItems } = target.module;
  return [...[...dimensions, ...lineItems].map(({ name }) => name), 'line item', 'value', 'ignore'];
}

function targetOf(
  model: Model,
  { into, columns, mapped }: { into: string; columns: Readonly<Record<string, string>>; mapped: MappedMembers },
): ImportAction['target'] {
  const entries = Object.entries(columns);
  const headerOf = (target: string) => entries.find(([, each]) => each.toLowerCase() === target)?.[0];
  const module = model.modules.get(into);
  if (!module) {
    const list = model.lists.get(into);
    if (list === undefined) throw new TypeError(`the definition names ${into}, which it does not have`);
    const properties = entries.filter(([, target]) => list.properties.has(target));
    const [name, code, parent] = [headerOf('name'), headerOf('code'), headerOf('parent')];
    const mapping = {
      ...(name === undefined ? {} : { name }),
      ...(code === undefined ? {} : { code }),
      ...(parent === undefined ? {} : { parent }),
      properties: properties.map(([header, property]) => ({ property, header })),
    };
    return { kind: 'list', list, mapping };
  }
  const dimensions = entries.flatMap(([header, target]) => {
    const dimension = module.dimension(target);
    if (!dimension) return [];
    const members = mapped[dimension.name];
    return [{ dimension, header, ...(members === undefined ? {} : { members: new Set(members) }) }];
  });
  const values = entries.flatMap(([header, target]) => {
    const item = module.lineItem(target);
    return item ? [{ item, header }] : [];
  });
  const [lineItem, value] = [headerOf('line item'), headerOf('value')];
  const pair = lineItem !== undefined && value !== undefined ? { pair: { lineItem, value } } : {};
  return { kind: 'module', module, mapping: { dimensions, values, ...pair } };
}
