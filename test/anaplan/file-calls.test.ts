import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { JunkFileError, NotFoundError } from '../../shared/anaplan/index.ts';
import {
  caught,
  clientOf,
  fakeAnaplan,
  file,
  imports,
  inModel,
  model,
  ok,
  refused,
  reset,
  text,
} from './fake-anaplan.ts';

describe('an upload', () => {
  it('announces, sends gzipped chunks, and lists them', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`POST ${inModel}/files/${file}`, ok({ file: { id: file, name: 'Sales.csv', chunkCount: 0 } }));
    fake.on(`PUT ${inModel}/files/${file}/chunks/*`, text(204));
    fake.on(
      `GET ${inModel}/files/${file}/chunks`,
      ok({ chunks: [{ id: '10' }, { id: '9' }, { id: '0', name: 'Chunk 0' }] }),
    );
    const client = clientOf(fake);
    await expect(client.announceFile(model, file, 2)).resolves.toMatchObject({ id: file });
    const bytes = Buffer.from('a,b\n'.repeat(1000));
    const { bytesSent } = await client.putChunk(model, file, 0, bytes);
    await client.putChunk(model, file, 1, bytes, { gzip: false });
    expect(JSON.parse(String(fake.requests('POST', 'files')[0]?.body))).toEqual({ chunkCount: 2 });
    const [packed, plain] = fake.requests('PUT');
    expect(packed?.headers['content-type']).toBe('application/x-gzip');
    expect(packed?.body).toHaveLength(bytesSent);
    expect(gunzipSync(packed?.body ?? '')).toEqual(bytes);
    expect(plain?.headers['content-type']).toBe('application/octet-stream');
    expect(plain?.body).toEqual(bytes);
    await expect(client.listChunks(model, file)).resolves.toEqual(['0', '9', '10']);
  });

  it('does not take a new file for the announced one', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/files/${file}`,
      ok({ file: { id: '113000000099', name: file, chunkCount: 0, headerRow: -1 } }),
    );
    const error = await caught(clientOf(fake).announceFile(model, file, 2));
    expect(error).toBeInstanceOf(JunkFileError);
    expect(error.failure).toMatchObject({ kind: 'junk-file', askedFileId: file, createdFileId: '113000000099' });
  });

  it('counts a chunk by its 204 only', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}/chunks/0`, text(200, '<html>please log in to the Wi-Fi</html>'));
    const error = await caught(clientOf(fake).putChunk(model, file, 0, Buffer.from('x')));
    expect(error.failure).toMatchObject({ kind: 'unreadable', status: 200 });
  });

  it('announces once, on its own connection, however the answer fails', async () => {
    await using fake = await fakeAnaplan();
    fake.on(
      `POST ${inModel}/files/${file}`,
      reset,
      text(502),
      refused(429, 'Too Many Requests', { 'retry-after': '1' }),
    );
    const client = clientOf(fake);
    for (let i = 0; i < 3; i++) await caught(client.announceFile(model, file, 1));
    expect(fake.requests('POST', 'files')).toHaveLength(3);
    expect(new Set(fake.seen.map((request) => request.connection)).size).toBe(4);
  });

  it('may also go in one piece, or end with complete', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`PUT ${inModel}/files/${file}`, text(204));
    fake.on(`POST ${inModel}/files/${file}/complete`, ok({ file: { id: file, name: 'Sales.csv', chunkCount: 7 } }));
    fake.on(`DELETE ${inModel}/files/${file}`, text(204));
    const client = clientOf(fake);
    await client.putFile(model, file, Buffer.from('a,b\n'));
    await expect(client.completeFile(model, file)).resolves.toMatchObject({ chunkCount: 7 });
    await client.deleteFile(model, file);
    expect(fake.requests('DELETE')).toHaveLength(1);
  });
});

