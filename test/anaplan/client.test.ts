import { describe, expect, it } from 'vitest';
import type { ExchangeNote, RetryNote } from '../../shared/anaplan/index.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import {
  caught,
  clientOf,
  envelope,
  fakeAnaplan,
  file,
  imports,
  inModel,
  json,
  jumpingClock,
  model,
  ok,
  refused,
  reset,
  text,
} from './fake-anaplan.ts';

describe('repeating in process', () => {
  it.each([
    { says: 'a reset', answer: reset },
    { says: 'a 500', answer: refused(500, 'Internal') },
    { says: 'a 502 in HTML', answer: text(502, '<html>') },
    { says: 'a 410', answer: refused(410, 'Gone') },
    { says: 'garbage', answer: text(200, 'garbage') },
    { says: 'a 429 with a short wait', answer: refused(429, 'Slow down', { 'retry-after': '2' }) },
    { says: 'a 503 with a short wait', answer: refused(503, 'Later', { 'retry-after': '2' }) },
  ])('a GET survives three times $says, and tells of each', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', answer, answer, answer, ok({ user: { id: 'u1' } }));
    const clock = jumpingClock();
    const retries: RetryNote[] = [];
    const client = clientOf(fake, { clock }).with({ onRetry: (retry) => retries.push(retry) });
    await expect(client.getCurrentUser()).resolves.toEqual({ id: 'u1' });
    expect(retries.map((retry) => retry.attempt)).toEqual([1, 2, 3]);
    expect(retries.map((retry) => retry.delayMs)).toEqual(clock.slept);
    const floor = retries[0]?.failure.kind === 'http' ? (retries[0].failure.retryAfterSeconds ?? 0) : 0;
    for (const ms of clock.slept) expect(ms).toBeGreaterThanOrEqual(floor * 1000);
  });

  it('gives up after three repetitions', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', text(503));
    await caught(clientOf(fake).getCurrentUser());
    expect(fake.requests('GET')).toHaveLength(4);
  });

  it.each([
    { says: 'a long Retry-After', answer: refused(503, 'Later', { 'retry-after': '60' }), seconds: 60 },
    { says: 'a 429 that names no time', answer: refused(429, 'Slow down'), seconds: undefined },
    { says: 'a 404', answer: refused(404, 'Not Found'), seconds: undefined },
    { says: 'a 403', answer: refused(403, 'Forbidden'), seconds: undefined },
    { says: 'a locked model', answer: refused(423, 'Locked'), seconds: undefined },
    { says: 'an offline model', answer: refused(424, 'Offline'), seconds: undefined },
  ])('leaves $says to the queue', async ({ answer, seconds }) => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', answer);
    const error = await caught(clientOf(fake).getCurrentUser());
    expect(fake.requests('GET')).toHaveLength(1);
    if (error.failure.kind === 'http') expect(error.failure.retryAfterSeconds).toBe(seconds);
  });

  it('repeats a chunk, but no other writing call', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, reset, text(503), text(204));
    fake.on(`DELETE ${inModel}/files/${file}`, text(503));
    fake.on(`POST ${inModel}/files/${file}/complete`, text(503));
    const client = clientOf(fake);
    await client.putChunk(model, file, 0, Buffer.from('x'));
    await caught(client.deleteFile(model, file));
    await caught(client.completeFile(model, file));
    expect(['PUT', 'DELETE'].map((method) => fake.requests(method).length)).toEqual([3, 1]);
    expect(fake.requests('POST', 'complete')).toHaveLength(1);
  });
});

describe('failures', () => {
  it.each([
    { status: 400, name: 'BadRequestError' },
    { status: 403, name: 'PermissionError' },
    { status: 404, name: 'NotFoundError' },
    { status: 405, name: 'BadRequestError' },
    { status: 409, name: 'ConflictError' },
    { status: 422, name: 'ModelArchivedError' },
    { status: 423, name: 'ModelLockedError' },
    { status: 424, name: 'ModelOfflineError' },
    { status: 425, name: 'ModelDeployedError' },
    { status: 418, name: 'UnexpectedStatusError' },
    { status: 302, name: 'UnexpectedStatusError' },
    { status: 599, name: 'ServiceError' },
  ])('$status is a $name with everything worth quoting', async ({ status, name }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, refused(status, 'Anaplan says so', { 'x-request-id': 'r-1' }));
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(error.name).toBe(name);
    expect(error.message).toBe(`DELETE ${inModel}/files/${file} was answered with ${status}: Anaplan says so`);
    expect(error.failure).toEqual({
      kind: 'http',
      call: 'delete-file',
      method: 'DELETE',
      path: `${inModel}/files/${file}`,
      status,
      envelope: true,
      anaplanMessage: 'Anaplan says so',
      requestId: 'r-1',
      body: JSON.stringify(envelope(status, 'Anaplan says so')),
    });
  });

  it.each([
    { says: 'HTML', body: '<html>Bad Gateway</html>' },
    { says: 'nothing', body: '' },
    { says: 'bytes', body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
    { says: 'half a JSON', body: '{"status":{"code":4' },
    { says: 'JSON of another kind', body: '[null]' },
  ])('with a body of $says are not taken for Anaplan’s own', async ({ body }) => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, text(503, body));
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(error.failure).toMatchObject({ kind: 'http', status: 503, envelope: false });
  });

  it('stay what their status says when the body breaks off', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, (_, response) => {
      response.writeHead(400, { 'content-length': '100' }).write('{"status":');
      setTimeout(() => response.destroy(), 50);
    });
    const error = await caught(clientOf(fake).startTask(model, imports));
    expect(error.failure).toMatchObject({ kind: 'http', status: 400, envelope: false });
  });

  it('keep 4 KB of an endless body and do not wait for its end', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`DELETE ${inModel}/files/${file}`, (_, response) => {
      response.writeHead(500);
      const write = () => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', write);
      };
      write();
    });
    const error = await caught(clientOf(fake).deleteFile(model, file));
    expect(Buffer.byteLength(error.failure.kind === 'http' ? error.failure.body : '')).toBeLessThanOrEqual(4096);
  });

  it('never hold a token, whoever echoes it', async () => {
    await using fake = await fakeAnaplan();
    fake.on('*', (request, response) => {
      const echo = JSON.stringify({ status: { code: 500, message: request.headers.authorization }, tokenValue: 'x' });
      response.writeHead(500, { 'x-request-id': String(request.headers.authorization) }).end(echo);
    });
    fake.on(
      'POST /token/authenticate',
      json(201, { tokenInfo: { tokenValue: 'canary-token-value', expiresAt: Date.now() + 1e6 } }),
    );
    const notes: ExchangeNote[] = [];
    const client = clientOf(fake).with({ onExchange: (note) => notes.push(note) });
    const error = await caught(client.deleteFile(model, file));
    const shown = JSON.stringify([error.failure, error.message, error.stack, notes]);
    expect(shown).not.toContain('canary-token-value');
    expect(shown).not.toContain('correct horse');
  });
});

