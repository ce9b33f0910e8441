import * as z from 'zod';
import { quirksSchema } from './quirks.ts';
import { settingsSchema } from './settings.ts';

/** `name` alone, or a map: `wrap` makes the short form into the long one. */
const short = <S extends z.ZodType>(
  isShort: (value: unknown) => boolean,
  wrap: (value: unknown) => unknown,
  schema: S,
) => z.preprocess((value) => (isShort(value) ? wrap(value) : value), schema);
const isText = (value: unknown) => typeof value === 'string' || typeof value === 'number';
const text = z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string().min(1));
const scalar = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  z.string(),
);

export const ROLES = ['none', 'read', 'run', 'admin'] as const;
/**
 * - `none`: the model is masked
 * - `read`: sees everything, its tasks fail as not authorised
 * - `run`: runs everything, but may not open, close or see the workspace
 * - `admin`: workspace administrator
 */
export type Role = (typeof ROLES)[number];

export const MODEL_STATES = [
  'UNLOCKED',
  'LOCKED',
  'ARCHIVED',
  'MAINTENANCE',
  'PRODUCTION',
  'PRODUCTION_MAINTENANCE',
] as const;
export type ModelState = (typeof MODEL_STATES)[number];

const LONG_ROLES: Record<string, Role> = { 'no access': 'none', 'workspace admin': 'admin' };
const role = short(
  (value) => typeof value === 'string' && value in LONG_ROLES,
  (value) => LONG_ROLES[String(value)],
  z.enum(ROLES),
);

const user = z.strictObject({
  email: z.string().min(3),
  password: text.optional(),
  firstName: z.string().default('Test'),
  lastName: z.string().default('User'),
  role: role.default('run'),
  /** role on single models, by model name or id */
  models: z.record(z.string(), role).default({}),
  /** names of actions that this user may not run, though the role would allow it */
  mayNotRun: z.array(z.string()).default([]),
  /** names of lists and modules that this user may not import into */
  mayNotWrite: z.array(z.string()).default([]),
  /** PEM text of the certificate registered for this user; any certificate whose public key is the same signs in */
  certificate: z.string().optional(),
});

const item = short(
  isText,
  (name) => ({ name }),
  z.strictObject({
    name: text.optional(),
    code: text.optional(),
    parent: text.optional(),
    properties: z.record(z.string(), scalar).default({}),
  }),
);

const list = short(
  Array.isArray,
  (items) => ({ items }),
  z.strictObject({
    id: z.string().optional(),
    /** name of the list that the items' parents are in */
    parent: z.string().optional(),
    /** property name → format: number, text, boolean, date */
    properties: z.record(z.string(), z.enum(['number', 'text', 'boolean', 'date'])).default({}),
    items: z.array(item).default([]),
    numbered: z.boolean().default(false),
  }),
);

const lineItem = short(
  isText,
  (format) => ({ format }),
  z.strictObject({
    /** number, text, boolean, date, or the name of a list */
    format: z.string().default('number'),
    /** calculated cells ignore what is imported */
    calculated: z.boolean().default(false),
  }),
);

const module = z.strictObject({
  id: z.string().optional(),
  /** its dimensions: names of lists, `Time`, `Versions` */
  by: z.array(z.string()).min(1),
  items: z.record(z.string(), lineItem),
  /** cells that have a value at first: `{ Products: Apple, Time: Jan 26, Units: 3 }` */
  cells: z.array(z.record(z.string(), scalar)).default([]),
});

const file = short(
  isText,
  (name) => ({ name }),
  z.strictObject({
    id: z.string().optional(),
    name: text,
    encoding: z.enum(['UTF-8', 'ISO-8859-1', 'UTF-16LE']).default('UTF-8'),
    separator: z.string().default(','),
    delimiter: z.string().max(1).default('"'),
    headerRow: z.number().int().min(0).default(1),
    firstDataRow: z.number().int().min(1).default(2),
    /** what the default file behind the private ones holds, and who sees it */
    default: z
      .strictObject({ content: z.string(), for: z.enum(['everyone', 'admins']).default('everyone') })
      .optional(),
  }),
);

