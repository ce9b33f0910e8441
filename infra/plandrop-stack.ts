import { Annotations, CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Keep } from '../shared/pipeline/frozen-pipeline.ts';
import { retentionDays } from '../shared/pipeline/retention.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';
import { AlertsTopic } from './constructs/alerts-topic.ts';
import { FailureFeed } from './constructs/failure-feed.ts';
import { CONFIG_IN_FUNCTION, type FunctionFactory, LOCK_IN_FUNCTION } from './constructs/function-code.ts';
import { notifyTopics } from './constructs/notify-topics.ts';
import { PipelineSchedules } from './constructs/pipeline-schedules.ts';
import { PlandropFunction } from './constructs/plandrop-function.ts';
import { PoisonQueue } from './constructs/poison-queue.ts';
import { SourceBucket } from './constructs/source-bucket.ts';
import { Stage } from './constructs/stage.ts';
import { StateBucket } from './constructs/state-bucket.ts';
import { WatchRuns } from './constructs/watch-runs.ts';

export interface PlandropStackProps extends StackProps {
  configuration: Configuration;
  makeFunction: FunctionFactory;
  /** Who gets alerts by e-mail. */
  alertsEmail?: string;
  /** Epoch ms, for tests: when the stack is made, which decides which schedules are over. Default: now. */
  now?: number;
}

/** How long a newcomer waits before it asks for an idle lane: drops of the same moment arrive out of order. */
const SETTLE_SECONDS = 10;

/** Plandrop on AWS, in the order data flows: drop or schedule, upload, start, poll, collect; beside it what fails, and the two nets. */
export class PlandropStack extends Stack {
  constructor(scope: Construct, id: string, props: PlandropStackProps) {
    super(scope, id, { description: 'Plandrop lands files in Anaplan', ...props });
    const { configuration, makeFunction } = props;

    warnOfLoopback(this, configuration);

    const alerts = new AlertsTopic(this, 'Alerts', {
      others: notifyTopics(configuration),
      ...(props.alertsEmail === undefined ? {} : { email: props.alertsEmail }),
    });
    const poison = new PoisonQueue(this, 'Poison', { alerts });
    const failures = new FailureFeed(this, 'Failures', { alerts });
    const secret = anaplanCredentials(this);

    const source = new SourceBucket(this, 'Source');
    const state = new StateBucket(this, 'State', { keepDays: retentionDays(configuration) });

    const environment = {
      PLANDROP_CONFIG: CONFIG_IN_FUNCTION,
      PLANDROP_LOCK: LOCK_IN_FUNCTION,
      PLANDROP_SETTLE_SECONDS: String(SETTLE_SECONDS),
    };
    const code = { makeFunction, environment };
    const common = { ...code, poison, alerts };

    const drops = new Stage(this, 'ReceiveDrop', {
      ...common,
      queue: 'drops',
      folder: 'receive-drop',
      memoryMegabytes: 512,
      batchSize: 10,
      maxConcurrency: 4,
      reentered: false,
      impact:
        'New files in the source bucket do not become runs; they are kept and will, in order, when it works again.',
    });
    source.tells(drops.queue);

    const schedules = new Stage(this, 'ReceiveSchedule', {
      ...common,
      queue: 'schedules',
      folder: 'receive-schedule',
      memoryMegabytes: 512,
      batchSize: 10,
      maxConcurrency: 2,
      // A run that succeeded starts its followers here, and Lambda counts on through all runs that a lane lets by. Our guard is that
      // no pipeline follows itself, however many are between.
      reentered: true,
      impact:
        'Scheduled pipelines and those that follow others do not run; they will, late, when it works again. Nobody is told of files that are missing.',
    });
    new PipelineSchedules(this, 'Schedules', {
      pipelines: configuration.pipelines,
      schedules: schedules.queue,
      poison,
      now: props.now ?? Date.now(),
    });

    const upload = new Stage(this, 'UploadFile', {
      ...common,
      queue: 'upload',
      folder: 'upload-file',
      memoryMegabytes: uploadMemory(configuration),
      batchSize: 1,
      maxConcurrency: 4,
      reentered: true,
      impact: 'Files are not uploaded to Anaplan, so none of their imports starts.',
    });
    const start = new Stage(this, 'StartAction', {
      ...common,
      queue: 'start',
      folder: 'start-action',
      memoryMegabytes: 512,
      batchSize: 1,
      maxConcurrency: 2,
      reentered: true,
      impact: 'Uploaded files are not imported and processes are not started; Anaplan shows old data.',
    });
    const poll = new Stage(this, 'PollTask', {
      ...common,
      queue: 'poll',
      folder: 'poll-task',
      memoryMegabytes: 512,
      batchSize: 10,
      maxConcurrency: 2,
      reentered: true,
      impact:
        'Tasks that run in Anaplan are not watched. After an idle hour a model forgets its tasks, and their outcome is unknown.',
    });
    const collect = new Stage(this, 'CollectResult', {
      ...common,
      queue: 'collect',
      folder: 'collect-result',
      memoryMegabytes: 1024,
      batchSize: 1,
      maxConcurrency: 2,
      reentered: true,
      impact:
        'Results and rejected rows are not fetched, later steps do not start, and other runs of the same models wait.',
    });

    // The nets under the stages: one for messages that keep failing, one for runs whose message is gone.
    const burier = new PlandropFunction(this, 'BuryMessage', {
      ...code,
      folder: 'bury-message',
      when: 'for each message of the poison queue',
      memoryMegabytes: 512,
      // Lambda counts from message to message: a buried one brings the count of its whole run, and of the runs before it in the
      // lane, each of which woke the next. So in a bad night the fifth or sixth run would stop the burier, and what it was given
      // would lie here unburied. Our guard is in the ledger: a turn is tried again twice, and then its run ends.
      reentered: true,
    }).consumes(poison.queue, { batchSize: 10, maxConcurrency: 2 });
    const watch = new WatchRuns(this, 'WatchRuns', { ...code, alerts });

    // Each sends the run on, back to its own queue, or, when a run ends, wakes the next run of the lane at its first stage.
    drops.sendsTo(drops, upload, start, failures);
    schedules.sendsTo(schedules, upload, start, failures);
    upload.sendsTo(upload, start, failures);
    start.sendsTo(start, poll, upload, failures);
    poll.sendsTo(poll, collect, upload, start, failures);
    // A run succeeds here, and its followers are started.
    collect.sendsTo(collect, schedules, upload, start, failures);
    // A net sends the message of whatever turn a run stands at. The burier also does what receive-drop does, which asks again later.
    burier.sendsTo(drops, schedules, upload, start, poll, collect, failures);
    watch.sendsTo(schedules, upload, start, poll, collect, failures);

    for (const each of [drops, schedules, upload, start, poll, collect, burier, watch])
      each.keepsRuns(state.bucket, alerts);
    for (const each of [drops, burier, watch]) each.keepsSets(state.bucket);
    for (const each of [schedules, burier]) each.keepsExpectations(state.bucket);
    schedules.readsSets(state.bucket);
    for (const each of [collect, burier, watch])
      each.keepsDrops(source.bucket, keepsOf(configuration)).endsMended(state.bucket);
    for (const each of [upload, collect]) each.readsMended(state.bucket);
    // To ask for a version's date and size S3 wants the right to read it, so receive-drop has it too, and the burier with it.
    // The rows to mend are cut out of the drop itself, so collect-result reads it too.
    for (const each of [drops, upload, collect, burier]) each.readsDrops(source.bucket);
    watch.keepsInstallation(state.bucket);
    collect.keepsFiles(state.bucket).keepsExports(state.bucket, exportFolders(configuration));

    const callers = [upload, start, poll, collect];
    const share = requestShare(configuration, callers);
    for (const stage of callers)
      stage.callsAnaplan(secret, state.bucket).function.addEnvironment('PLANDROP_REQUESTS_PER_MINUTE', share);

    new CfnOutput(this, 'DropFilesHere', { value: source.bucket.bucketName });
    new CfnOutput(this, 'StateIsKeptHere', { value: state.bucket.bucketName });
    new CfnOutput(this, 'FillInThisSecret', { value: secret.secretArn });
    new CfnOutput(this, 'SubscribeToThisTopic', { value: alerts.topic.topicArn });
  }
}

