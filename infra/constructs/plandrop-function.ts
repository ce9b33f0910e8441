import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
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
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Keep } from '../../shared/pipeline/frozen-pipeline.ts';
import type { QueueName } from '../../shared/ports/queue.ts';
import { INSTALLATION_KEY } from '../../shared/run/installation.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../shared/run/limits.ts';
import type { AlertsTopic } from './alerts-topic.ts';
import type { FunctionFactory } from './function-code.ts';

export interface PlandropFunctionProps {
  /** The folder under `functions/`. */
  folder: string;
  /** What it is invoked for: the end of its description. */
  when: string;
  memoryMegabytes: number;
  /** Default: what the functions that consume a queue have. */
  timeoutSeconds?: number;
  /** Whether the function is invoked again, more than a few times, by messages that it (or those it wakes) sent. */
  reentered: boolean;
  makeFunction: FunctionFactory;
  environment: Record<string, string>;
}

/** How a function is given the messages of a queue. */
export interface Mapping {
  /** How many messages one invocation is given. */
  batchSize: number;
  /** How many invocations there are at once, at most; SQS mappings allow 2 to 1,000. */
  maxConcurrency: number;
}

/** A queue and the name that the ports know it by. */
export interface NamedQueue {
  name: QueueName;
  queue: Queue;
}

