import type { QuirkSwitches } from './quirks.ts';
import type { SettingsInput } from './settings.ts';
import type { ModelState, Role } from './tenant-definition.ts';

type Scalar = string | number | boolean;
type Named<T> = Readonly<Record<string, T>>;

/**
 * A tenant as one writes it, in YAML or in a test. Everything has a default, and short forms stand for the usual case; this is a
 * whole tenant:
 *
 * ```yaml
 * models:
 *   Plan:
 *     lists: { Products: [Tea, Coffee] }
 *     modules: { Sales: { by: [Products, Time], items: { Units: number } } }
 *     imports: { Load Sales: { into: Sales } }
 * ```
 */
export interface TenantDefinition {
  /** name of the workspace that `models` are in */
  workspace?: string | undefined;
  models?: Named<ModelDefinition> | undefined;
  workspaces?: Named<{ id?: string | undefined; models?: Named<ModelDefinition> | undefined }> | undefined;
  /** default: one workspace administrator */
  users?: readonly UserDefinition[] | undefined;
  oauthClients?: readonly OAuthClientDefinition[] | undefined;
  settings?: SettingsInput | undefined;
  quirks?: QuirkSwitches | undefined;
}

type RoleWord = Role | 'no access' | 'workspace admin';

export interface UserDefinition {
  email: string;
  password?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  role?: RoleWord | undefined;
  /** role on single models, by name or id */
  models?: Named<RoleWord> | undefined;
  /** names of actions that this user may not run, though the role would allow it */
  mayNotRun?: readonly string[] | undefined;
  /** names of lists and modules that this user may not import into */
  mayNotWrite?: readonly string[] | undefined;
  /** PEM text of the certificate registered for this user */
  certificate?: string | undefined;
}

export interface OAuthClientDefinition {
  id: string;
  secret?: string | undefined;
  /** whether each refresh gives a new refresh token and ends the old one (default) */
  rotating?: boolean | undefined;
  /** e-mail of whose tokens it gets; default: the first user */
  user?: string | undefined;
  /** a first refresh token */
  refreshToken?: string | undefined;
  /** false: device codes stay pending until somebody opens their verification URI */
  approve?: boolean | undefined;
}

export interface ModelDefinition {
  id?: string | undefined;
  state?: ModelState | undefined;
  /** false: closed, so that the first call has to wait for it */
  loaded?: boolean | undefined;
  /** `start` is the first month, such as `2026-01` */
  calendar?: { start: string; months?: number | undefined } | undefined;
  versions?: readonly string[] | undefined;
  /** an array is the names of its items */
  lists?: Named<ListDefinition | readonly (string | ItemDefinition)[]> | undefined;
  modules?: Named<ModuleDefinition> | undefined;
  imports?: Named<ImportDefinition> | undefined;
  exports?: Named<ExportDefinition> | undefined;
  actions?: Named<DeleteDefinition> | undefined;
  /** an array is the names of its steps */
  processes?: Named<readonly string[] | { id?: string | undefined; steps: readonly string[] }> | undefined;
}

export interface ListDefinition {
  id?: string | undefined;
  /** name of the list that the items' parents are in; its own name for a tree within the list */
  parent?: string | undefined;
  properties?: Named<'number' | 'text' | 'boolean' | 'date'> | undefined;
  items?: readonly (string | ItemDefinition)[] | undefined;
  numbered?: boolean | undefined;
}

export interface ItemDefinition {
  name?: string | undefined;
  code?: string | undefined;
  parent?: string | undefined;
  properties?: Named<Scalar> | undefined;
}

export interface ModuleDefinition {
  id?: string | undefined;
  /** names of lists, `Time`, `Versions` */
  by: readonly string[];
  /** line item → `number`, `text`, `boolean`, `date`, or the name of a list; calculated ones ignore what is imported */
  items: Named<string | { format?: string | undefined; calculated?: boolean | undefined }>;
  /** cells that have a value at first: `{ Products: Tea, Time: Jan 26, Units: 3 }` */
  cells?: readonly Named<Scalar>[] | undefined;
}

export interface ImportDefinition {
  id?: string | undefined;
  /** the list or module it loads */
  into: string;
  /** its data source, which imports may share by name; default: `<import>.csv` */
  file?: string | FileDefinition | undefined;
  /** a list or module of this model that it reads instead of a file */
  from?: string | undefined;
  /**
   * header → target, in the file's order. Targets of a list: `name`, `code`, `parent`, a property. Of a module: a dimension, a
   * line item, or `line item` and `value` where the line item stands in a column. `ignore` for a column that is not used.
   * Default: a column for each target, under its own name.
   */
  columns?: Named<string> | undefined;
  /** such as `DD/MM/YYYY`; default `YYYY-MM-DD` */
  dateFormat?: string | undefined;
  decimalSeparator?: '.' | ',' | undefined;
  /** dimensions that the caller names with mapping parameters */
  ask?: readonly string[] | undefined;
  /** dimension → members that are mapped one by one, as the file writes them; rows of any other are left out, and told of */
  mapped?: Named<readonly string[]> | undefined;
  seconds?: number | undefined;
}

type Encoding = 'UTF-8' | 'ISO-8859-1' | 'UTF-16LE';

export interface FileDefinition {
  id?: string | undefined;
  name: string;
  encoding?: Encoding | undefined;
  separator?: string | undefined;
  /** text delimiter; empty: none */
  delimiter?: string | undefined;
  /** 1-based; 0: the file has no header, and its columns stand in the import's order */
  headerRow?: number | undefined;
  firstDataRow?: number | undefined;
  /** what those see who have uploaded nothing themselves */
  default?: { content: string; for?: 'everyone' | 'admins' | undefined } | undefined;
}

export interface ExportDefinition {
  id?: string | undefined;
  /** the list or module it reads */
  from: string;
  /** name of the file it writes; default: `<export>.csv` */
  name?: string | undefined;
  separator?: string | undefined;
  encoding?: Encoding | undefined;
  exportType?: string | undefined;
  /** leaves out rows without any value (default) */
  omitEmpty?: boolean | undefined;
  /** size of a file of made-up rows, which it writes instead of what is in the model; nothing of it is kept anywhere */
  bytes?: number | undefined;
  seconds?: number | undefined;
}

export interface DeleteDefinition {
  id?: string | undefined;
  /** the list it deletes from */
  delete: string;
  /** property values that an item must have; `name` and `code` count as properties */
  where: Named<Scalar>;
  /** what the filter is called in the result */
  filter?: string | undefined;
  seconds?: number | undefined;
}