/** The sample pipelines name a simulator on this machine; a function would find nobody there. */
function warnOfLoopback(stack: Stack, { anaplan }: Configuration): void {
  const addresses = new Set([anaplan.apiUrl, anaplan.authUrl, anaplan.oauthUrl]);
  const loopback = [...addresses].filter((url) => url.startsWith('http:'));
  if (loopback.length === 0) return;
  const text = `${loopback.join(', ')} is this machine, which a function on AWS cannot reach; name Anaplan before you deploy`;
  Annotations.of(stack).addWarningV2('plandrop:loopback', text);
}

/** Holds the sign-in under the names of the environment variables; the person who deploys fills it in. */
function anaplanCredentials(scope: Construct): Secret {
  const secret = new Secret(scope, 'AnaplanCredentials', {
    description:
      'Sign-in to Anaplan: ANAPLAN_USERNAME and ANAPLAN_PASSWORD, or ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY',
    // Valid JSON without any credential, so that a function says which are missing.
    generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'REPLACE_THIS' },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason: 'Anaplan has no interface to change a password or certificate; a person rotates it there and here.',
  });
  return secret;
}

/** Each container takes a fixed share of the tenant's budget, so that all of them together keep to it. */
function requestShare({ anaplan }: Configuration, callers: readonly Stage[]): string {
  const containers = callers.reduce((sum, { maxConcurrency }) => sum + maxConcurrency, 0);
  return String(Math.max(1, Math.floor(anaplan.requestsPerMinute / containers)));
}

/** A whole CPU for gzip and TLS (1,769 MB), and room for the chunks in flight, plain and compressed. */
function uploadMemory({ pipelines }: Configuration): number {
  const chunks = Object.values(pipelines).map(({ policies }) => policies.chunkBytes * (policies.chunksInFlight + 1));
  return Math.min(10_240, Math.max(1769, 512 + Math.ceil((2 * Math.max(0, ...chunks)) / 2 ** 20)));
}

/** What becomes of the drops that pipelines take. */
function keepsOf({ pipelines }: Configuration): Keep[] {
  const takers = Object.values(pipelines).filter(({ trigger }) => trigger?.kind === 'drop' || trigger?.kind === 'set');
  return takers.map(({ keep }) => keep);
}

/** The folders of the state bucket that the pipelines export to; without a target of its own an export goes to `exports/`. */
function exportFolders({ pipelines }: Configuration): string[] {
  const exports = Object.values(pipelines).flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'export'));
  const folders = exports.map(({ to = 'exports/' }) => to.slice(0, to.indexOf('/')));
  return [...new Set(folders)].sort();
}
