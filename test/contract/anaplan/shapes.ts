import * as z from 'zod';

/**
 * The shapes of Anaplan's answers, written from its reference and from what was seen live, and shared with neither the client
 * nor the simulator. They are strict where the client is lenient: a field nobody has documented or seen is a mistake here.
 */

export const workspaceId = z.string().regex(/^[0-9a-f]{32}$/);
export const modelId = z.string().regex(/^[0-9A-F]{32}$/);
const userId = z.string().regex(/^[0-9a-f]{32}$/);
/** 12 digits whose first three are the kind. */
export const objectId = (kind: number) => z.string().regex(new RegExp(`^${kind}\\d{9}$`));
export const count = z.number().int().nonnegative();
export const epochMs = z.number().int().min(1_000_000_000_000);
const rowNumber = z.number().int().min(-1);

const paging = z.strictObject({
  currentPageSize: count,
  offset: count,
  totalSize: count,
  next: z.url().optional(),
  previous: z.url().optional(),
});

const status = z.strictObject({ code: z.literal(200), message: z.literal('Success') });

/** `meta.schema`: global, or below a model; a double slash in it has been seen live. */
const schemaUrl = (object: string) =>
  z.string().regex(new RegExp(`^https?://[^/]+//?2/0/(models/[0-9A-F]{32}/)?objects/${object}$`));

/** One object in the envelope. */
export const enveloped = <K extends string, S extends z.ZodType>(key: K, object: string, shape: S) =>
  z.strictObject({ meta: z.strictObject({ schema: schemaUrl(object) }), status, [key]: shape });

/** A page of a collection: never an empty list, the key is left out instead. `next` is looked at where a limit was asked for. */
export const collection = <S extends z.ZodType>(key: string, object: string, shape: S) =>
  z
    .record(z.string(), z.unknown())
    .transform(({ [key]: elements, ...rest }) => (elements === undefined ? rest : { ...rest, elements }))
    .pipe(page(object, shape));

const page = <S extends z.ZodType>(object: string, shape: S) =>
  z
    .strictObject({
      meta: z.strictObject({ schema: schemaUrl(object), paging }),
      status,
      elements: z.array(shape).nonempty().optional(),
    })
    .refine(({ meta, elements = [] }) => meta.paging.currentPageSize === elements.length, {
      error: 'currentPageSize is the number of elements',
    })
    .refine(
      ({ meta: { paging: of } }) => (of.next !== undefined) === of.offset + of.currentPageSize < of.totalSize,
      'next is there when more exists, and only then',
    );

/** What every refusal of the Integration API looks like; a 401 has been seen without path and timestamp. */
export const refusal = (code: number) =>
  z.strictObject({
    status: z.strictObject({ code: z.literal(code), message: z.string().min(1) }),
    path: code === 401 ? z.string().optional() : z.string().startsWith('/2/0/'),
    timestamp: code === 401 ? z.iso.datetime().optional() : z.iso.datetime(),
  });

/** The sign-in service has an envelope of its own: `status` is text. */
export const signInRefusal = z.strictObject({
  status: z.enum(['FAILURE_BAD_CREDENTIAL', 'FAILURE_BAD_HEADER']),
  statusMessage: z.string().min(1),
});

const opaque = z.string().min(16);
export const token = (statusMessage: string) =>
  z.strictObject({
    meta: z.strictObject({ validationUrl: z.string().endsWith('/token/validate') }),
    status: z.literal('SUCCESS'),
    statusMessage: z.literal(statusMessage),
    tokenInfo: z.strictObject({
      expiresAt: epochMs,
      tokenId: z.guid(),
      tokenValue: opaque,
      refreshTokenId: z.guid(),
    }),
  });

export const oauthToken = z.strictObject({
  access_token: opaque,
  id_token: z.string().optional(),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  expires_in: z.number().int().positive(),
  token_type: z.literal('Bearer'),
});

export const workspace = z.strictObject({
  id: workspaceId,
  name: z.string(),
  active: z.boolean(),
  sizeAllowance: count.optional(),
  currentSize: count.optional(),
});

export const model = z.strictObject({
  id: modelId,
  name: z.string(),
  activeState: z.enum(['UNLOCKED', 'LOCKED', 'ARCHIVED', 'MAINTENANCE', 'PRODUCTION', 'PRODUCTION_MAINTENANCE']),
  lastSavedSerialNumber: count,
  lastModifiedByUserGuid: userId,
  memoryUsage: count.optional(),
  currentWorkspaceId: workspaceId,
  currentWorkspaceName: z.string(),
  modelUrl: z.url(),
  categoryValues: z.array(z.unknown()),
  isoCreationDate: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
  lastModified: z.string().regex(/^\d{4}-\d\d-\d\dT/),
  modelTransactionRunning: z.boolean().optional(),
});

