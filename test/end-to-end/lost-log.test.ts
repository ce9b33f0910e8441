import { type FileHandle, open } from 'node:fs/promises';
import { afterAll, describe, it } from 'vitest';
import { finished, start, tenantAndFolder } from './plandrop.ts';

const RUN = ['run', 'samples/products.csv', '--pipeline', 'products', '--json', '--data-dir'];
const SUCCEEDED = { outcome: 'succeeded', rowsVerified: true };

/** Every write to it fails as on a disk without room; only Linux has it. */
const FULL: FileHandle | undefined = await open('/dev/full', 'w').catch(() => undefined);
afterAll(() => FULL?.close());

describe.concurrent('when nobody takes what it says on standard error, plandrop run works on', () => {
  it('after the reader of a pipe has gone', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const child = start([...RUN, at.dataDir], at.env);
    child.stderr?.destroy();
    const { code, stdout } = await finished(child);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, SUCCEEDED]);
  });

  it.skipIf(FULL === undefined)('while the disk of the log is full', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const { code, stdout } = await finished(start([...RUN, at.dataDir], at.env, undefined, FULL?.fd));
    expect([code, JSON.parse(stdout)]).toMatchObject([0, SUCCEEDED]);
  });

  it('and still fails where its answer is lost: that is what it was called for', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const child = start([...RUN, at.dataDir], at.env);
    child.stdout?.destroy();
    expect((await finished(child)).code).toBe(1);
  });
});
