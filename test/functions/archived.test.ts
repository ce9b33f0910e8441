import { expect, it } from 'vitest';
import { configuredPipelines } from '../../functions/configured-pipelines.ts';
import { lockedPipelines } from '../../functions/locked-pipelines.ts';
import { openingsOf } from '../../functions/receive-drop/openings.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';

const loaded = loadConfiguration(`
pipelines:
  sales:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "*/sales.csv" }
    steps: [{ import: Load Sales }]
  batch:
    workspace: Finance
    model: FY26 Plan
    on: { set: folder }
    steps: [{ process: Load All, files: { Products: "*/products.csv" } }]
`);

/** As a configuration would be that compares patterns less strictly. */
function archiving() {
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const pipelines = Object.entries(loaded.configuration.pipelines).map(([name, pipeline]) => {
    return [name, { ...pipeline, keep: { kind: 'archive' as const, prefix: 'archive/' } }];
  });
  return { ...loaded.configuration, pipelines: Object.fromEntries(pipelines) };
}

it.each([
  ['in/sales.csv', ['sales']],
  ['in/products.csv', ['batch']],
  ['archive/sales.csv', []],
  ['archive/products.csv', []],
  ['archive/in/sales.csv', []],
])('the key %s opens %j: a copy in an archive is no drop, whatever matches it', async (key, expected) => {
  const configuration = archiving();
  const record = { messageAttributes: {} } as Parameters<typeof openingsOf>[1];
  const object = { bucket: 'b', key, versionId: 'v', bytes: 1, eventTime: undefined };
  const find = () =>
    Promise.resolve({ drop: { bucket: 'b', key, versionId: 'v', lastModified: '2026-11-20T12:00:00Z', bytes: 1 } });
  const locked = lockedPipelines(configuration, { version: 1, pipelines: {} });
  const openings = await openingsOf([object], record, { pipelines: locked, find });
  expect(openings.map(({ pipelineName }) => pipelineName)).toEqual(expected);
  expect(configuredPipelines(configuration).isArchived(key)).toBe(expected.length === 0);
});
