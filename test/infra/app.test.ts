import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
function run(context: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const app = new URL('../../infra/app.ts', import.meta.url).pathname;
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') };
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

  it.concurrent('without a lock file', async () => {
    expect(await run({ configuration: file(GOOD) })).toEqual({
      code: 1,
      stderr: 'there is no plandrop.lock.json; write it with "plandrop lock", review it and commit it\n',
    });
  });

  it.concurrent('with a lock file that lacks pipelines, naming each', async () => {
    const again = 'run "plandrop lock", review the change and deploy it';
    expect(await run({ configuration: file(GOOD), lock: file('{"version":1,"pipelines":{}}') })).toEqual({
      code: 1,
      stderr: `the lock file has no pipeline "nightly"; ${again}\nthe lock file has no pipeline "weekly"; ${again}\n`,
    });
  });
});
