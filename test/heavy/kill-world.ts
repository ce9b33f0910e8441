import type { Scenario, TenantDefinition } from '../../simulator/index.ts';
import { OURS } from '../simulation/tenant.ts';

/** Three models that load one list each, slowly enough that a kill meets every stage. */

export const MODELS = ['Plan 1', 'Plan 2', 'Plan 3'] as const;

const MODEL = {
  lists: { Products: ['Tea'] },
  imports: {
    'Load Products': {
      into: 'Products',
      file: 'products.csv',
      columns: { Product: 'name', Code: 'code', Note: 'ignore' },
    },
  },
};

export const TENANT: TenantDefinition = {
  workspace: 'Finance',
  users: [{ ...OURS, role: 'admin' }],
  models: Object.fromEntries(MODELS.map((name) => [name, MODEL])),
  settings: { requestsPerMinute: 0 },
};

export const SCENARIO: Scenario = {
  rules: [
    // So that an upload outlasts the two seconds after which its 204s are committed.
    { match: { method: 'PUT', path: '**/chunks/*' }, do: { delayMs: 800 } },
    { match: { method: 'POST', path: '**/files/*' }, do: { delayMs: 150 } },
    // So that kills meet each of the short moments too.
    { match: { method: 'POST', path: '**/tasks' }, do: { delayMs: 500 } },
    { match: { method: 'GET', path: '**/dump/chunks' }, do: { delayMs: 500 } },
  ],
};

export function configurationOf(url: string): string {
  const pipelines = MODELS.map(
    (model, i) => `
  p${i}:
    workspace: Finance
    model: ${model}
    on: { drop: "p${i}/*.csv" }
    steps: [import: Load Products]
    rejects: { maxRows: 0 }
    onFailure: continue
    chunkMegabytes: 1
    upload: { chunksInFlight: 1 }
    startGrace: 2s
    poll: { minSeconds: 1 }`,
  );
  return `anaplan: { apiUrl: "${url}", authUrl: "${url}" }\npipelines:${pipelines.join('')}\n`;
}

const PADDING_BYTES = 20_000;

/** A file of five chunks with members that no other file has; in every fifth one row is rejected, so that there is a dump and a report. */
export function contentOf(drop: number): string {
  const padding = 'x'.repeat(PADDING_BYTES);
  const rows = Array.from({ length: 210 }, (_, row) => `Item ${drop}.${row},C${drop}-${row},${padding}`);
  if (drop % 5 === 0) rows[7] = `${'too long '.repeat(8)},C${drop}-7,${padding}`;
  return ['Product,Code,Note', ...rows, ''].join('\n');
}
