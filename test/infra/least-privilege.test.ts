import { beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE, type Synthesised, synthesise } from './synthesise.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

let template: Synthesised;
beforeAll(() => {
  template = synthesise();
});

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** A resource as a person writes it: `StateBucket/runs/*`, `UploadFileQueue`, `*`. */
function readable(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as Record<string, string | [string, unknown]>;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(readable).join('');
  const logicalId = typeof Ref === 'string' ? Ref : String(attribute?.[0]);
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** Every right of a role, one `action on resource` each. */
function rightsOf(role: string, of: Synthesised = template): string[] {
  return of
    .all('AWS::IAM::Policy')
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref.startsWith(role)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
    .flatMap((statement) =>
      listOf(statement.Action).flatMap((action) =>
        listOf(statement.Resource).map((resource) => `${action} on ${readable(resource)}`),
      ),
    )
    .sort();
}

const receives = (owner: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
    (action) => `sqs:${action} on ${owner}Queue`,
  );
const sends = (...queues: string[]) =>
  queues.flatMap((queue) =>
    ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'].map((action) => `sqs:${action} on ${queue}Queue`),
  );
const logs = (stage: string) => [`logs:CreateLogStream on ${stage}Logs`, `logs:PutLogEvents on ${stage}Logs`];
const TRACES = ['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *'];
const RUNS = [
  's3:DeleteObject on StateBucket/alerts/open/*',
  's3:DeleteObject on StateBucket/alerts/unsent/*',
  's3:DeleteObject on StateBucket/lanes/*/tickets/*',
  ...['alerts', 'failures', 'lanes', 'runs'].flatMap((folder) => [
    `s3:GetObject on StateBucket/${folder}/*`,
    `s3:PutObject on StateBucket/${folder}/*`,
  ]),
  's3:ListBucket on StateBucket',
  's3:PutObjectTagging on StateBucket/alerts/*',
  's3:PutObjectTagging on StateBucket/failures/*',
  's3:PutObjectTagging on StateBucket/runs/*',
  'sns:Publish on AlertsTopic',
];
const SETS = ['sets', 'unmatched'].flatMap((folder) =>
  ['GetObject', 'PutObject', 'PutObjectTagging'].map((action) => `s3:${action} on StateBucket/${folder}/*`),
);
const INSTALLATION = ['GetObject', 'PutObject'].map((action) => `s3:${action} on StateBucket/installation.json`);
const EXPECTATIONS = [
  ...['GetObject', 'PutObject', 'PutObjectTagging'].map((action) => `s3:${action} on StateBucket/expected/*`),
  's3:GetObject on StateBucket/sets/*',
];
const DROPS = [
  's3:GetObject on SourceBucket/*',
  's3:GetObjectVersion on SourceBucket/*',
  's3:ListBucket on SourceBucket',
];
/** To tag drops that stay where they are. */
const KEEPS = [
  's3:GetObjectVersionTagging on SourceBucket/*',
  's3:ListBucket on SourceBucket',
  's3:PutObjectVersionTagging on SourceBucket/*',
];
/** To mark what a person had mended as of no more use. */
const ENDS_MENDED = ['Get', 'Put'].map((verb) => `s3:${verb}ObjectVersionTagging on StateBucket/mended/*`);
const MENDED = ['s3:GetObject on StateBucket/mended/*', 's3:GetObjectVersion on StateBucket/mended/*'];
const ANAPLAN = [
  'secretsmanager:DescribeSecret on AnaplanCredentials',
  'secretsmanager:GetSecretValue on AnaplanCredentials',
  's3:PutObject on StateBucket/requests/*',
];
const FILES = [
  's3:GetObject on StateBucket/dumps/*',
  's3:PutObjectTagging on StateBucket/dumps/*',
  's3:PutObjectTagging on StateBucket/repairs/*',
  ...['dumps', 'exports', 'out', 'repairs'].flatMap((folder) => [
    `s3:AbortMultipartUpload on StateBucket/${folder}/*`,
    `s3:PutObject on StateBucket/${folder}/*`,
  ]),
  // Exports and dumps that take several messages.
  's3:GetObject on StateBucket/exports/*',
  's3:GetObject on StateBucket/out/*',
  ...['DeleteObject', 'GetObjectVersion', 'PutObject', 'PutObjectTagging'].map(
    (action) => `s3:${action} on StateBucket/parts/*`,
  ),
];

const EVERY_TURN = ['UploadFile', 'StartAction', 'PollTask', 'CollectResult'];

describe('each role has exactly these rights', () => {
  it.each([
    ['ReceiveDrop', [...sends('ReceiveDrop', 'UploadFile', 'StartAction', 'Failures'), ...DROPS, ...SETS]],
    ['ReceiveSchedule', [...sends('ReceiveSchedule', 'UploadFile', 'StartAction', 'Failures'), ...EXPECTATIONS]],
    ['UploadFile', [...sends('UploadFile', 'StartAction', 'Failures'), ...DROPS, ...MENDED, ...ANAPLAN]],
    ['StartAction', [...sends('StartAction', 'PollTask', 'UploadFile', 'Failures'), ...ANAPLAN]],
    ['PollTask', [...sends('PollTask', 'CollectResult', 'UploadFile', 'StartAction', 'Failures'), ...ANAPLAN]],
    [
      'CollectResult',
      [
        ...sends('CollectResult', 'ReceiveSchedule', 'UploadFile', 'StartAction', 'Failures'),
        ...FILES,
        ...DROPS,
        ...MENDED,
        ...KEEPS,
        ...ENDS_MENDED,
        ...ANAPLAN,
      ],
    ],
  ])('%s', (stage, own) => {
    const expected = new Set([...receives(stage), ...logs(stage), ...TRACES, ...RUNS, ...own]);
    expect(rightsOf(`${stage}Role`)).toEqual([...expected].sort());
  });

  it.each([
    [
      'BuryMessage',
      [
        ...receives('Poison'),
        ...sends('ReceiveDrop', 'ReceiveSchedule', ...EVERY_TURN, 'Failures'),
        ...DROPS,
        ...SETS,
        ...EXPECTATIONS,
        ...KEEPS,
        ...ENDS_MENDED,
      ],
    ],
    [
      'WatchRuns',
      [...sends('ReceiveSchedule', ...EVERY_TURN, 'Failures'), ...SETS, ...KEEPS, ...ENDS_MENDED, ...INSTALLATION],
    ],
  ])('%s, which looks after runs and never calls Anaplan', (net, own) => {
    const expected = new Set([...logs(net), ...TRACES, ...RUNS, ...own]);
    expect(rightsOf(`${net}Role`)).toEqual([...expected].sort());
  });

  it('the timer of the watch', () => {
    expect(rightsOf('WatchRunsTimerRole')).toEqual(['lambda:InvokeFunction on WatchRunsFunction']);
  });

  it('the scheduler', () => {
    expect(rightsOf('SchedulerRole')).toEqual([
      'sqs:SendMessage on PoisonQueue',
      'sqs:SendMessage on ReceiveScheduleQueue',
    ]);
  });
});

it('who exports nothing has no right to keep exports', () => {
  const one = SAMPLE.slice(0, SAMPLE.indexOf('      - export'));
  const folders = rightsOf('CollectResultRole', synthesise(one)).filter((right) =>
    / on StateBucket\/(exports|out)/.test(right),
  );
  expect(folders).toEqual([]);
});

describe('what becomes of drops decides what the three that end runs may do in the source bucket', () => {
  const pipeline = (name: string, keep: string) => `
  ${name}:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "${name}/*.csv" }
    keep: ${keep}
    steps: [{ import: Load Sales }]`;
  const TAGS = ['GetObjectVersionTagging', 'PutObjectVersionTagging'];
  const COPIES = ['AbortMultipartUpload', 'PutObject', 'PutObjectTagging'];

  it.each([
    ['leave', TAGS.map((action) => `s3:${action} on SourceBucket/*`)],
    ['delete', ['s3:DeleteObjectVersion on SourceBucket/*']],
    [
      '{ archive: "done/" }',
      [
        ...['DeleteObjectVersion', 'GetObjectVersion', 'GetObjectVersionTagging'].map(
          (action) => `s3:${action} on SourceBucket/*`,
        ),
        ...COPIES.map((action) => `s3:${action} on SourceBucket/done/*`),
      ],
    ],
  ])('keep: %s', (keep, expected) => {
    template = synthesise(`pipelines:${pipeline('sales', keep)}\n`);
    const inSource = rightsOf('WatchRunsRole').filter((right) => right.includes('SourceBucket'));
    expect(inSource).toEqual([...expected, 's3:ListBucket on SourceBucket'].sort());
    for (const role of ['CollectResultRole', 'BuryMessageRole'])
      expect(rightsOf(role)).toEqual(expect.arrayContaining(inSource));
    for (const role of ['ReceiveDropRole', 'UploadFileRole']) {
      const changes = rightsOf(role).filter((right) => /^s3:(Put|Delete)\w+ on SourceBucket/.test(right));
      expect(changes).toEqual([]);
    }
    template = synthesise();
  });
});

describe('no role has more than it should', () => {
  const everyRight = () => template.all('AWS::IAM::Role').flatMap(({ logicalId }) => rightsOf(logicalId));

  it('no action is a pattern', () => {
    expect(everyRight().filter((right) => right.split(' on ')[0]?.includes('*'))).toEqual([]);
  });

  it('no resource is "*" but for traces, which AWS cannot limit', () => {
    const everywhere = everyRight().filter((right) => right.endsWith(' on *'));
    expect(new Set(everywhere)).toEqual(new Set(TRACES));
  });

  it('there is no other role', () => {
    expect(template.all('AWS::IAM::Role')).toHaveLength(6 + 2 + 2);
  });

  it('no role has a managed policy, and only its own service assumes it', () => {
    for (const { Properties } of template.all('AWS::IAM::Role')) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(Properties).not.toHaveProperty('Policies');
      const [statement, ...others] = Properties.AssumeRolePolicyDocument.Statement;
      expect(others).toEqual([]);
      const { Service } = statement.Principal;
      expect(['lambda.amazonaws.com', 'scheduler.amazonaws.com']).toContain(Service);
      // The scheduler serves every account, so it has to come from ours.
      if (Service === 'scheduler.amazonaws.com')
        expect(statement.Condition.StringEquals['aws:SourceAccount']).toEqual({ Ref: 'AWS::AccountId' });
    }
  });

  it('nobody changes the source bucket but for tags, and nobody deletes but notes of what is to do and what was put aside', () => {
    const changes = everyRight().filter((right) => /^s3:(Put|Delete|Abort)/.test(right));
    expect(new Set(changes.filter((right) => right.includes('SourceBucket')))).toEqual(
      new Set(['s3:PutObjectVersionTagging on SourceBucket/*']),
    );
    expect(new Set(changes.filter((right) => right.startsWith('s3:Delete')))).toEqual(
      new Set([
        's3:DeleteObject on StateBucket/alerts/open/*',
        's3:DeleteObject on StateBucket/alerts/unsent/*',
        's3:DeleteObject on StateBucket/lanes/*/tickets/*',
        's3:DeleteObject on StateBucket/parts/*',
      ]),
    );
  });
});