const importAction = z.strictObject({
  id: z.string().optional(),
  /** the list or module it loads */
  into: z.string(),
  /** the data source; several imports may name the same one. Default: `<import>.csv` */
  file: file.optional(),
  /** a list or module of this model that it reads instead of a file */
  from: z.string().optional(),
  /**
   * header → target, in the file's order. Targets of a list import: `name`, `code`, `parent`, a property. Of a module import:
   * a dimension, a line item, or `line item` and `value` where the line item stands in a column. Default: one column for each target.
   */
  columns: z.record(z.string(), z.string()).optional(),
  /** how dates are written, e.g. `DD/MM/YYYY` */
  dateFormat: z.string().default('YYYY-MM-DD'),
  decimalSeparator: z.enum(['.', ',']).default('.'),
  /** dimensions that the caller names with mapping parameters */
  ask: z.array(z.string()).default([]),
  /** dimension → members that are mapped one by one, as the file writes them; rows of any other are left out */
  mapped: z.record(z.string(), z.array(text)).default({}),
  seconds: z.number().nonnegative().optional(),
});

const exportAction = z.strictObject({
  id: z.string().optional(),
  from: z.string(),
  name: z.string().optional(),
  separator: z.string().default(','),
  encoding: z.enum(['UTF-8', 'ISO-8859-1', 'UTF-16LE']).default('UTF-8'),
  exportType: z.string().default('TABULAR_MULTI_COLUMN'),
  /** rows without any value are left out */
  omitEmpty: z.boolean().default(true),
  /** size of a file of made-up rows, which it writes instead of what is in the model; nothing of it is kept anywhere */
  bytes: z.number().int().positive().optional(),
  seconds: z.number().nonnegative().optional(),
});

const deleteAction = z.strictObject({
  id: z.string().optional(),
  /** the list it deletes from */
  delete: z.string(),
  /** property values that an item must have to be deleted; `name` and `code` count as properties */
  where: z.record(z.string(), scalar),
  filter: z.string().default('its filter'),
  seconds: z.number().nonnegative().optional(),
});

const process = short(
  Array.isArray,
  (steps) => ({ steps }),
  z.strictObject({
    id: z.string().optional(),
    /** names of the actions it runs, in order */
    steps: z.array(z.string()),
  }),
);

const model = z.strictObject({
  id: z.string().optional(),
  state: z.enum(MODEL_STATES).default('UNLOCKED'),
  /** false: closed, so that the first call has to wait for it */
  loaded: z.boolean().default(true),
  calendar: z
    .strictObject({
      start: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-01'),
      months: z.number().int().positive().default(12),
    })
    .default({ start: '2026-01', months: 12 }),
  versions: z.array(text).default(['Actual', 'Forecast']),
  lists: z.record(z.string(), list).default({}),
  modules: z.record(z.string(), module).default({}),
  imports: z.record(z.string(), importAction).default({}),
  exports: z.record(z.string(), exportAction).default({}),
  actions: z.record(z.string(), deleteAction).default({}),
  processes: z.record(z.string(), process).default({}),
});

const workspace = z.strictObject({
  id: z.string().optional(),
  models: z.record(z.string(), model).default({}),
});

const oauthClient = z.strictObject({
  id: z.string(),
  /** only authorization-code clients have one */
  secret: z.string().optional(),
  rotating: z.boolean().default(true),
  /** whose tokens it gets, and a first refresh token */
  user: z.string().optional(),
  refreshToken: z.string().optional(),
  /** false: device codes stay pending until a test approves them */
  approve: z.boolean().default(true),
});

/** What a tenant file says. Every name may stand in its short form: a list as an array of names, a line item as its format. */
export const tenantSchema = z.strictObject({
  /** where `models` live */
  workspace: text.default('Workspace'),
  models: z.record(z.string(), model).default({}),
  workspaces: z.record(z.string(), workspace).default({}),
  users: z.array(user).default([]),
  oauthClients: z.array(oauthClient).default([]),
  settings: settingsSchema.prefault({}),
  quirks: quirksSchema.prefault({}),
});

/** A tenant with every default filled in. */
export type TenantPlan = z.output<typeof tenantSchema>;
export type ModelPlan = z.output<typeof model>;
export type ListPlan = z.output<typeof list>;
export type ModulePlan = z.output<typeof module>;
export type ImportPlan = z.output<typeof importAction>;
export type ExportPlan = z.output<typeof exportAction>;
export type DeletePlan = z.output<typeof deleteAction>;
export type FilePlan = z.output<typeof file>;
export type UserPlan = z.output<typeof user>;
export type OAuthClientPlan = z.output<typeof oauthClient>;
