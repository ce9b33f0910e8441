import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configurationFor } from '../../cli/configuration.ts';
import { PIPELINE_ATTRIBUTE } from '../../functions/receive-drop/handler.ts';
import { openDataFolder } from '../../infra/local/data-folder.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { functionMappings } from '../../infra/local/function-mappings.ts';
import { localServices } from '../../infra/local/local-services.ts';
import { putDrop } from '../../infra/local/put-drop.ts';
import { memoryLogger } from '../../shared/observe/logger.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { isDone, type Run } from '../../shared/run/run.ts';
import { runIdOf } from '../../shared/run/trigger.ts';
import { fastClock } from './fast-clock.ts';
import { PRODUCTS } from './landing.ts';
import { type Environment, tenantAndFolder } from './plandrop.ts';

const definition = (second: string, more = '') => `pipelines:
  products:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "products/*.csv" }
    steps: [{ import: Load Products }, ${second}]
    poll: { minSeconds: 1 }
    ${more}
`;

/** The engine on a data folder, with what `plandrop.yaml` says when it starts. */
async function engineOn(at: { folder: string; dataDir: string; env: Environment }, clock: Clock) {
  const log = memoryLogger();
  const seen: { is: (run: Run) => boolean; tell: (run: Run) => void }[] = [];
  const folder = await openDataFolder(at.dataDir, { clock });
  const services = localServices(folder, {
    configuration: await configurationFor(join(at.folder, 'plandrop.yaml'), at.env),
    secrets: environmentSecrets(at.env),
    alerts: { publish: async () => {} },
    log,
    onCommit: (run) => {
      for (const { is, tell } of seen) if (is(run)) tell(run);
    },
  });
  const engine = startEngine(folder, functionMappings(services), { log, lookAgainMs: 60_000 });
  return {
    /** The first commit of a run that is so. */
    sees: (is: (run: Run) => boolean) => new Promise<Run>((tell) => seen.push({ is, tell })),
    async drop(key: string): Promise<string> {
      const path = join(at.folder, 'source.csv');
      await writeFile(path, PRODUCTS);
      const attributes = { [PIPELINE_ATTRIBUTE]: 'products' };
      const { versionId, lastModified, size } = await putDrop(folder, { path, key, attributes });
      const { bucket } = folder.drops;
      return runIdOf('products', { kind: 'drop', bucket, key, versionId, lastModified, bytes: size });
    },
    async stop() {
      await engine.stop(10);
      await services.anaplan.close();
    },
  };
}

it('a run in flight keeps the definition that it began with; the next run has the changed one', async () => {
  const clock = fastClock(25);
  await using at = await tenantAndFolder({ clock, taskSeconds: 20 });
  const config = join(at.folder, 'plandrop.yaml');
  await writeFile(config, definition('{ process: Recalculate }'));
  const before = await engineOn(at, clock);
  const polling = before.sees(({ position }) => position.stage === 'poll');
  const first = await before.drop('products/first.csv');
  expect((await polling).runId).toBe(first);
  await before.stop();

  await writeFile(config, definition('{ export: Board Report, to: "exports/{run}.csv" }', 'onFailure: continue'));
  const later = await engineOn(at, clock);
  const oldEnds = later.sees((run) => run.runId === first && isDone(run));
  const second = await later.drop('products/second.csv');
  const newEnds = later.sees((run) => run.runId === second && isDone(run));
  const [old, changed] = await Promise.all([oldEnds, newEnds]);
  await later.stop();

  const told = (run: Run) => [
    run.ended?.outcome,
    run.pipeline?.onFailure,
    ...(run.pipeline?.steps ?? []).map(({ kind, name }) => `${kind} ${name}`),
  ];
  expect(told(old)).toEqual(['succeeded', 'hold', 'import Load Products', 'process Recalculate']);
  expect(told(changed)).toEqual(['succeeded', 'continue', 'import Load Products', 'export Board Report']);
  const started = at.simulator
    .requests()
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/tasks'))
    .map(({ path }) => path.split('/').at(-3));
  expect(started).toEqual(['imports', 'processes', 'imports', 'exports']);
});
