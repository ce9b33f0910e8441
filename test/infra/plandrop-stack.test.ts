import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE, type Synthesised, stackOf, synthesise } from './synthesise.ts';

let template: Synthesised;
beforeAll(() => {
  template = synthesise();
});

const arn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const queueOf = (stage: string) => template.the('AWS::SQS::Queue', `${stage}Queue`);
const functionOf = (stage: string) => template.the('AWS::Lambda::Function', `${stage}Function`);
const topic = () => template.the('AWS::SNS::Topic');

/** Every stage: its construct, queue, folder, whether it calls itself again, batch, concurrency, memory. */
const STAGES = [
  ['ReceiveDrop', 'drops', 'receive-drop', 'Terminate', 10, 4, 512],
  ['ReceiveSchedule', 'schedules', 'receive-schedule', 'Allow', 10, 2, 512],
  ['UploadFile', 'upload', 'upload-file', 'Allow', 1, 4, 1769],
  ['StartAction', 'start', 'start-action', 'Allow', 1, 2, 512],
  ['PollTask', 'poll', 'poll-task', 'Allow', 10, 2, 512],
  ['CollectResult', 'collect', 'collect-result', 'Allow', 1, 2, 1024],
] as const;

/** The two that look after what the stages leave behind, each with its timeout, and whether it calls itself again. */
const NETS = [
  ['BuryMessage', 'bury-message', 'for each message of the poison queue', 150, 'Allow'],
  ['WatchRuns', 'watch-runs', 'every five minutes', 300, 'Terminate'],
] as const;

const FUNCTIONS = [...STAGES, ...NETS].map(([name]) => name);

