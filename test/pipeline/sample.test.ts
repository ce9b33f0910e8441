import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { AnaplanClient } from '../../shared/anaplan/index.ts';
import { freeze } from '../../shared/pipeline/freeze.ts';
import { readConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { parseLock } from '../../shared/pipeline/lock.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import { createSimulator, parseTenant } from '../../simulator/index.ts';
import { answerOf, requestOf } from '../simulation/in-process.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

it('every pipeline of the sample team has its names in the sample tenant, and is started by something', async () => {
  const configuration = await readConfiguration(path('samples/team/plandrop.yaml'), {});
  await using simulator = await createSimulator({
    tenant: parseTenant(readFileSync(path('samples/team/tenant.yaml'), 'utf8')),
  });
  const origin = 'http://127.0.0.1:1';
  const client = new AnaplanClient({
    apiUrl: origin,
    authUrl: origin,
    oauthUrl: origin,
    transport: async (request) => {
      const response = await simulator.fetch(requestOf(request));
      return answerOf(response, new Uint8Array(await response.arrayBuffer()));
    },
    credentials: async () => ({ kind: 'basic', username: simulator.user, password: simulator.password }),
  });
  const { problems } = await resolveNames(configuration, client);
  expect(problems).toEqual([]);
  expect(Object.keys(configuration.pipelines)).toHaveLength(6);
  expect(Object.values(configuration.pipelines).filter(({ trigger }) => trigger === undefined)).toEqual([]);
});

it('every sample pipeline has its names in the committed lock file, so that the stack can be synthesised offline', async () => {
  const configuration = await readConfiguration(path('plandrop.yaml'));
  const lock = parseLock(readFileSync(path('plandrop.lock.json'), 'utf8'), 'plandrop.lock.json');
  const refused = Object.keys(configuration.pipelines)
    .map((name) => freeze(name, configuration, lock))
    .filter(({ ok }) => !ok);
  expect(refused).toEqual([]);
});
