import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { S3Store } from '../../shared/ports/aws/s3-store.ts';
import { SnsAlerts } from '../../shared/ports/aws/sns-alerts.ts';
import { SqsQueues } from '../../shared/ports/aws/sqs-queues.ts';
import { NotAllowedError, PartsGoneError } from '../../shared/ports/store.ts';

type Answer = (response: ServerResponse) => void;

/** Answers of AWS that a stand-in never gives, from a server that says them word for word. */
describe('answers of AWS', () => {
  let server: Server;
  let answers: Answer[];
  let requests: {
    method: string | undefined;
    url: string | undefined;
    headers: IncomingMessage['headers'];
    body: string;
  }[];
  let settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      const seen = { method: request.method, url: request.url, headers: request.headers, body: '' };
      requests.push(seen);
      request.on('data', (piece: Buffer) => {
        seen.body += piece.toString();
      });
      request.on('end', () => {
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        answer?.(response);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    settings = {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const error =
    (status: number, code: string): Answer =>
    (response) =>
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  const conflict = error(409, 'ConditionalRequestConflict');
  const written: Answer = (response) => response.writeHead(200, { etag: '"e1"', 'x-amz-version-id': 'v1' }).end();
  const noWait = { now: () => 0, sleep: async () => undefined };
  const newStore = () =>
    new S3Store(new S3Client({ ...settings, maxAttempts: 1 }), { bucket: 'state', clock: noWait, random: () => 0.5 });

  it.each<[string, Answer[], object, number]>([
    [
      '409 is repeated until it is written',
      [conflict, conflict, written],
      { written: true, etag: '"e1"', versionId: 'v1' },
      3,
    ],
    ['412 is an answer', [error(412, 'PreconditionFailed')], { written: false }, 1],
    ['412 after a 409 is an answer too', [conflict, error(412, 'PreconditionFailed')], { written: false }, 2],
  ])('%s', async (_, given, expected, calls) => {
    answers = given;
    expect(await newStore().create('runs/r1.json', '{}')).toEqual(expected);
    expect(requests).toHaveLength(calls);
    expect(requests[0]?.headers['if-none-match']).toBe('*');
  });

  it('404 to a replacement means that there is nothing to replace', async () => {
    answers = [error(404, 'NoSuchKey')];
    expect(await newStore().replace('lanes/m1/holder', '{}', '"e0"')).toEqual({ written: false });
    expect(requests[0]?.headers['if-match']).toBe('"e0"');
  });

  it('a 409 that never ends is thrown', async () => {
    answers = [conflict];
    await expect(newStore().create('runs/r1.json', '{}')).rejects.toMatchObject({ name: 'ConditionalRequestConflict' });
    expect(requests).toHaveLength(6);
  });

  it('403 is not taken for missing', async () => {
    answers = [error(403, 'AccessDenied')];
    await expect(newStore().get('runs/r1.json')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('403 to the look at a drop, and to its bytes, says that nobody may read it', async () => {
    answers = [error(403, 'InvalidObjectState')];
    await expect(newStore().head('drop.csv', 'v1')).rejects.toThrow(NotAllowedError);
    await expect(newStore().getRange('drop.csv', { start: 0, end: 9 }, 'v1')).rejects.toThrow(NotAllowedError);
  });

  it('403 to a write says that nobody may write there, whether it is one request or several', async () => {
    answers = [error(403, 'AccessDenied')];
    async function* pieces(count: number) {
      for (let i = 0; i < count; i++) yield new Uint8Array(5 * 1024 * 1024);
    }
    await expect(newStore().put('exports/a.csv', 'a')).rejects.toThrow(NotAllowedError);
    await expect(newStore().putStream('exports/a.csv', pieces(1))).rejects.toThrow(NotAllowedError);
    await expect(newStore().putStream('exports/a.csv', pieces(3))).rejects.toThrow(NotAllowedError);
  });

  it('405, the marker of a delete, is taken for missing', async () => {
    answers = [error(405, 'MethodNotAllowed')];
    expect(await newStore().get('drop.csv', 'marker')).toBeUndefined();
  });

  it('a download that breaks off is begun again', async () => {
    const headers = { etag: '"e1"', 'content-length': '10', 'last-modified': 'Mon, 05 Jan 2026 06:00:00 GMT' };
    answers = [
      (response) => {
        response.writeHead(200, headers).write('01234');
        setImmediate(() => response.destroy());
      },
      (response) => response.writeHead(200, headers).end('0123456789'),
    ];
    expect(Buffer.from((await newStore().get('drop.csv'))?.body ?? []).toString()).toBe('0123456789');
    expect(requests).toHaveLength(2);
  });

  it('tags are sent as a query string', async () => {
    answers = [written];
    await newStore().put('runs/r1.json', '{}', { tags: { state: 'ended', owner: 'a b&c' } });
    expect(requests[0]?.headers['x-amz-tagging']).toBe('state=ended&owner=a%20b%26c');
  });

  describe('to a write in parts', () => {
    const write = { key: 'exports/board.csv', writeId: 'u1' };
    const md5 = (content: string) => createHash('md5').update(content).digest();
    const parts = ['one', 'two'].map((content, i) => ({
      number: i + 1,
      bytes: 3,
      etag: `"${md5(content).toString('hex')}"`,
      checksum: 'AAAAAA==',
    }));
    const etag = `"${createHash('md5').update(md5('one')).update(md5('two')).digest('hex')}-2"`;
    const head =
      (etag: string): Answer =>
      (response) =>
        response
          .writeHead(200, { etag, 'content-length': '6', 'last-modified': 'Mon, 05 Jan 2026 06:00:00 GMT' })
          .end();

    it.each(['NoSuchUpload', 'InvalidPart'])('%s means that the parts are gone', async (code) => {
      answers = [error(404, code)];
      const next = newStore().putPart(write, { number: 3 }, Buffer.from('three'));
      await expect(next).rejects.toThrow(PartsGoneError);
    });

    it('NoSuchUpload to a completion is a success when the object of these parts is there', async () => {
      answers = [error(404, 'NoSuchUpload'), head(etag)];
      expect(await newStore().completeParts(write, parts)).toMatchObject({ key: write.key, size: 6, etag });
    });

    it.each([
      ['another object', head('"0123456789abcdef0123456789abcdef-2"')],
      ['nothing', error(404, 'NotFound')],
    ])('NoSuchUpload to a completion where %s is there means that the parts are gone', async (_, answer) => {
      answers = [error(404, 'NoSuchUpload'), answer];
      await expect(newStore().completeParts(write, parts)).rejects.toThrow(PartsGoneError);
    });

    it.each<[string, (store: S3Store) => Promise<unknown>]>([
      ['its beginning', (store) => store.beginParts(write.key)],
      ['a part', (store) => store.putPart(write, { number: 1 }, Buffer.from('one'))],
      ['its completion', (store) => store.completeParts(write, parts)],
    ])('403 to %s says that nobody may write there', async (_, act) => {
      answers = [error(403, 'AccessDenied')];
      await expect(act(newStore())).rejects.toThrow(NotAllowedError);
    });

    it('a completion names every part with its ETag and its checksum', async () => {
      const done = '<CompleteMultipartUploadResult><ETag>"e1"</ETag></CompleteMultipartUploadResult>';
      answers = [(response) => response.writeHead(200, { 'x-amz-version-id': 'v1' }).end(done)];
      expect(await newStore().completeParts(write, parts)).toEqual({
        key: write.key,
        size: 6,
        etag: '"e1"',
        versionId: 'v1',
      });
      const named = [...(requests[0]?.body ?? '').matchAll(/<Part>(.*?)<\/Part>/g)].map(([, part]) => part);
      expect(named).toHaveLength(2);
      expect(named[1]).toContain('<PartNumber>2</PartNumber>');
      expect(named[1]).toContain('<ChecksumCRC32>AAAAAA==</ChecksumCRC32>');
      expect(named[1]).toContain(md5('two').toString('hex'));
    });
  });

  it('a topic is asked in its own region', async () => {
    answers = [(response) => response.writeHead(200, { 'content-type': 'text/xml' }).end('<PublishResponse/>')];
    const topicIn = (region: string) => `arn:aws:sns:${region}:123456789012:alerts`;
    const clientIn = (region: string | undefined) => new SNSClient({ ...settings, region: region ?? '' });
    const alerts = new SnsAlerts(clientIn, {
      topicArn: topicIn('eu-west-1'),
      topicOf: (pipeline) => (pipeline === 'us' ? topicIn('us-east-2') : undefined),
    });
    const alert = { id: 'a', subject: 's', text: 't' };
    await alerts.publish(alert);
    await alerts.publish({ ...alert, pipeline: 'us' });
    const signedFor = requests.map(({ headers }) => /Credential=[^,]*/.exec(headers.authorization ?? '')?.[0]);
    expect(signedFor).toEqual([expect.stringContaining('/eu-west-1/sns/'), expect.stringContaining('/us-east-2/sns/')]);
  });

  it('a poisoned message tells which queue it came from', async () => {
    const message = {
      MessageId: 'm1',
      ReceiptHandle: 'h1',
      Body: '{}',
      MD5OfBody: '99914b932bd37a50b983c5e7c90ae93b',
      Attributes: {
        ApproximateReceiveCount: '6',
        SentTimestamp: '1767592800000',
        DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:1:Plandrop-Upload-x',
      },
    };
    answers = [
      (response) =>
        response
          .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
          .end(JSON.stringify({ Messages: [message] })),
    ];
    const queues = new SqsQueues(new SQSClient(settings), {
      upload: 'https://sqs.eu-west-1.amazonaws.com/1/Plandrop-Upload-x',
      poison: `${settings.endpoint}/1/Plandrop-Poison-y`,
    });
    expect(await queues.receive('poison', { max: 1, visibilitySeconds: 30 })).toEqual([
      {
        messageId: 'm1',
        receiptHandle: 'h1',
        body: '{}',
        attributes: {},
        receiveCount: 6,
        sentAt: 1767592800000,
        deadLetterSource: 'upload',
      },
    ]);
  });
});
