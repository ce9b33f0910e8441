import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { finished, plandrop, start, tenantAndFolder } from './plandrop.ts';

/** No disk has so much free. */
const NEVER = ['--keep-free', '1000000000000'];
const FULL = /he disk of \S+ is almost full\. Free some space\./;

describe.concurrent('on a disk that is almost full', () => {
  it('plandrop run says so, exits with 1, and loses nothing: the next call goes on', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const run = ['run', 'samples/products.csv', '--pipeline', 'products', '--data-dir', at.dataDir];
    const full = await plandrop([...run, ...NEVER, '--json'], at.env);
    expect(full.code).toBe(1);
    expect(JSON.parse(full.stdout)).toMatchObject({
      error: {
        category: 'internal',
        message: expect.stringMatching(FULL),
        whatToCheck: ['Then run plandrop again: what was begun goes on.'],
      },
    });
    expect(starts(at)).toBe(0);
    const freed = await plandrop([...run, '--json'], at.env);
    expect([freed.code, JSON.parse(freed.stdout)]).toMatchObject([0, { outcome: 'succeeded', rowsVerified: true }]);
    const ended = await outcomes(at.dataDir);
    expect(new Set(ended)).toEqual(new Set(['succeeded']));
    expect(starts(at)).toBe(ended.length);
  });

  it('plandrop local waits, says why, and keeps what was dropped; it goes on when there is room', async ({
    expect,
  }) => {
    await using at = await tenantAndFolder();
    const drops = join(at.folder, 'drops');
    const args = ['local', '--drops', drops, '--data-dir', at.dataDir];
    await mkdir(join(drops, 'products'), { recursive: true });
    await cp('samples/products.csv', join(drops, 'products/products.csv'));

    const waiting = start([...args, ...NEVER], at.env);
    let said = '';
    waiting.stderr?.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    const taken = join(drops, 'taken/products/products.csv');
    await until(async () => FULL.test(said) && (await readFile(taken).catch(() => undefined)) !== undefined);
    waiting.kill('SIGTERM');
    await finished(waiting);
    expect(starts(at)).toBe(0);

    const going = start(args, at.env);
    await until(async () => (await outcomes(at.dataDir)).includes('succeeded'));
    going.kill('SIGTERM');
    await finished(going);
    expect(starts(at)).toBe(1);
    expect((await readdir(drops, { recursive: true })).filter((name) => name.endsWith('.csv'))).toEqual([
      'taken/products/products.csv',
    ]);
  }, 90_000);
});

function starts({ simulator }: Awaited<ReturnType<typeof tenantAndFolder>>): number {
  return simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/tasks')).length;
}

/** By the ledgers; undefined while a run goes on. */
async function outcomes(dataDir: string): Promise<(string | undefined)[]> {
  const folder = join(dataDir, 'state/current/runs');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const ledgers = names.filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(ledgers.map((name) => readFile(join(folder, name), 'utf8').catch(() => '{}')));
  return texts.map((text) => JSON.parse(text).ended?.outcome);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 200));
}