describe('the buckets', () => {
  it.each(['Source', 'State'])(
    '%s is versioned, encrypted, closed to the public, and stays when the stack goes',
    (name) => {
      const bucket = template.the('AWS::S3::Bucket', `${name}Bucket`);
      expect(bucket.Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
      expect(bucket.DeletionPolicy).toBe('Retain');
    },
  );

  it.each(['Source', 'State'])('%s refuses what does not come over TLS 1.2', (name) => {
    const { logicalId } = template.the('AWS::S3::Bucket', `${name}Bucket`);
    const policy = template.the('AWS::S3::BucketPolicy', `${name}Bucket`);
    expect(policy.Properties.Bucket).toEqual({ Ref: logicalId });
    const denials = policy.Properties.PolicyDocument.Statement;
    expect(denials).toHaveLength(2);
    for (const denial of denials)
      expect(denial).toMatchObject({ Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' } });
    expect(denials.map(({ Condition }: { Condition: object }) => Condition)).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]);
  });

  it.each(['folder', 'date', '{ marker: "in/*/_READY" }'])(
    'the source bucket tells of the files and markers of sets too, here by %s, since it tells of everything',
    (set) => {
      const made = synthesise(`pipelines:
  all:
    workspace: Finance
    model: FY26 Plan
    on: { set: ${set} }
    steps: [{ process: Load All, files: { Products: "in/*/p*.csv", Sales: "in/*/s*.csv" } }]
`);
      const { Properties } = made.the('AWS::S3::Bucket', 'SourceBucket');
      // A filter would have to follow every pattern, and what no pipeline takes would be lost unseen.
      expect(Properties.NotificationConfiguration.QueueConfigurations).toEqual([
        { Event: 's3:ObjectCreated:*', Queue: expect.anything() },
      ]);
    },
  );

  it('the source bucket tells the drops queue of every created object, once the queue lets it', () => {
    const bucket = template.the('AWS::S3::Bucket', 'SourceBucket');
    const policy = template.the('AWS::SQS::QueuePolicy', 'ReceiveDropQueue');
    expect(bucket.Properties.NotificationConfiguration).toEqual({
      QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: arn(queueOf('ReceiveDrop').logicalId) }],
    });
    expect(bucket.DependsOn).toEqual([policy.logicalId]);
    expect(policy.Properties.PolicyDocument.Statement).toContainEqual({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 's3.amazonaws.com' },
      Resource: arn(queueOf('ReceiveDrop').logicalId),
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  it('the state bucket tells nobody, so nothing that Plandrop writes starts a pipeline', () => {
    expect(template.the('AWS::S3::Bucket', 'StateBucket').Properties).not.toHaveProperty('NotificationConfiguration');
  });

  it('in the state bucket only what is tagged as ended expires, and requests as the logs do', () => {
    const { Rules } = template.the('AWS::S3::Bucket', 'StateBucket').Properties.LifecycleConfiguration;
    const expiring = Rules.filter((rule: object) => 'ExpirationInDays' in rule || 'ExpirationDate' in rule);
    expect(expiring).toEqual([
      { Id: 'ended', Status: 'Enabled', ExpirationInDays: 400, TagFilters: [{ Key: 'ended', Value: 'true' }] },
      { Id: 'requests', Status: 'Enabled', ExpirationInDays: 90, Prefix: 'requests/' },
    ]);
    expect(Rules).toContainEqual({ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } });
    expect(Rules).toContainEqual({
      Id: 'superseded',
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      ExpiredObjectDeleteMarker: true,
    });
    expect(Rules).toHaveLength(4);
  });

  it('the configuration says how long that is, and nothing overwritten outlives it', () => {
    const { Rules } = synthesise(`keepDays: 30\n${SAMPLE}`).the('AWS::S3::Bucket', 'StateBucket').Properties
      .LifecycleConfiguration;
    expect(Rules).toContainEqual(expect.objectContaining({ Id: 'ended', ExpirationInDays: 30 }));
    expect(Rules).toContainEqual(
      expect.objectContaining({ Id: 'superseded', NoncurrentVersionExpiration: { NoncurrentDays: 30 } }),
    );
  });

  it('in the source bucket no drop expires', () => {
    const { Rules } = template.the('AWS::S3::Bucket', 'SourceBucket').Properties.LifecycleConfiguration;
    expect(Rules).toEqual([{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }]);
  });
});

describe('the queues', () => {
  it('are one per stage, one for poison and one feed of failures', () => {
    expect(template.all('AWS::SQS::Queue')).toHaveLength(STAGES.length + 2);
  });

  it.each(STAGES)('%s has a queue that waits six timeouts and gives up after five deliveries', (stage) => {
    expect(queueOf(stage).Properties).toEqual({
      VisibilityTimeout: 900,
      MessageRetentionPeriod: 864_000,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: arn(template.the('AWS::SQS::Queue', 'Poison').logicalId),
        maxReceiveCount: 5,
      },
    });
    expect(queueOf(stage).Properties.VisibilityTimeout).toBeGreaterThanOrEqual(
      6 * functionOf(stage).Properties.Timeout,
    );
  });

  it('the poison queue waits six timeouts of its function, keeps for 14 days, and gives up nothing to another queue', () => {
    expect(template.the('AWS::SQS::Queue', 'Poison').Properties).toEqual({
      VisibilityTimeout: 900,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
    expect(functionOf('BuryMessage').Properties.Timeout * 6).toBeLessThanOrEqual(900);
  });

  it('the feed of failures keeps for 14 days, the longest there is', () => {
    expect(template.the('AWS::SQS::Queue', 'Failures').Properties).toEqual({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });

  it('refuse what does not come over TLS', () => {
    const closed = template
      .all('AWS::SQS::QueuePolicy')
      .flatMap(({ Properties }) =>
        Properties.PolicyDocument.Statement.some(
          (each: { Effect: string; Condition?: object }) =>
            each.Effect === 'Deny' && JSON.stringify(each.Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        )
          ? Properties.Queues.map(({ Ref }: { Ref: string }) => Ref)
          : [],
      );
    expect(closed.sort()).toEqual(
      template
        .all('AWS::SQS::Queue')
        .map(({ logicalId }) => logicalId)
        .sort(),
    );
  });
});

describe('the functions', () => {
  it('are those that have a door in functions/, and no helper of CDK is among them', () => {
    const doors = readdirSync(join(import.meta.dirname, '../../functions'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('/index.ts'))
      .map((path) => `// ${path.slice(0, -'/index.ts'.length)}`);
    const made = template.all('AWS::Lambda::Function').map(({ Properties }) => Properties.Code.ZipFile);
    expect(made.toSorted()).toEqual(doors.toSorted());
    expect(made).toHaveLength(FUNCTIONS.length);
  });

  it.each(FUNCTIONS)('%s runs on Node 24 on arm64, is traced, and logs JSON for 90 days', (name) => {
    expect(functionOf(name).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'INFO',
        LogGroup: { Ref: template.the('AWS::Logs::LogGroup', `${name}Logs`).logicalId },
      },
      Role: arn(template.the('AWS::IAM::Role', `${name}Role`).logicalId),
    });
    expect(template.the('AWS::Logs::LogGroup', `${name}Logs`).Properties.RetentionInDays).toBe(90);
  });

  it.each(STAGES)(
    '%s takes the %s queue with functions/%s; a recursive loop: %s',
    (stage, queue, folder, loop, batch, most, memory) => {
      const made = functionOf(stage);
      expect(made.Properties).toMatchObject({
        Timeout: 150,
        MemorySize: memory,
        RecursiveLoop: loop,
        Description: `Plandrop: ${folder}, for each message of the ${queue} queue`,
      });
      expect(template.the('AWS::Lambda::EventSourceMapping', `${stage}Function`).Properties).toEqual({
        EventSourceArn: arn(queueOf(stage).logicalId),
        FunctionName: { Ref: made.logicalId },
        BatchSize: batch,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: most },
      });
    },
  );

  it.each(NETS)('%s is functions/%s, %s, for %d seconds at most; a recursive loop: %s', (net, ...told) => {
    const [folder, when, timeout, loop] = told;
    expect(functionOf(net).Properties).toMatchObject({
      Timeout: timeout,
      MemorySize: 512,
      RecursiveLoop: loop,
      Description: `Plandrop: ${folder}, ${when}`,
    });
  });

  it('BuryMessage takes the poison queue, two batches at a time', () => {
    expect(template.the('AWS::Lambda::EventSourceMapping', 'BuryMessageFunction').Properties).toEqual({
      EventSourceArn: arn(template.the('AWS::SQS::Queue', 'Poison').logicalId),
      FunctionName: { Ref: functionOf('BuryMessage').logicalId },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  it('a queue has one consumer, and the feed of failures none', () => {
    const consumed = template
      .all('AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0]);
    const queues = template.all('AWS::SQS::Queue').map(({ logicalId }) => logicalId);
    expect(consumed.toSorted()).toEqual(queues.filter((id) => !id.startsWith('Failures')).toSorted());
  });

  it.each([
    ['ReceiveDrop', ['drops', 'upload', 'start', 'failures']],
    ['ReceiveSchedule', ['schedules', 'upload', 'start', 'failures']],
    ['UploadFile', ['upload', 'start', 'failures']],
    ['StartAction', ['start', 'poll', 'upload', 'failures']],
    ['PollTask', ['poll', 'collect', 'upload', 'start', 'failures']],
    ['CollectResult', ['collect', 'schedules', 'upload', 'start', 'failures']],
    ['BuryMessage', ['drops', 'schedules', 'upload', 'start', 'poll', 'collect', 'failures']],
    ['WatchRuns', ['schedules', 'upload', 'start', 'poll', 'collect', 'failures']],
  ])('%s knows the addresses of the queues it sends to, and no others: %s', (stage, queues) => {
    const variables: Record<string, { Ref: string }> = functionOf(stage).Properties.Environment.Variables;
    const known = Object.entries(variables).filter(([name]) => name.startsWith('PLANDROP_QUEUE_'));
    const logicalId = (queue: string) =>
      queue === 'failures'
        ? template.the('AWS::SQS::Queue', 'Failures').logicalId
        : queueOf(STAGES.find(([, each]) => each === queue)?.[0] ?? '').logicalId;
    expect(Object.fromEntries(known)).toEqual(
      Object.fromEntries(
        queues.map((queue) => [`PLANDROP_QUEUE_${queue.toUpperCase()}_URL`, { Ref: logicalId(queue) }]),
      ),
    );
  });

  it.each(FUNCTIONS)('%s is told where its state, alerts and configuration are', (name) => {
    expect(functionOf(name).Properties.Environment.Variables).toMatchObject({
      PLANDROP_STATE_BUCKET: { Ref: template.the('AWS::S3::Bucket', 'StateBucket').logicalId },
      PLANDROP_ALERTS_TOPIC_ARN: { Ref: topic().logicalId },
      PLANDROP_SETTLE_SECONDS: '10',
      PLANDROP_CONFIG: '/var/task/plandrop.yaml',
      PLANDROP_LOCK: '/var/task/plandrop.lock.json',
    });
  });

  it('share the budget of requests, and only those that call Anaplan know the secret', () => {
    const secret = { Ref: template.the('AWS::SecretsManager::Secret').logicalId };
    const callers = STAGES.filter(([stage]) => !stage.startsWith('Receive'));
    for (const [stage] of callers) {
      expect(functionOf(stage).Properties.Environment.Variables).toMatchObject({
        PLANDROP_SECRET_ARN: secret,
        PLANDROP_REQUESTS_PER_MINUTE: '50',
      });
    }
    const containers = callers.reduce((sum, [, , , , , most]) => sum + most, 0);
    expect(containers * 50).toBeLessThanOrEqual(500);
    for (const name of ['ReceiveDrop', 'ReceiveSchedule', 'BuryMessage', 'WatchRuns']) {
      expect(functionOf(name).Properties.Environment.Variables).not.toHaveProperty('PLANDROP_SECRET_ARN');
    }
  });

  it('have memory for the largest chunks that a pipeline sends at once', () => {
    const text = SAMPLE.replace(
      '    steps:\n',
      '    chunkMegabytes: 50\n    upload: { chunksInFlight: 16 }\n    steps:\n',
    );
    expect(synthesise(text).the('AWS::Lambda::Function', 'UploadFile').Properties.MemorySize).toBe(2134);
  });
});

describe('the schedules', () => {
  const scheduleOf = (pipeline: string) => template.the('AWS::Scheduler::Schedule', `SchedulesPipeline${pipeline}`);

  it.each([
    ['nightly', 'cron(0 6 ? * MON-FRI *)', 'Europe/London'],
    ['weekly', 'cron(0 6 ? * SUN *)', 'UTC'],
  ])('%s sends its pipeline and scheduled time at %s, %s', (pipeline, expression, timezone) => {
    const role = template.the('AWS::IAM::Role', 'SchedulerRole');
    expect(scheduleOf(pipeline).Properties).toMatchObject({
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: arn(queueOf('ReceiveSchedule').logicalId),
        Input: JSON.stringify({ pipeline, scheduledAt: '<aws.scheduler.scheduled-time>' }),
        RoleArn: arn(role.logicalId),
        DeadLetterConfig: { Arn: arn(template.the('AWS::SQS::Queue', 'Poison').logicalId) },
      },
    });
  });

  it('look by the clocks of their pipeline whether a file has come that is expected', () => {
    const expecting = SAMPLE.replace(
      'on: { drop: "sales/*.csv" }',
      'on: { drop: "sales/*.csv" }\n    expectBy: { at: "06:30", timezone: Europe/London, days: MON-FRI }',
    );
    const { Properties } = synthesise(expecting).the('AWS::Scheduler::Schedule', 'SchedulesExpectsales');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'cron(30 6 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'Europe/London',
      Target: {
        Input: JSON.stringify({ pipeline: 'sales', expect: true, scheduledAt: '<aws.scheduler.scheduled-time>' }),
      },
    });
  });

  const NOW = Date.parse('2026-03-01T12:00:00Z');
  const scheduled = (schedule: string) =>
    SAMPLE.replace('"cron(0 6 ? * SUN *)"', `"${schedule}", timezone: Asia/Tokyo`);

  it.each(['rate(6 hours)', 'at(2026-12-31T18:00:00)', 'cron(0 6 L * ? 2026-2028)'])('may be %s', (expression) => {
    const weekly = synthesise(scheduled(expression), NOW).the('AWS::Scheduler::Schedule', 'SchedulesPipelineweekly');
    expect(weekly.Properties).toMatchObject({
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: 'Asia/Tokyo',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
    // Without a start a rate begins at once; with one in the past EventBridge Scheduler refuses it.
    expect(weekly.Properties).not.toHaveProperty('StartDate');
  });

  it.each(['at(2026-03-01T20:59:00)', 'cron(0 6 * * ? 2025)'])(
    'leave %s out when it is over, and say so',
    (expression) => {
      const { stack } = stackOf(scheduled(expression), NOW);
      expect(Object.keys(Template.fromStack(stack).findResources('AWS::Scheduler::Schedule'))).toHaveLength(1 + 1);
      const said = `Pipeline "weekly" is not scheduled: ${expression} in Asia/Tokyo fires no more. Change it, or take it out [ack: plandrop:over:weekly]`;
      expect(Annotations.fromStack(stack).findWarning('*', Match.exact(said))).toHaveLength(1);
    },
  );

  it('are as many as there are scheduled pipelines, beside the timer of the watch', () => {
    expect(template.all('AWS::Scheduler::Schedule')).toHaveLength(2 + 1);
    const none = synthesise(SAMPLE.slice(0, SAMPLE.indexOf('  nightly')));
    expect(none.all('AWS::Scheduler::Schedule')).toHaveLength(1);
    expect(none.all('AWS::Scheduler::ScheduleGroup')).toHaveLength(0);
  });

  it('the watch looks every five minutes, and a look that failed is left to the next', () => {
    const watch = functionOf('WatchRuns');
    expect(template.the('AWS::Scheduler::Schedule', 'WatchRuns').Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: arn(watch.logicalId),
        RoleArn: arn(template.the('AWS::IAM::Role', 'WatchRunsTimerRole').logicalId),
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 },
      },
    });
    expect(template.the('AWS::Lambda::EventInvokeConfig').Properties).toEqual({
      FunctionName: { Ref: watch.logicalId },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 300,
    });
    expect(watch.Properties.Timeout).toBeLessThanOrEqual(300);
  });
});

describe('alerts and alarms', () => {
  const alarmOf = (name: string) => {
    const found = template
      .all('AWS::CloudWatch::Alarm')
      .find(({ Properties }) => Properties.AlarmName === `Plandrop-${name}`);
    if (found === undefined) throw new Error(`no alarm is called ${name}`);
    return found.Properties;
  };

  it('the topic takes alerts over TLS only, and alarms of this account', () => {
    const statements = template.the('AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement;
    expect(statements).toHaveLength(2);
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sns:Publish',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: { Ref: topic().logicalId },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
  });

  it('the person named gets an e-mail', () => {
    expect(template.the('AWS::SNS::Subscription').Properties).toEqual({
      Protocol: 'email',
      Endpoint: 'on-call@example.com',
      TopicArn: { Ref: topic().logicalId },
    });
  });

  it('a failure raises an alarm by arriving, because the feed is never emptied', () => {
    expect(alarmOf('failures-arrived')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'NumberOfMessagesSent',
      Dimensions: [
        {
          Name: 'QueueName',
          Value: { 'Fn::GetAtt': [template.the('AWS::SQS::Queue', 'Failures').logicalId, 'QueueName'] },
        },
      ],
      Statistic: 'Sum',
      Period: 60,
      // SQS may tell of the first failure after a quiet time a quarter of an hour late.
      EvaluationPeriods: 20,
      DatapointsToAlarm: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  const poison = () => [
    {
      Name: 'QueueName',
      Value: { 'Fn::GetAtt': [template.the('AWS::SQS::Queue', 'Poison').logicalId, 'QueueName'] },
    },
  ];

  it('a poisoned message raises an alarm by being received, because it is buried before it is seen waiting', () => {
    expect(alarmOf('poison-arrived')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'NumberOfMessagesReceived',
      Dimensions: poison(),
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('a message that cannot be buried raises an alarm after an hour, whether it waits or is in flight', () => {
    const alarm = alarmOf('poison-stuck');
    expect(alarm).toMatchObject({
      EvaluationPeriods: 12,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    expect(alarm.Metrics).toEqual([
      expect.objectContaining({ Expression: 'waiting + inFlight', ReturnData: true }),
      ...['Visible', 'NotVisible'].map((which, index) => ({
        Id: ['waiting', 'inFlight'][index],
        MetricStat: {
          Metric: {
            Namespace: 'AWS/SQS',
            MetricName: `ApproximateNumberOfMessages${which}`,
            Dimensions: poison(),
          },
          Stat: 'Maximum',
          Period: 300,
        },
        ReturnData: false,
      })),
    ]);
    const timeout = template.the('AWS::SQS::Queue', 'Poison').Properties.VisibilityTimeout;
    expect(alarm.EvaluationPeriods * 300).toBeGreaterThanOrEqual(4 * timeout);
  });

  it('a watch that has not succeeded for 15 minutes raises an alarm, and so does one that says nothing at all', () => {
    const alarm = alarmOf('watch-silent');
    expect(alarm).toMatchObject({
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(alarm.Metrics).toEqual([
      expect.objectContaining({ Expression: 'invocations - errors', ReturnData: true }),
      ...['Invocations', 'Errors'].map((MetricName) => ({
        Id: MetricName.toLowerCase(),
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName,
            Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionOf('WatchRuns').logicalId } }],
          },
          Stat: 'Sum',
          Period: 300,
        },
        ReturnData: false,
      })),
    ]);
  });

  it.each(STAGES)('%s raises an alarm when the oldest message of %s has waited for an hour', (stage, queue) => {
    expect(alarmOf(`${queue}-stuck`)).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queueOf(stage).logicalId, 'QueueName'] } }],
      Statistic: 'Maximum',
      Threshold: 3600,
    });
  });

  it('every alarm goes to the topic, says what people lose, and but for the watch does not take silence for trouble', () => {
    const alarms = template.all('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(STAGES.length + 4);
    for (const { Properties } of alarms) {
      expect(Properties).toMatchObject({
        AlarmActions: [{ Ref: topic().logicalId }],
        OKActions: [{ Ref: topic().logicalId }],
        TreatMissingData: Properties.AlarmName === 'Plandrop-watch-silent' ? 'breaching' : 'notBreaching',
      });
      expect(Properties.AlarmDescription).toMatch(/Anaplan|run|files|pipelines/);
      expect(Properties.AlarmDescription.length).toBeGreaterThan(80);
    }
  });
});

it('the secret holds no credential until a person fills it in, and outlives the stack', () => {
  const secret = template.the('AWS::SecretsManager::Secret');
  expect(secret.Properties.GenerateSecretString).toEqual({
    SecretStringTemplate: '{}',
    GenerateStringKey: 'REPLACE_THIS',
  });
  expect(secret.DeletionPolicy).toBe('Retain');
});

it('there is nothing else in the stack', () => {
  const types = new Set(Object.values(template.resources).map(({ Type }) => Type));
  expect([...types].sort()).toEqual([
    'AWS::CloudWatch::Alarm',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Lambda::Function',
    'AWS::Logs::LogGroup',
    'AWS::S3::Bucket',
    'AWS::S3::BucketPolicy',
    'AWS::SNS::Subscription',
    'AWS::SNS::Topic',
    'AWS::SNS::TopicPolicy',
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
    'AWS::Scheduler::Schedule',
    'AWS::Scheduler::ScheduleGroup',
    'AWS::SecretsManager::Secret',
  ]);
});

it('an address of this machine is warned of, because a function cannot reach it', () => {
  const { stack } = stackOf(SAMPLE.replace('requestsPerMinute', 'apiUrl: "http://127.0.0.1:7080", requestsPerMinute'));
  Annotations.fromStack(stack).hasWarning('/Plandrop', Match.stringLikeRegexp('http://127.0.0.1:7080 is this machine'));
  Annotations.fromStack(stackOf().stack).hasNoWarning('*', Match.anyValue());
});

it('cdk-nag finds nothing that is not acknowledged with a reason', () => {
  const { app } = stackOf();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});
