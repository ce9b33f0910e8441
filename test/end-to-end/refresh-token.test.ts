import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { demoTenant } from '../../simulator/definition/demo-tenant.ts';
import { plandrop, tenantAndFolder } from './plandrop.ts';

describe.concurrent('a refresh token that is good only once', () => {
  it('is handed on by every command that asks Anaplan, through the data folder', async ({ expect }) => {
    const set = 'first-refresh-token';
    const client = { id: 'a-client', refreshToken: set, rotating: true };
    await using at = await tenantAndFolder({ tenant: { ...demoTenant, oauthClients: [client] } });
    const env = {
      ANAPLAN_API_URL: at.simulator.url,
      ANAPLAN_AUTH_URL: at.simulator.url,
      ANAPLAN_OAUTH_URL: at.simulator.url,
      ANAPLAN_CLIENT_ID: client.id,
      ANAPLAN_REFRESH_TOKEN: set,
    };
    const config = join(at.folder, 'plandrop.yaml');
    await copyFile('plandrop.yaml', config);
    const ask = (args: readonly string[], dataDir = at.dataDir) =>
      plandrop([...args, '--config', config, '--data-dir', dataDir], env);
    const products = ['samples/products.csv', '--pipeline', 'products'];
    // The first of them makes the data folder.
    for (const args of [['check', ...products], ['doctor'], ['run', ...products], ['lock'], ['doctor']]) {
      const { code, stderr } = await ask(args);
      expect([args[0], code, code === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
    }
    const elsewhere = await ask(['check', ...products], join(at.folder, 'another'));
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('invalid refresh token')]);
  });
});