describe('a dump', () => {
  const dump = `${inModel}/imports/112000000001/tasks/T1/dump`;
  const read = async (
    answer: Awaited<ReturnType<ReturnType<typeof clientOf>['readDump']>>,
  ): Promise<string | undefined> => {
    if (!answer.available) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.bytes) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  it('is read chunk by chunk in the order of their numbers, whatever the total says', async () => {
    await using fake = await fakeAnaplan();
    const chunks = ['10', '0', '1', '2'].map((id) => ({ id, name: `Chunk ${id}` }));
    fake.on(`GET ${dump}/chunks`, ok({ meta: { paging: { currentPageSize: 1, totalSize: 3 } }, chunks }));
    fake.on(`GET ${dump}/chunks/*`, (request, response) => void response.end(`<${request.path.split('/').at(-1)}>`));
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('<0><1><2><10>');
  });

  it('of an import inside a process is found under the object', async () => {
    await using fake = await fakeAnaplan();
    const nested = `${inModel}/processes/118000000001/tasks/T1/dumps/112000000006`;
    fake.on(`GET ${nested}/chunks`, ok({ chunks: [{ id: '0' }] }));
    fake.on(`GET ${nested}/chunks/0`, text(200, 'rows'));
    const process = { kind: 'processes', id: '118000000001' } as const;
    expect(await read(await clientOf(fake).readDump(model, process, 'T1', '112000000006'))).toBe('rows');
  });

  it('can be read on from any of its chunks, also inside a process', async () => {
    await using fake = await fakeAnaplan();
    const nested = `${inModel}/processes/118000000001/tasks/T1/dumps/112000000006`;
    for (const path of [dump, nested]) {
      fake.on(`GET ${path}/chunks`, ok({ chunks: [{ id: '1' }, { id: '0' }] }));
      fake.on(`GET ${path}/chunks/1`, text(200, `the rest of ${path.split('/').at(-1)}`));
    }
    const client = clientOf(fake);
    const process = { kind: 'processes', id: '118000000001' } as const;
    expect(await client.readDump(model, imports, 'T1')).toMatchObject({ available: true, chunkIds: ['0', '1'] });
    expect(Buffer.from(await client.getDumpChunk(model, imports, 'T1', '1')).toString()).toBe('the rest of dump');
    const inside = await client.getDumpChunk(model, process, 'T1', '1', '112000000006');
    expect(Buffer.from(inside).toString()).toBe('the rest of 112000000006');
  });

  it.each([
    { says: '404', answer: refused(404, 'Not Found') },
    { says: '400', answer: refused(400, 'No chunks') },
    { says: '404, without a word', answer: text(404) },
    { says: 'an empty list', answer: ok({}) },
  ])('without chunks ($says) is read whole', async ({ answer }) => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${dump}/chunks`, answer);
    fake.on(`GET ${dump}`, text(200, 'the whole'));
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('the whole');
  });

  it.each([{ status: 204 }, { status: 404 }])(
    'is not there when the whole is answered with $status',
    async ({ status }) => {
      await using fake = await fakeAnaplan();
      fake.on(`GET ${dump}`, status === 204 ? text(204) : refused(404, 'Not Found'));
      await expect(clientOf(fake).readDump(model, imports, 'T1')).resolves.toEqual({ available: false });
    },
  );

  it.each([
    { asked: 'the list of its chunks and the whole', list: text(404, '<html>404 Not Found</html>') },
    { asked: 'only the whole', list: ok({}) },
  ])('is not gone because a gateway refuses $asked', async ({ list }) => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${dump}/chunks`, list);
    fake.on(`GET ${dump}`, text(404));
    const error = await caught(clientOf(fake).readDump(model, imports, 'T1'));
    expect(error.failure).toMatchObject({ kind: 'http', envelope: false });
  });

  it('is no page that something in between gives for its whole', async () => {
    await using fake = await fakeAnaplan();
    const page = text(200, '<html>Please sign in</html>', { 'content-type': 'text/html' });
    fake.on(`GET ${dump}`, page, text(200, 'the whole', { 'content-type': 'text/plain' }));
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('the whole');
  });

  it('that breaks off in a chunk is read on from that chunk', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${dump}/chunks`, ok({ chunks: [{ id: '0' }, { id: '1' }] }));
    fake.on(`GET ${dump}/chunks/0`, text(200, 'first '));
    const cut = text(200, 'sec', { 'content-length': '6' });
    fake.on(
      `GET ${dump}/chunks/1`,
      (request, response) => {
        void cut(request, response);
        response.socket?.destroySoon();
      },
      text(200, 'second'),
    );
    expect(await read(await clientOf(fake).readDump(model, imports, 'T1'))).toBe('first second');
  });
});

describe('a download', () => {
  const whole = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
    let text = '';
    for await (const piece of bytes) text += Buffer.from(piece).toString();
    return text;
  };

  it('goes chunk by chunk', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/files/116000000001/chunks`, ok({ chunks: [{ id: '0' }, { id: '1' }] }));
    fake.on(`GET ${inModel}/files/116000000001/chunks/*`, text(200, 'half,'));
    expect(await whole(clientOf(fake).downloadFile(model, '116000000001'))).toBe('half,half,');
  });

  const page = text(200, '<html><title>Please sign in</title></html>', { 'content-type': 'Text/HTML; charset=utf-8' });

  it.each([
    { says: 'a page', answer: page, problem: 'a page came where' },
    { says: 'nothing', answer: text(204), problem: '200 with the content' },
    { says: 'a part', answer: text(206, 'ha'), problem: '200 with the content' },
  ])('takes no answer with $says in it for a chunk, nor for the whole', async ({ answer, problem }) => {
    await using fake = await fakeAnaplan();
    const output = `${inModel}/files/116000000001`;
    const client = clientOf(fake);
    fake.on(`GET ${output}/chunks`, ok({ chunks: [{ id: '0' }] }));
    fake.on(`GET ${output}/chunks/0`, answer, text(200, 'half,', { 'content-type': 'application/octet-stream' }));
    expect(await whole(client.downloadFile(model, '116000000001'))).toBe('half,');
    fake.on(`GET ${output}/chunks/0`, answer);
    const failed = await caught(client.getChunk(model, '116000000001', 0));
    expect(failed.failure).toMatchObject({ kind: 'unreadable', problem: expect.stringContaining(problem) });

    fake.on(`GET ${output}/chunks`, ok({}));
    fake.on(`GET ${output}`, answer, text(200, 'all', { 'content-type': 'application/octet-stream' }));
    expect(await whole(client.downloadFile(model, '116000000001'))).toBe('all');
    fake.on(`GET ${output}`, answer);
    const refusedWhole = await caught(whole(client.downloadFile(model, '116000000001')));
    expect(refusedWhole.failure).toMatchObject({ kind: 'unreadable', problem: expect.stringContaining(problem) });
  });

  it('tells in the journal what page it was', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/files/116000000001/chunks/0`, page);
    const bodies: unknown[] = [];
    const client = clientOf(fake, { onExchange: ({ responseBody }) => bodies.push(responseBody) });
    await caught(client.getChunk(model, '116000000001', 0));
    expect(bodies.at(-1)).toContain('Please sign in');
  });

  it('of what is not there says so', async () => {
    await using fake = await fakeAnaplan();
    fake.on(`GET ${inModel}/files/116000000001/chunks`, ok({}));
    await expect(whole(clientOf(fake).downloadFile(model, '116000000001'))).rejects.toBeInstanceOf(NotFoundError);
  });
});
