import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSimulator } from '../../../simulator/index.ts';
import { Caller } from '../../simulator/helpers/caller.ts';

const CHUNKS = 8;
/** above what the simulator keeps in memory, so that each chunk gets a file of its own */
const CHUNK_BYTES = 200_000;

it('chunks that arrive at the same moment keep their own bytes', async () => {
  await using simulator = await createSimulator();
  const caller = await Caller.signIn(simulator);
  const fileId = simulator.imports[0]?.importDataSourceId ?? '';
  const content = randomBytes(CHUNKS * CHUNK_BYTES);
  await caller.model('POST', `/files/${fileId}`, { chunkCount: CHUNKS });
  const put = (index: number) =>
    caller.putChunk(fileId, index, content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
  await Promise.all(Array.from({ length: CHUNKS }, (_, index) => put(index)));

  const report = await (await caller.send('GET', `/simulator/files/${fileId}`)).json();
  expect(report).toMatchObject({
    size: content.byteLength,
    chunks: CHUNKS,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
});
