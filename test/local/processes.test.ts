import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { joinDataFolder } from '../../infra/local/data-folder.ts';

const CHILD = join(import.meta.dirname, 'children/contend.ts');

it('several processes on one data folder lose no increment, and get each key and each message once', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'plandrop-processes-'));
  const folder = joinDataFolder(dataDir);
  await folder.state.put('counter', '0');
  const numbers = Array.from({ length: 25 }, (_, index) => String(index));
  for (const number of numbers) await folder.queues.send('upload', number);

  const children = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, [CHILD, dataDir])));

  const lines = children.flatMap(({ stdout }) => stdout.trim().split('\n'));
  const of = (what: string) => lines.filter((line) => line.startsWith(what)).map((line) => line.split(' ')[1]);
  const counter = await folder.state.get('counter');
  expect(Buffer.from(counter?.body ?? []).toString()).toBe('75');
  expect(of('created').toSorted()).toEqual(numbers.toSorted());
  expect(of('received').toSorted()).toEqual(numbers.toSorted());
  folder.close();
  await rm(dataDir, { recursive: true });
});
