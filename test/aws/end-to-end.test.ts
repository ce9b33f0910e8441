import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { awsServices } from '../../functions/aws-services.ts';
import type { Services } from '../../functions/services.ts';
import { createWatchRuns } from '../../functions/watch-runs/handler.ts';
import { functionMappings } from '../../infra/local/function-mappings.ts';
import { failedMessages, lambdaContext, sqsEvent } from '../../infra/local/sqs-event.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { formatLock } from '../../shared/pipeline/lock.ts';
import { resolveNames } from '../../shared/pipeline/resolve-names.ts';
import { s3Client, secretsManagerClient, snsClient, sqsClient } from '../../shared/ports/aws/clients.ts';
import { SqsQueues } from '../../shared/ports/aws/sqs-queues.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { QUEUE_NAMES, type QueueName } from '../../shared/ports/queue.ts';
import { keepInstallation } from '../../shared/run/installation.ts';
import { readRun } from '../../shared/run/ledger.ts';
import { outcomeOf, type RunOutcome } from '../../shared/run/outcome.ts';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { Canary } from '../end-to-end/canary.ts';
import { plandrop } from '../end-to-end/plandrop.ts';
import { remap } from '../end-to-end/remap.ts';
import { newName, requireLocalEndpoint } from './endpoint.ts';

/** The functions as Lambda builds them, on S3, SQS, SNS and Secrets Manager; only Lambda's own event source mapping is ours. */

const KEY = 'sales/Mär 2026 + plan (1).csv';
const HEADER = 'Product,Region,Month,Units,Revenue,Ship Date\n';