describe('a view', () => {
  it('journals every exchange of its own: redacted, with bodies of JSON and sizes of files', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/files/${file}`, ok({ file: { id: file, name: 'f', chunkCount: 1 } }));
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, text(503), text(204));
    const notes: ExchangeNote[] = [];
    const client = clientOf(fake);
    const view = client.with({ onExchange: (note) => notes.push(note) });
    await view.announceFile(model, file, 1);
    await view.putChunk(model, file, 0, Buffer.from('content'), { gzip: false });
    await client.putChunk(model, file, 0, Buffer.from('content'), { gzip: false });
    expect(notes.map(({ call, method, status }) => `${call} ${method} ${status}`)).toEqual([
      'sign-in POST 201',
      'announce POST 200',
      'chunk PUT 503',
      'chunk PUT 204',
    ]);
    expect(notes[0]).not.toHaveProperty('responseBody');
    expect(notes[1]).toMatchObject({ requestBody: '{"chunkCount":1}', path: `${inModel}/files/${file}` });
    expect(notes[1]?.responseBody).toContain(file);
    expect(notes[3]).toMatchObject({ requestBytes: 7 });
    expect(JSON.stringify(notes)).not.toContain('content"');
  });

  it('sends nothing after its deadline', async () => {
    await using fake = await fakeAnaplan();
    const clock = jumpingClock();
    const client = clientOf(fake, { clock }).with({ deadline: clock.now() });
    const error = await caught(client.startTask(model, imports));
    expect(error.name).toBe('DeadlineError');
    expect(error.failure).toMatchObject({ kind: 'network', reached: false, code: 'DEADLINE' });
    expect(fake.requests('POST', 'tasks')).toHaveLength(0);
  });

  it('lets no request outlive its deadline', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/imports/112000000001/tasks`, () => {});
    const client = clientOf(fake, { clock: systemClock });
    const view = client.with({ deadline: Date.now() + 300 });
    const error = await caught(view.startTask(model, imports));
    expect(error.failure).toMatchObject({ kind: 'network', reached: true, code: 'DEADLINE' });
  });

  it('does not wait for a repetition that its deadline would not see', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', refused(503, 'Later', { 'retry-after': '4' }));
    const clock = jumpingClock();
    const client = clientOf(fake, { clock }).with({ deadline: clock.now() + 3000 });
    await caught(client.getCurrentUser());
    expect(clock.slept).toEqual([]);
  });

  it('ends with its signal', async () => {
    await using fake = await fakeAnaplan();
    fake.on('GET /2/0/users/me', () => abort.abort());
    const abort = new AbortController();
    const error = await caught(clientOf(fake).with({ signal: abort.signal }).getCurrentUser());
    expect(error.name).toBe('AbortedError');
    expect(fake.requests('GET')).toHaveLength(1);
  });
});

it('every request of all views passes one budget', async () => {
  await using fake = await fakeAnaplan();
  fake.on('GET /2/0/users/me', ok({ user: { id: 'u1' } }));
  let taken = 0;
  const client = clientOf(fake, { budget: { take: async () => void taken++ } });
  await client.getCurrentUser();
  await client.with({}).getCurrentUser();
  expect(taken).toBe(3);
});

it.each([
  { url: 'http://api.anaplan.com', says: 'unencrypted' },
  { url: 'https://api.anaplan.com/2/0', says: 'with a path' },
  { url: 'api.anaplan.com', says: 'without a scheme' },
  { url: 'https://me:secret@api.anaplan.com', says: 'with a password' },
])('refuses an API URL $says', ({ url }) => {
  expect(() => clientOf({ url })).toThrow(TypeError);
});

it('refuses an id that would lead elsewhere', async () => {
  await using fake = await fakeAnaplan();
  await expect(async () => clientOf(fake).getModel('..')).rejects.toThrow(TypeError);
  await clientOf(fake)
    .getModel('../users?x')
    .catch(() => {});
  expect(fake.seen.at(-1)?.path).toBe('/2/0/models/..%2Fusers%3Fx?modelDetails=true');
});