/** A function with its role and its log. It may do nothing at first; each method below is a right, and tells it what the right is to. */
export class PlandropFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: PlandropFunctionProps) {
    super(scope, id);
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
    this.function = props.makeFunction(this, 'Function', props.folder, {
      description: `Plandrop: ${props.folder}, ${props.when}`,
      role,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds ?? FUNCTION_TIMEOUT_SECONDS),
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

  /** Is invoked with the messages of `queue`, and tells which of them it could not handle. */
  consumes(queue: Queue, { batchSize, maxConcurrency }: Mapping): this {
    this.function.addEventSource(
      new SqsEventSource(queue, { batchSize, maxConcurrency, reportBatchItemFailures: true }),
    );
    return this;
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
    const reason = 'The name of a ledger, lane, report or alert is made of run and model ids, which come later.';
    this.#mayWithObjects(['s3:GetObject', 's3:PutObject'], {
      bucket: state,
      keys: ['runs/*', 'lanes/*', 'failures/*', 'alerts/*'],
      reason,
    });
    this.#mayWithObjects(['s3:PutObjectTagging'], {
      bucket: state,
      keys: ['runs/*', 'failures/*', 'alerts/*'],
      reason,
    });
    this.#mayWithObjects(['s3:DeleteObject'], {
      bucket: state,
      keys: ['lanes/*/tickets/*', 'alerts/open/*', 'alerts/unsent/*'],
      reason,
    });
    this.#mayList(state);
    alerts.grantPublish(this.function);
    this.function.addEnvironment('PLANDROP_STATE_BUCKET', state.bucketName);
    this.function.addEnvironment('PLANDROP_ALERTS_TOPIC_ARN', alerts.topic.topicArn);
    return this;
  }

  /** Keeps what has come of sets, and what no pipeline takes. */
  keepsSets(state: Bucket): this {
    const reason = 'The name of a set is made of its pipeline and of what its files have in common, which come later.';
    const keys = ['sets/*', 'unmatched/*'];
    this.#mayWithObjects(['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'], { bucket: state, keys, reason });
    return this;
  }

  /** Notes whether files came when they were expected. */
  keepsExpectations(state: Bucket): this {
    const reason = 'The name of an expectation is made of its pipeline and of its time, which come later.';
    const actions = ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'];
    this.#mayWithObjects(actions, { bucket: state, keys: ['expected/*'], reason });
    return this;
  }

  /** Tells what sets wait for. */
  readsSets(state: Bucket): this {
    const reason = 'The name of a set is made of its pipeline and of what its files have in common, which come later.';
    this.#mayWithObjects(['s3:GetObject'], { bucket: state, keys: ['sets/*'], reason });
    return this;
  }

  /**
   * Keeps dumps, in parts and over several messages, and what a person mends. What makes no part yet lies under `parts/` meanwhile, pinned
   * by its version. A dump is read again to be summarised.
   */
  keepsFiles(state: Bucket): this {
    const reason = 'The name of a dump is made of run and object ids, which come later.';
    this.#mayWithObjects(['s3:GetObject'], { bucket: state, keys: ['dumps/*'], reason });
    const keys = ['dumps/*', 'repairs/*'];
    const actions = ['s3:PutObject', 's3:PutObjectTagging', 's3:AbortMultipartUpload'];
    this.#mayWithObjects(actions, { bucket: state, keys, reason });
    const aside = ['s3:GetObjectVersion', 's3:PutObject', 's3:PutObjectTagging', 's3:DeleteObject'];
    this.#mayWithObjects(aside, { bucket: state, keys: ['parts/*'], reason });
    return this;
  }

  /**
   * Keeps exports, as {@link keepsFiles} keeps dumps: what makes no part yet lies in the same place. An export is looked at again where the
   * answer to its last part was lost.
   */
  keepsExports(state: Bucket, folders: readonly string[]): this {
    if (folders.length === 0) return this;
    const reason = 'The name of an export is filled in from its date and run, which come later.';
    const keys = folders.map((folder) => `${folder}/*`);
    const multipart = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'];
    this.#mayWithObjects(multipart, { bucket: state, keys, reason });
    return this;
  }

  /** Reads what a person has mended for a redrive, pinned by its version. */
  readsMended(state: Bucket): this {
    const reason = 'The name of a mended file is made of a run id and its own name.';
    this.#mayWithObjects(['s3:GetObject', 's3:GetObjectVersion'], { bucket: state, keys: ['mended/*'], reason });
    return this;
  }

  /** Marks what a person has mended as of no more use. */
  endsMended(state: Bucket): this {
    const actions = ['s3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'];
    const reason = 'The name of a mended file is made of a run id and its own name.';
    this.#mayWithObjects(actions, { bucket: state, keys: ['mended/*'], reason });
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

  /**
   * Does with the drops of a run that succeeded what its pipeline says. A copy and a tag are made of a pinned version, and only that
   * version is removed.
   */
  keepsDrops(source: Bucket, keeps: readonly Keep[]): this {
    const reason = 'Drops have whatever keys their senders give them, and keep them below the archive.';
    const may = (actions: string[], keys: readonly string[]) =>
      this.#mayWithObjects(actions, { bucket: source, keys, reason });
    const kinds = new Set(keeps.map(({ kind }) => kind));
    if (kinds.has('leave')) may(['s3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'], ['*']);
    if (kinds.has('archive')) {
      may(['s3:GetObjectVersion', 's3:GetObjectVersionTagging'], ['*']);
      const archives = new Set(keeps.flatMap((keep) => (keep.kind === 'archive' ? [`${keep.prefix}*`] : [])));
      may(['s3:PutObject', 's3:PutObjectTagging', 's3:AbortMultipartUpload'], [...archives].sort());
    }
    if (kinds.has('archive') || kinds.has('delete')) may(['s3:DeleteObjectVersion'], ['*']);
    if (kinds.size > 0) this.#mayList(source);
    this.function.addEnvironment('PLANDROP_KEEPS_DROPS', 'true');
    return this;
  }

  /** Says in the state bucket where the queues are, for commands that wake runs. */
  keepsInstallation(state: Bucket): this {
    const resources = [state.arnForObjects(INSTALLATION_KEY)];
    this.function.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources }));
    return this;
  }

  /** Signs in to Anaplan, and keeps what it asks there. */
  callsAnaplan(secret: Secret, state: Bucket): this {
    secret.grantRead(this.function);
    const reason = 'The name of a journal of requests is made of run ids, which come later.';
    this.#mayWithObjects(['s3:PutObject'], { bucket: state, keys: ['requests/*'], reason });
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
