import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { diagnose } from '../../functions/anaplan-turn.ts';
import { awsServices } from '../../functions/aws-services.ts';
import { RotatingRefreshTokenError } from '../../functions/refuse-rotation.ts';
import { demoTenant } from '../../simulator/definition/demo-tenant.ts';
import { startSimulator } from '../../simulator/index.ts';
import { aRun } from '../run/a-run.ts';

afterEach(() => vi.unstubAllEnvs());

/** The services that a function is given on AWS, with a Secrets Manager that holds `secret`, and the simulator as Anaplan. */
async function onAws(secret: Record<string, string>, { rotating }: { rotating: boolean }) {
  const client = { id: 'a-client', refreshToken: 'first-refresh-token', rotating };
  const simulator = await startSimulator({ tenant: { ...demoTenant, oauthClients: [client] } });
  const secretsManager = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ ARN: 'arn', Name: 'anaplan', SecretString: JSON.stringify(secret) }));
  });
  await new Promise<void>((resolve) => secretsManager.listen(0, '127.0.0.1', resolve));
  const { port } = secretsManager.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-aws-'));
  const [config, lock] = [join(folder, 'plandrop.yaml'), join(folder, 'plandrop.lock.json')];
  const { url } = simulator;
  await writeFile(
    config,
    `anaplan: { apiUrl: "${url}", authUrl: "${url}", oauthUrl: "${url}" }
pipelines: { p: { workspace: w, model: m, steps: [{ process: x }] } }\n`,
  );
  await writeFile(lock, '{ "version": 1, "pipelines": {} }');
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  }))
    vi.stubEnv(name, value);
  const { anaplan } = awsServices({
    PLANDROP_CONFIG: config,
    PLANDROP_LOCK: lock,
    PLANDROP_STATE_BUCKET: 'state',
    PLANDROP_ALERTS_TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:alerts',
    PLANDROP_SETTLE_SECONDS: '0',
    PLANDROP_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:anaplan',
  });
  return {
    anaplan,
    async [Symbol.asyncDispose]() {
      await anaplan.close();
      await simulator.close();
      await new Promise((resolve) => secretsManager.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

const OAUTH = { ANAPLAN_CLIENT_ID: 'a-client', ANAPLAN_REFRESH_TOKEN: 'first-refresh-token' };

describe('a refresh token on AWS', () => {
  it('that is good only once is refused at the first sign-in, with the reason and the way out', async () => {
    await using at = await onAws(OAUTH, { rotating: true });
    const error = await at.anaplan.getCurrentUser().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RotatingRefreshTokenError);
    const diagnosis = diagnose(error, aRun());
    expect(diagnosis).toMatchObject({ category: 'configuration', retry: { kind: 'no' } });
    expect(diagnosis.whatToCheck.join(' ')).toMatch(/certificate.*non-rotatable/);
    expect(JSON.stringify(diagnosis)).not.toMatch(/first-refresh-token|v1\./);
    // Nor does the token that came with it carry the next run a little further.
    await expect(at.anaplan.getCurrentUser()).rejects.toBeInstanceOf(RotatingRefreshTokenError);
  });

  it('that stays the same signs in', async () => {
    await using at = await onAws(OAUTH, { rotating: false });
    await expect(at.anaplan.getCurrentUser()).resolves.toMatchObject({ active: true });
  });
});
