import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { s3Client, sqsClient } from '../../shared/ports/aws/clients.ts';
import { S3Store } from '../../shared/ports/aws/s3-store.ts';
import { SqsQueues } from '../../shared/ports/aws/sqs-queues.ts';
import { keepInstallation } from '../../shared/run/installation.ts';
import { writeTicket } from '../../shared/run/lane.ts';
import { createRun, readRun } from '../../shared/run/ledger.ts';
import type { BegunRun } from '../../shared/run/run.ts';
import { plandrop } from '../end-to-end/plandrop.ts';
import { aRun } from '../run/a-run.ts';
import { newName, requireLocalEndpoint } from './endpoint.ts';

/** What an operator of a stack types: `--state-bucket` alone, from a machine that has the rights to the bucket and the queues. */

const WAITS: Partial<BegunRun> = { turn: 1, lane: null, next: { turn: 1, queue: 'upload', due: 'lane' } };
const AWS = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

describe('plandrop --state-bucket', () => {
  requireLocalEndpoint();
  const env = Object.fromEntries(AWS.map((name) => [name, process.env[name] ?? '']));
  let state: S3Store;
  let queues: SqsQueues;
  let url: string;

  beforeAll(async () => {
    const [s3, sqs] = [s3Client(), sqsClient()];
    const bucket = newName('state');
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    );
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    state = new S3Store(s3, { bucket });
    url = (await sqs.send(new CreateQueueCommand({ QueueName: newName('upload') }))).QueueUrl ?? '';
    queues = new SqsQueues(sqs, { upload: url });
    const { run } = await createRun({ state, random: Math.random }, aRun(WAITS));
    await writeTicket({ state }, run);
  });

  const ask = (...args: string[]) => plandrop([...args, '--state-bucket', state.bucket], env);
  const sent = async () => {
    const messages = await queues.receive('upload', { max: 10, visibilitySeconds: 60 });
    for (const { receiptHandle } of messages) await queues.delete('upload', receiptHandle);
    return messages.map(({ body }) => JSON.parse(body).runId);
  };

  it('says that a run is found later while the stack has not said where its queues are', async () => {
    const { code, stdout, stderr } = await ask('runs', 'cancel', aRun().runId);
    expect([code, stdout]).toEqual([0, expect.stringContaining('is asked to stop')]);
    expect(stderr).toBe(
      'The stack has not said yet where its queues are. The stack finds it by itself, within 20 minutes; a run far back in its lane within an hour.\n',
    );
    expect((await readRun({ state }, aRun().runId))?.run.requests).toMatchObject([{ kind: 'cancel' }]);
  });

  it('lists and shows what is in the bucket', async () => {
    const [runs, lanes, failures, shown] = [
      await ask('runs', '--json'),
      await ask('lanes', '--json'),
      await ask('failures', '--json'),
      await ask('runs', 'show', aRun().runId),
    ];
    expect(JSON.parse(runs.stdout)).toMatchObject([{ runId: aRun().runId, pipeline: 'sales' }]);
    expect(JSON.parse(lanes.stdout)).toMatchObject([{ modelId: 'M', model: 'FY26 Plan', waiting: [aRun().runId] }]);
    expect(JSON.parse(failures.stdout)).toEqual([]);
    expect(shown.stdout).toContain('sales/march.csv');
  });

  it('wakes the next run at once when a lane is released', async () => {
    await keepInstallation(state, { upload: url });
    await ask('lanes', 'hold', 'M', '--because', 'month end');
    expect(await sent()).toEqual([]);
    const { code, stdout, stderr } = await ask('lanes', 'release', 'M');
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining(`Run ${aRun().runId} is next.`), '']);
    expect(await sent()).toEqual([aRun().runId]);
  });

  it('tells a person without the rights, or of a bucket that is not there, what to look at', async () => {
    const [gone, nobody] = [
      await plandrop(['runs', '--state-bucket', 'plandrop-no-such-bucket', '--json'], env),
      await plandrop(['runs', '--state-bucket', state.bucket, '--json'], {
        ...env,
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_EC2_METADATA_DISABLED: 'true',
        HOME: '/nonexistent',
      }),
    ];
    for (const { code, stdout } of [gone, nobody]) {
      expect([code, JSON.parse(stdout).error]).toEqual([
        1,
        {
          category: 'configuration',
          message: expect.stringMatching(/^AWS did not answer what was asked: /),
          whatToCheck: expect.arrayContaining([expect.stringContaining('AWS_PROFILE')]),
        },
      ]);
    }
  });
});
