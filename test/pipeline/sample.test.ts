import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freeze } from '../../shared/pipeline/freeze.ts';
import { readConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { parseLock } from '../../shared/pipeline/lock.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

it('every sample pipeline has its names in the committed lock file, so that the stack can be synthesised offline', async () => {
  const configuration = await readConfiguration(path('plandrop.yaml'));
  const lock = parseLock(readFileSync(path('plandrop.lock.json'), 'utf8'), 'plandrop.lock.json');
  const refused = Object.keys(configuration.pipelines)
    .map((name) => freeze(name, configuration, lock))
    .filter(({ ok }) => !ok);
  expect(refused).toEqual([]);
});