describe('a drop on AWS', () => {
  requireLocalEndpoint();
  let simulator: Simulator;
  let canary: Canary;
  let folder: string;
  let services: Services;
  let queues: SqsQueues;
  let source: string;
  let alertsUrl: string;
  const [s3, sqs, sns] = [s3Client(), sqsClient(), snsClient()];

  beforeAll(async () => {
    simulator = await startSimulator({ taskSeconds: 0.5, seed: 'aws' });
    canary = new Canary(simulator);
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      vi.spyOn(stream, 'write').mockImplementation((line) => {
        canary.saw('the log', String(line));
        return write(line);
      });
    }
    folder = await mkdtemp(join(tmpdir(), 'plandrop-aws-'));
    const urls = {} as Record<QueueName, string>;
    for (const name of QUEUE_NAMES) urls[name] = await makeQueue(newName(name));
    queues = new SqsQueues(sqs, urls);
    alertsUrl = await makeQueue(newName('alerts'));
    const topicArn = (await sns.send(new CreateTopicCommand({ Name: newName('alerts') }))).TopicArn ?? '';
    const attributes = { RawMessageDelivery: 'true' };
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: await arnOf(alertsUrl),
        Attributes: attributes,
      }),
    );
    source = await makeBucket(newName('source'));
    const state = await makeBucket(newName('state'));
    const QueueConfigurations = [{ QueueArn: await arnOf(urls.drops), Events: ['s3:ObjectCreated:*' as const] }];
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: source,
        NotificationConfiguration: { QueueConfigurations },
      }),
    );
    const secret = JSON.stringify({ ANAPLAN_USERNAME: simulator.user, ANAPLAN_PASSWORD: simulator.password });
    const { ARN } = await secretsManagerClient().send(
      new CreateSecretCommand({ Name: newName('anaplan'), SecretString: secret }),
    );

    const [config, lock] = [join(folder, 'plandrop.yaml'), join(folder, 'plandrop.lock.json')];
    await writeFile(config, configurationFor(simulator.url));
    await writeFile(lock, formatLock({ version: 1, pipelines: {} }));
    const env: Record<string, string> = {
      PLANDROP_CONFIG: config,
      PLANDROP_LOCK: lock,
      PLANDROP_STATE_BUCKET: state,
      PLANDROP_SOURCE_BUCKET: source,
      PLANDROP_ALERTS_TOPIC_ARN: topicArn,
      PLANDROP_SECRET_ARN: ARN ?? '',
      PLANDROP_SETTLE_SECONDS: '0',
      PLANDROP_KEEPS_DROPS: 'true',
    };
    for (const name of QUEUE_NAMES) env[`PLANDROP_QUEUE_${name.toUpperCase()}_URL`] = urls[name];
    const loaded = loadConfiguration(configurationFor(simulator.url));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
    const { lock: resolved } = await resolveNames(loaded.configuration, awsServices(env).anaplan);
    await writeFile(lock, formatLock(resolved));
    services = awsServices(env);
    // As the watch does at its cold start, so that commands wake runs.
    await keepInstallation(services.state, urls);
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lands, whatever its key', async () => {
    const [outcome] = await drop(
      KEY,
      `${HEADER}P100,North,Jan 26,5,74.5,2026-01-30\nP110,South,Feb 26,7,83.3,2026-02-11\n`,
    );
    expect(outcome).toMatchObject({ outcome: 'succeeded', source: { key: KEY, rows: 2 } });
    const landed = await (await fetch(`${simulator.url}/simulator/files/113000000002`)).json();
    expect(landed).toMatchObject({ sha256: outcome?.source?.sha256 });
  });

  it('with rejected rows leaves the dump, the report, the feed and an alert', async () => {
    const [outcome] = await drop(
      'sales/gaps.csv',
      `${HEADER}P100,North,Mar 26,5,74.5,2026-03-30\nP999,South,Mar 26,7,83.3,2026-03-11\n`,
    );
    expect(outcome).toMatchObject({ outcome: 'succeeded-with-rejects', failure: { category: 'missing-members' } });
    const dump = await services.state.get(
      outcome?.steps[0]?.dumps?.[0]?.replace(`s3://${services.state.bucket}/`, '') ?? '',
    );
    expect(new TextDecoder().decode(dump?.body)).toContain('P999');
    const [reported] = await queues.receive('failures', { max: 1, visibilitySeconds: 60, waitSeconds: 1 });
    canary.saw('the feed', JSON.stringify(reported));
    expect(reported?.attributes).toMatchObject({ pipeline: 'sales', category: 'missing-members', run: outcome?.runId });
    const alerts = new SqsQueues(sqs, { failures: alertsUrl });
    const [alert] = await alerts.receive('failures', { max: 1, visibilitySeconds: 60, waitSeconds: 1 });
    canary.saw('an alert', JSON.stringify(alert));
    expect(alert?.body).toContain('sales/gaps.csv was loaded into model "FY26 Plan" without 1 row');
  });

  it('that was loaded is tagged, with the tags that it had, or moved to the archive', async () => {
    const row = (month: string) => `${HEADER}P100,North,${month},5,74.5,2026-05-30\n`;
    const [tagged] = await drop('sales/tagged.csv', row('May 26'), 'owner=finance');
    expect(await tagsOf('sales/tagged.csv')).toEqual({
      owner: 'finance',
      plandrop: 'succeeded',
      'plandrop-run': tagged?.runId,
    });
    const [moved, ...others] = await drop('monthly/märz +.csv', row('Jun 26'));
    expect([moved?.outcome, others]).toEqual(['succeeded', []]);
    expect(await tagsOf('done/monthly/märz +.csv')).toMatchObject({ 'plandrop-run': moved?.runId });
    const store = services.source(source);
    expect(await store.head('monthly/märz +.csv')).toBeUndefined();
    expect(await store.head('monthly/märz +.csv', moved?.source?.versionId)).toBeUndefined();
    expect((await store.head('done/monthly/märz +.csv'))?.size).toBe(moved?.source?.bytes);
  });

  it('is followed by the pipeline that comes after its own', async () => {
    const outcomes = await drop('first/a.csv', `${HEADER}P100,North,Jul 26,5,74.5,2026-07-30\n`);
    expect(outcomes.map(({ pipeline, outcome }) => [pipeline, outcome]).sort()).toEqual([
      ['first', 'succeeded'],
      ['second', 'succeeded'],
    ]);
  });

  it('leaves every request of its run in the state bucket, for a support bundle', async () => {
    const seen = simulator.requests().length;
    const [outcome] = await drop('sales/more.csv', `${HEADER}P100,North,Apr 26,5,74.5,2026-04-30\n`);
    const output = join(folder, 'bundle.zip');
    const variables = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const env = Object.fromEntries(variables.map((name) => [name, process.env[name] ?? '']));
    const state = ['--state-bucket', services.state.bucket, '--json'];
    const made = await plandrop(['support', outcome?.runId ?? '', '--output', output, ...state], env);
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('"lacks": []')]);
    // The token is the one of the runs before.
    expect(JSON.parse(made.stdout).requests).toBe(simulator.requests().length - seen);
  });

  it('that was refused lands after the import is mapped anew and its lock written, as the report says', async () => {
    const wide = 'Product,Region,Month,Units,Revenue,Planner\nP100,North,Jan 26,1,2,Ada\n';
    const [refused] = await drop('forecast/wide.csv', wide);
    expect(refused).toMatchObject({ outcome: 'failed', failure: { category: 'mapping' } });
    const runId = refused?.runId ?? '';
    const columns = { Product: 'Products', Region: 'Regions', Month: 'Time', Units: 'Forecast Units' };
    await remap(simulator, 'Load Forecast', { ...columns, Revenue: 'Forecast Revenue', Planner: 'ignore' });

    const variables = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const env = Object.fromEntries(variables.map((name) => [name, process.env[name] ?? '']));
    const state = ['--state-bucket', services.state.bucket];
    const { stdout } = await plandrop(['failures', 'show', runId, ...state], env);
    const alerts = new SqsQueues(sqs, { failures: alertsUrl });
    const [alert] = await alerts.receive('failures', { max: 1, visibilitySeconds: 60, waitSeconds: 1 });
    for (const text of [stdout, alert?.body]) {
      expect(text).toContain('write the lock anew (plandrop lock), review and deploy it');
      expect(text).toContain('in Anaplan and the lock was written anew (plandrop lock), reviewed and deployed:\n');
      expect(text).toContain(`The commands are for ${state.join(' ')}.`);
    }
    const config = ['--config', join(folder, 'plandrop.yaml')];
    const signIn = { ANAPLAN_USERNAME: simulator.user, ANAPLAN_PASSWORD: simulator.password };
    expect((await plandrop(['lock', ...config], signIn)).code).toBe(0);
    expect((await plandrop(['failures', 'redrive', runId, ...config, ...state], env)).code).toBe(0);
    await work();
    expect((await readRun(services, `${runId}.1`))?.run.ended?.outcome).toBe('succeeded');
  });

  it('is ignored when it is a folder marker, and told of once when no pipeline takes it', async () => {
    expect(await drop('sales/', '')).toEqual([]);
    expect(await drop('other/file.csv', 'a,b\n')).toEqual([]);
    const watch = createWatchRuns(services);
    expect([(await watch()).unmatched, (await watch()).unmatched]).toEqual([1, 0]);
    const alerts = new SqsQueues(sqs, { failures: alertsUrl });
    const [alert] = await alerts.receive('failures', { max: 1, visibilitySeconds: 60, waitSeconds: 1 });
    expect(alert?.body).toContain(`- other/file.csv (in ${source}): no pipeline takes its key`);
  });

  it('that Plandrop itself writes starts nothing', async () => {
    await services.state.put('sales/looks-like-a-drop.csv', HEADER);
    expect(await work()).toEqual([]);
  });

  it('leaves no secret in anything that was kept, sent or logged', async () => {
    let objects = 0;
    for await (const { key } of services.state.list('')) {
      const { body } = (await services.state.get(key)) ?? {};
      canary.saw(key, Buffer.from(body ?? []).toString('latin1'));
      objects++;
    }
    expect(objects).toBeGreaterThan(3);
    await canary.search(folder);
  });

  async function drop(Key: string, Body: string, Tagging?: string): Promise<RunOutcome[]> {
    await s3.send(new PutObjectCommand({ Bucket: source, Key, Body, Tagging }));
    return work();
  }

  async function tagsOf(Key: string): Promise<Record<string, string>> {
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: source, Key }));
    return Object.fromEntries(TagSet.map(({ Key: name = '', Value = '' }) => [name, Value]));
  }

  /** Delivers messages as Lambda's event source mappings do, until none is left. @returns the runs that began meanwhile */
  async function work(): Promise<RunOutcome[]> {
    const mappings = functionMappings(services);
    const runIds = new Set<string>();
    for (let quietSince = Date.now(); Date.now() - quietSince < 3500; ) {
      for (const { queue, handler, functionName = queue, timeoutSeconds = 150 } of mappings) {
        const messages = await queues.receive(queue, { max: 10, visibilitySeconds: 900 });
        if (messages.length === 0) continue;
        quietSince = Date.now();
        canary.saw(`queue ${queue}`, JSON.stringify(messages));
        for (const { body } of messages) runIds.add(JSON.parse(body).runId ?? '');
        const answer = await handler(
          sqsEvent(queue, messages, Date.now()),
          lambdaContext(functionName, timeoutSeconds, systemClock),
        );
        expect([
          ...failedMessages(
            answer,
            messages.map(({ messageId }) => messageId),
          ),
        ]).toEqual([]);
        for (const { receiptHandle } of messages) await queues.delete(queue, receiptHandle);
      }
    }
    const runs = await Promise.all(
      [...runIds].filter((runId) => runId !== '').map((runId) => readRun(services, runId)),
    );
    return runs.flatMap((held) => (held === undefined ? [] : [outcomeOf(held.run)]));
  }

  async function makeQueue(QueueName: string): Promise<string> {
    return (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  }

  async function arnOf(QueueUrl: string): Promise<string> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return Attributes?.QueueArn ?? '';
  }

  async function makeBucket(Bucket: string): Promise<string> {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    return Bucket;
  }
});

function configurationFor(url: string): string {
  return `
anaplan: { apiUrl: "${url}", authUrl: "${url}" }
pipelines:
  sales:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "sales/*.csv" }
    steps: [{ import: Load Sales, repeatable: true }]
    onFailure: continue
  monthly:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "monthly/*.csv" }
    steps: [{ import: Load Sales, repeatable: true }]
    keep: { archive: "done/" }
  forecast:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "forecast/*.csv" }
    steps: [{ import: Load Forecast, repeatable: true }]
  first:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "first/*.csv" }
    steps: [{ import: Load Sales, repeatable: true }]
  second:
    workspace: Finance
    model: FY26 Plan
    on: { after: first }
    steps: [{ process: Recalculate }]
`;
}