/** Without `meta` and `status`. */
export const modelStatus = z.strictObject({
  requestStatus: z.strictObject({
    peakMemoryUsageEstimate: z.null(),
    peakMemoryUsageTime: z.null(),
    progress: z.number().min(-1).max(1),
    currentStep: z.string(),
    tooltip: z.string().nullable(),
    exportTaskType: z.string().nullable(),
    creationTime: epochMs,
    taskId: z.string().nullable(),
  }),
});

export const user = z.strictObject({
  id: userId,
  active: z.boolean(),
  email: z.email(),
  emailOptIn: z.boolean(),
  firstName: z.string(),
  lastName: z.string(),
  customerId: z.string(),
  lastLoginDate: z.string(),
});

const source = z.strictObject({
  id: objectId(113),
  name: z.string(),
  chunkCount: count,
  delimiter: z.string(),
  encoding: z.string(),
  firstDataRow: rowNumber,
  format: z.string().optional(),
  headerRow: rowNumber,
  separator: z.string(),
});
/** An export's output tells no format. */
const output = z.strictObject({
  id: objectId(116),
  name: z.string(),
  chunkCount: count,
  firstDataRow: z.literal(0),
  headerRow: z.literal(0),
});
export const file = z.union([source, output]);

export const chunk = z
  .strictObject({ id: z.string().regex(/^\d+$/), name: z.string() })
  .refine(({ id, name }) => name === `Chunk ${id}`, 'a chunk is named after its number');

const importType = z.enum(['HIERARCHY_DATA', 'MODULE_DATA', 'LINE_ITEM_DEFINITION', 'USERS', 'VERSIONS']);

export const importEntry = z.strictObject({
  id: objectId(112),
  name: z.string(),
  importDataSourceId: z.string(),
  importType,
  importDataSource: z
    .strictObject({
      importDataSourceId: z.string(),
      type: z.string(),
      sourceModelId: z.string(),
      sourceModelName: z.string().optional(),
      sourceWorkspaceId: z.string(),
    })
    .optional(),
});

export const importMetadata = z.strictObject({
  name: z.string(),
  type: z.enum(['FILE', 'MODEL']),
  source: z
    .strictObject({
      textEncoding: z.string(),
      columnSeparator: z.string(),
      textDelimiter: z.string(),
      headerRow: rowNumber,
      firstDataRow: rowNumber,
      decimalSeparator: z.string(),
      headerNames: z.array(z.string()),
      columnCount: count,
    })
    .optional(),
});

const exportShape = z.enum([
  'TABULAR_MULTI_COLUMN',
  'TABULAR_SINGLE_COLUMN',
  'TABULAR_ALL_LINE_ITEMS',
  'TABULAR_CURRENT_LINE_ITEM',
  'GRID_CURRENT_PAGE',
  'GRID_ALL_PAGES',
  'AUDIT_LOG',
]);
export const exportEntry = z.strictObject({
  id: objectId(116),
  name: z.string(),
  exportType: exportShape,
  exportFormat: z.string(),
  encoding: z.string(),
  layout: exportShape,
});

export const exportMetadata = z.strictObject({
  columnCount: count,
  dataTypes: z.array(z.enum(['NONE', 'NUMBER', 'ENTITY', 'DATE', 'TEXT', 'BOOLEAN', 'MIXED', 'TIME_ENTITY'])),
  delimiter: z.string(),
  encoding: z.string(),
  exportFormat: z.string(),
  headerNames: z.array(z.string()),
  listNames: z.array(z.string()),
  rowCount: count,
  separator: z.string(),
  layout: exportShape.optional(),
});

export const action = z.strictObject({ id: objectId(117), name: z.string(), actionType: z.string().optional() });
export const processEntry = z.strictObject({ id: objectId(118), name: z.string() });
const named = { name: z.string() };
export const processMetadata = z.strictObject({
  ...named,
  actions: z.array(
    z.union([
      z.strictObject({
        id: objectId(112),
        ...named,
        actionType: z.literal('IMPORT'),
        importDataSourceId: z.string(),
        importType,
        importDataSource: z.strictObject({
          importDataSourceId: z.string(),
          type: z.string(),
          sourceModelId: z.string().optional(),
          sourceWorkspaceId: z.string().optional(),
        }),
      }),
      z.strictObject({
        id: objectId(116),
        ...named,
        actionType: z.literal('EXPORT'),
        exportType: exportShape,
        exportFormat: z.string().optional(),
        layout: exportShape.optional(),
      }),
      z.strictObject({ id: objectId(117), ...named, actionType: z.string() }),
    ]),
  ),
});
