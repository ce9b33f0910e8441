import { join, resolve } from 'node:path';
import { type FunctionOptions, type Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

/** Makes a function from the folder `functions/<folder>`. Tests that only look at the template pass one that does not bundle. */
export type FunctionFactory = (
  scope: Construct,
  id: string,
  folder: string,
  options: FunctionOptions,
) => LambdaFunction;

/** Where the files that travel with the code are found inside a function. */
export const CONFIG_IN_FUNCTION = '/var/task/plandrop.yaml';
export const LOCK_IN_FUNCTION = '/var/task/plandrop.lock.json';

const PROJECT = resolve(import.meta.dirname, '../..');

// CommonJS dependencies call require(), which an ES module does not have.
const BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Bundles each function with esbuild, AWS SDK included (pinned, and faster to start), and puts configuration and lock beside it. */
export function bundled(files: { configuration: string; lock: string }): FunctionFactory {
  const travelling = [
    { from: resolve(files.configuration), to: 'plandrop.yaml' },
    { from: resolve(files.lock), to: 'plandrop.lock.json' },
  ];
  return (scope, id, folder, options) =>
    new NodejsFunction(scope, id, {
      ...options,
      runtime: Runtime.NODEJS_24_X,
      entry: join(PROJECT, 'functions', folder, 'index.ts'),
      handler: 'handler',
      projectRoot: PROJECT,
      depsLockFilePath: join(PROJECT, 'package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
        bundleAwsSDK: true,
        banner: BANNER,
        commandHooks: {
          beforeBundling: () => [],
          beforeInstall: () => [],
          afterBundling: (_, outputDir) =>
            travelling.map(({ from, to }) => `cp ${quoted(from)} ${quoted(join(outputDir, to))}`),
        },
      },
    });
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
