import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'plandrop-app-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = `
pipelines:
  nightly: { workspace: Finance, model: FY26 Plan, steps: [{ process: Recalculate }] }
  weekly: { workspace: Finance, model: FY26 Plan, steps: [{ process: Recalculate }] }
`;

let count = 0;
function file(content: string): string {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, content);
  return path;
}

/** Runs the app as `cdk synth -c configuration=… -c lock=…` does. */
function run(
  context: Record<string, string>,
  more: Record<string, string> = {},
): Promise<{ code: number; stderr: string }> {
  const app = new URL('../../infra/app.ts', import.meta.url).pathname;
  const env = {
    ...process.env,
    ...more,
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_OUTDIR: join(folder, `cdk.out-${count++}`),
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [app], { cwd: folder, env }, (error, _, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stderr });
    });
  });
}

describe('the app refuses before it bundles anything', () => {
  it.concurrent('without a configuration', async () => {
    expect(await run({})).toEqual({ code: 1, stderr: 'There is no plandrop.yaml here.\n' });
  });

  it.concurrent.each([
    [
      'that is none',
      'http://api.anaplan.com',
      'an https:// address (http:// is for this machine only, such as http://127.0.0.1:7080)',
    ],
    [
      'that only this machine reaches',
      'http://127.0.0.1:7080',
      'an address that functions on AWS can reach, not http://127.0.0.1:7080; unset it to deploy the address in the configuration',
    ],
  ])('with an address of Anaplan in the environment %s', async (_, address, mistake) => {
    const context = { configuration: file(GOOD), lock: file('{"version":1,"pipelines":{}}') };
    expect(await run(context, { ANAPLAN_API_URL: address })).toEqual({
      code: 1,
      stderr: `ANAPLAN_API_URL must be ${mistake}.\n`,
    });
  });

  it.concurrent('without a lock file', async () => {
    const configuration = file(GOOD);
    expect(await run({ configuration })).toEqual({
      code: 1,
      stderr: `there is no ${join(folder, 'plandrop.lock.json')}; write it with "plandrop lock --config ${configuration}", review it and commit it\n`,
    });
  });

  it.concurrent('with a folder in the place of the lock file', async () => {
    expect(await run({ configuration: file(GOOD), lock: folder })).toEqual({
      code: 1,
      stderr: `${folder} is a folder; name the lock file in it with -c lock=…\n`,
    });
  });

  it.concurrent('with the lock file beside the configuration, wherever it is run', async () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const [configuration, lock] = [join(elsewhere, 'plandrop.yaml'), join(elsewhere, 'plandrop.lock.json')];
    writeFileSync(configuration, GOOD);
    writeFileSync(lock, '{"version":1,"pipelines":{}}');
    const { code, stderr } = await run({ configuration });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${lock}: the lock file has no pipeline "nightly"`)]);
  });

  it.concurrent('with a lock file that lacks pipelines, naming each', async () => {
    const [configuration, lock] = [file(GOOD), file('{"version":1,"pipelines":{}}')];
    const again = `run "plandrop lock --config ${configuration} --lock ${lock}", review the change and deploy it`;
    expect(await run({ configuration, lock })).toEqual({
      code: 1,
      stderr: ['nightly', 'weekly']
        .map((name) => `${lock}: the lock file has no pipeline "${name}"; ${again}\n`)
        .join(''),
    });
  });
});
