import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { FunctionFactory } from '../../infra/constructs/function-code.ts';
import { PlandropStack } from '../../infra/plandrop-stack.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';

export const SAMPLE = `
anaplan: { requestsPerMinute: 500 }
pipelines:
  sales:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "sales/*.csv" }
    steps:
      - import: Load Sales
      - export: Board Report
        to: "out/board-{date}.csv"
      - export: Raw Data
  nightly:
    workspace: Finance
    model: FY26 Plan
    on: { schedule: "cron(0 6 ? * MON-FRI *)", timezone: Europe/London }
    steps: [{ process: Recalculate }]
  weekly:
    workspace: Finance
    model: FY26 Plan
    on: { schedule: "cron(0 6 ? * SUN *)" }
    steps: [{ process: Recalculate }]
`;

const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** Bundling takes seconds, and the template does not depend on it. */
const stub: FunctionFactory = (scope, id, folder, options) =>
  new LambdaFunction(scope, id, {
    ...options,
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline(`// ${folder}`),
  });

// Without a place of its own every app leaves a folder behind. One for each worker is enough: a template is read when it is made. Nobody
// removes it: in a worker that keeps its modules a helper's hook would belong to the first file alone that loads it.
const outdir = join(import.meta.dirname, '../../node_modules/.cache/cdk.out', process.env.VITEST_POOL_ID ?? '');

/** An app with the stack of `text` in it. */
export function stackOf(text: string = SAMPLE, now?: number): { app: App; stack: PlandropStack } {
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const app = new App({ outdir, context });
  const stack = new PlandropStack(app, 'Plandrop', {
    configuration: loaded.configuration,
    makeFunction: stub,
    ...(now === undefined ? {} : { now }),
    alertsEmail: 'on-call@example.com',
  });
  return { app, stack };
}

/** What a reference in the template points at. */
export type Reference = { Ref: string } | { 'Fn::GetAtt': [string, string] };

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and the expectations say which
  Properties: any;
  DependsOn?: string[];
  DeletionPolicy?: string;
}

export interface Synthesised {
  resources: Record<string, Resource>;
  /** the one resource whose logical id begins with `prefix` and whose type is `type` */
  the(type: string, prefix?: string): Resource & { logicalId: string };
  all(type: string): (Resource & { logicalId: string })[];
}

export function synthesise(text?: string, now?: number): Synthesised {
  const resources: Record<string, Resource> = Template.fromStack(stackOf(text, now).stack).toJSON().Resources;
  const all = (type: string) =>
    Object.entries(resources).flatMap(([logicalId, resource]) =>
      resource.Type === type ? [{ logicalId, ...resource }] : [],
    );
  return {
    resources,
    all,
    the(type, prefix = '') {
      const found = all(type).filter(({ logicalId }) => logicalId.startsWith(prefix));
      const [only, ...others] = found;
      if (only === undefined || others.length > 0) {
        throw new Error(`${found.length} resources of type ${type} begin with "${prefix}"`);
      }
      return only;
    },
  };
}
