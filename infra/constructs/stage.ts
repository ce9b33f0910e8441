import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { QueueName } from '../../shared/ports/queue.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../shared/run/take-turn.ts';
import { type AlertsTopic, alarmName } from './alerts-topic.ts';
import type { FunctionFactory } from './function-code.ts';
import type { PoisonQueue } from './poison-queue.ts';

export interface StageProps {
  /** The queue of this stage, as the ports name it. */
  queue: QueueName;
  /** The folder under `functions/`. */
  folder: string;
  memoryMegabytes: number;
  /** How many messages one invocation is given. */
  batchSize: number;
  /** How many invocations there are at once, at most; SQS mappings allow 2 to 1,000. */
  maxConcurrency: number;
  /** Whether the function is invoked again by messages that it (or those it wakes) sent. */
  reentered: boolean;
  /** What people lose while this stage stands still: the end of its alarm's text. */
  impact: string;
  poison: PoisonQueue;
  alerts: AlertsTopic;
  makeFunction: FunctionFactory;
  environment: Record<string, string>;
}

/** AWS recommends six times the function's timeout. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_TIMEOUTS = 6;
/** AWS recommends at least five, so that throttles alone do not bury a message. Same page. */
const MAX_RECEIVE_COUNT = 5;
/** Long enough for an outage over the holidays; shorter than the poison queue's, which counts from the first send. */
const RETENTION = Duration.days(10);

/** One stage of the flow: its queue, its function, the mapping between them, and the alarm that says the stage stands still. */
export class Stage extends Construct {
  readonly name: QueueName;
  readonly queue: Queue;
  readonly function: LambdaFunction;
  readonly maxConcurrency: number;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    this.name = props.queue;
    this.maxConcurrency = props.maxConcurrency;
    this.queue = new Queue(this, 'Queue', {
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUTS * FUNCTION_TIMEOUT_SECONDS),
      retentionPeriod: RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: props.poison.queue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.function = this.#makeFunction(props);
    this.function.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: props.batchSize,
        maxConcurrency: props.maxConcurrency,
        reportBatchItemFailures: true,
      }),
    );
    this.#alarm(props);
  }

  #makeFunction(props: StageProps): LambdaFunction {
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // A role of our own: CDK's would come with an AWS managed policy.
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.folder} may do`,
    });
    logGroup.grantWrite(role);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'xray:PutTraceSegments and xray:PutTelemetryRecords cannot be limited to a resource; nothing else has "*".',
    });
    return props.makeFunction(this, 'Function', props.folder, {
      description: `Plandrop: ${props.folder}, for each message of the ${props.queue} queue`,
      role,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      tracing: Tracing.ACTIVE,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      // Lambda stops a chain of about 16 invocations that cause each other. Polling is such a chain, and a wanted one; our own
      // guard is the turn number and the deadline of the run. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      recursiveLoop: props.reentered ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: props.folder,
        ...props.environment,
      },
    });
  }

  #alarm(props: StageProps): void {
    const alarm = new Alarm(this, 'Stuck', {
      alarmName: alarmName(this, `${props.queue}-stuck`),
      alarmDescription: `The oldest message of the ${props.queue} queue has waited for an hour. ${props.impact}`,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5), statistic: Stats.MAXIMUM }),
      // A delay is at most 15 minutes and a failed delivery comes back after 15: an hour is neither.
      threshold: 3600,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    props.alerts.hears(alarm);
  }

  /** May send to these queues, and is told their addresses. */
  sendsTo(...queues: readonly NamedQueue[]): this {
    for (const { name, queue } of queues) {
      queue.grantSendMessages(this.function);
      this.function.addEnvironment(`PLANDROP_QUEUE_${name.toUpperCase()}_URL`, queue.queueUrl);
    }
    return this;
  }

  /** Keeps the ledger, moves lanes, and writes failure reports and alerts: whoever handles a message of a run may have to end it. */
  keepsRuns(state: Bucket, alerts: AlertsTopic): this {
    const reason = 'The name of a ledger, lane or report is made of run and model ids, which come later.';
    this.#mayWithObjects(['s3:GetObject', 's3:PutObject'], {
      bucket: state,
      keys: ['runs/*', 'lanes/*', 'failures/*'],
      reason,
    });
    this.#mayWithObjects(['s3:PutObjectTagging'], { bucket: state, keys: ['runs/*', 'failures/*'], reason });
    this.#mayWithObjects(['s3:DeleteObject'], { bucket: state, keys: ['lanes/*/tickets/*'], reason });
    this.#mayList(state);
    alerts.topic.grantPublish(this.function);
    this.function.addEnvironment('PLANDROP_STATE_BUCKET', state.bucketName);
    this.function.addEnvironment('PLANDROP_ALERTS_TOPIC_ARN', alerts.topic.topicArn);
    return this;
  }

  /** Keeps dumps and exports, which are streams of unknown length. A dump is read again to be summarised. */
  keepsFiles(state: Bucket, exportFolders: readonly string[]): this {
    const reason = 'The name of a dump is made of run and object ids; an export’s is filled in from its date and run.';
    const exports = exportFolders.map((folder) => `${folder}/*`);
    this.#mayWithObjects(['s3:GetObject', 's3:PutObjectTagging'], { bucket: state, keys: ['dumps/*'], reason });
    const keys = ['dumps/*', ...exports];
    this.#mayWithObjects(['s3:PutObject', 's3:AbortMultipartUpload'], { bucket: state, keys, reason });
    return this;
  }

  /** Reads drops, pinned by their version. */
  readsDrops(source: Bucket): this {
    const reason = 'Drops have whatever keys their senders give them.';
    this.#mayWithObjects(['s3:GetObject', 's3:GetObjectVersion'], { bucket: source, keys: ['*'], reason });
    this.#mayList(source);
    this.function.addEnvironment('PLANDROP_SOURCE_BUCKET', source.bucketName);
    return this;
  }

  /** Signs in to Anaplan. */
  callsAnaplan(secret: Secret): this {
    secret.grantRead(this.function);
    this.function.addEnvironment('PLANDROP_SECRET_ARN', secret.secretArn);
    return this;
  }

  #mayWithObjects(
    actions: string[],
    { bucket, keys, reason }: { bucket: Bucket; keys: readonly string[]; reason: string },
  ): void {
    this.function.addToRolePolicy(
      new PolicyStatement({ actions, resources: keys.map((key) => bucket.arnForObjects(key)) }),
    );
    const logicalId = Stack.of(this).getLogicalId(bucket.node.defaultChild as CfnBucket);
    for (const key of keys) {
      Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${key}]`, reason });
    }
  }

  /**
   * Without this S3 answers 403 instead of 404 for what is not there, and a first write would look like a denied one. It cannot
   * be narrowed by prefix: a GET carries none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  #mayList(bucket: Bucket): void {
    this.function.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  }
}

/** A queue and the name that the ports know it by. */
export interface NamedQueue {
  name: QueueName;
  queue: Queue;
}
