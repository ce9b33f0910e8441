import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { embeddedEngine } from '../../cli/embedded-engine.ts';
import { openDataFolder } from '../../infra/local/data-folder.ts';
import { silentLogger } from '../../shared/observe/logger.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { altered } from '../end-to-end/landing.ts';

const never = new Promise<never>(() => undefined);

it('an engine stops within its time, whatever its watch and those beside it are at', async () => {
  const loaded = loadConfiguration(
    'pipelines: { sales: { workspace: W, model: M, on: { drop: "*.csv" }, steps: [{ import: Load }] } }',
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const dataDir = await mkdtemp(join(tmpdir(), 'plandrop-embedded-'));
  const looking = Promise.withResolvers<void>();
  const embedded = await embeddedEngine(dataDir, {
    configuration: loaded.configuration,
    secrets: { credentials: () => never },
    alerts: () => ({ publish: () => never }),
    log: silentLogger,
    adjust: (services) => ({
      ...services,
      state: altered(services.state, {
        async *list() {
          looking.resolve();
          yield never;
        },
      }),
    }),
  });
  await looking.promise;
  await embedded.stop(0, [{ stop: () => never }]);
  using next = await openDataFolder(dataDir);
  expect(next.recovered.messagesInFlight).toBe(0);
  await rm(dataDir, { recursive: true });
});
