import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../../infra/constructs/function-code.ts';

// A blank and a quote in the path: the files are copied by a shell.
const folder = mkdtempSync(join(tmpdir(), "plandrop's bundle "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const configuration = join(folder, 'mine.yaml');
const lock = join(folder, 'mine.lock.json');

const CONFIGURATION =
  'pipelines: { nightly: { workspace: Finance, model: FY26 Plan, steps: [{ process: Recalculate }] } }';
const LOCK = '{ "version": 1, "pipelines": {} }';

/** What the stack tells the function; nothing of it is asked while the function is only loaded. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  PLANDROP_CONFIG: configuration,
  PLANDROP_LOCK: lock,
  PLANDROP_STATE_BUCKET: 'state',
  PLANDROP_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:anaplan',
  PLANDROP_ALERTS_TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:alerts',
  PLANDROP_QUEUE_POLL_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/poll',
  PLANDROP_SETTLE_SECONDS: '10',
  PLANDROP_REQUESTS_PER_MINUTE: '60',
};

/** Real bundling of one real function takes a few seconds; the others are bundled the same way. */
describe('a bundled function', () => {
  let asset: string;
  let stack: Stack;

  beforeAll(() => {
    writeFileSync(configuration, CONFIGURATION);
    writeFileSync(lock, LOCK);
    const app = new App({ outdir: join(folder, 'cdk.out') });
    stack = new Stack(app, 'Bundling');
    bundled({ configuration, lock })(stack, 'PollTask', 'poll-task', {});
    const { directory } = app.synth();
    asset = join(directory, readdirSync(directory).find((name) => name.startsWith('asset.')) ?? '');
  });

  it('is one ES module with its source map, the configuration and the lock beside it', () => {
    expect(readdirSync(asset).sort()).toEqual(['index.mjs', 'index.mjs.map', 'plandrop.lock.json', 'plandrop.yaml']);
    expect(readFileSync(join(asset, 'plandrop.yaml'), 'utf8')).toBe(CONFIGURATION);
    expect(readFileSync(join(asset, 'plandrop.lock.json'), 'utf8')).toBe(LOCK);
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
    });
  });

  it('needs nothing but Node: the AWS SDK is inside, and types have left nothing behind', async () => {
    const entryPoints = [join(asset, 'index.mjs')];
    // Bundling the bundle again tells what it still imports, and is not fooled by text that looks like an import.
    const { metafile } = await build({
      entryPoints,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      write: false,
      outdir: folder,
      metafile: true,
    });
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(imported).toContain('node:crypto');
    expect(imported.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it('can be loaded as Lambda loads it, and exports a handler of two parameters', () => {
    const probe = `const { handler } = await import(${JSON.stringify(join(asset, 'index.mjs'))}); console.log(typeof handler, handler.length <= 2)`;
    const env = { PATH: process.env.PATH, ...ENVIRONMENT };
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', probe], { encoding: 'utf8', env });
    expect(said).toBe('function true\n');
  });
});
