import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { whyNoRoom, whyTooFull } from '../../infra/local/disk-room.ts';

const ROOMY = { bavail: 1000, bsize: 4096, files: 1000, ffree: 500 };

it.each([
  ['with room for bytes and files', {}, undefined],
  ['with less than the bytes to keep free', { bavail: 10 }, 'the disk of /data is almost full. Free some space.'],
  [
    'with room for bytes, and for no file',
    { ffree: 0 },
    'the disk of /data takes almost no more files, however small (df -i). Remove some.',
  ],
  ['that counts no files', { files: 0, ffree: 0 }, undefined],
])('a disk %s', (_, stats, reason) => {
  expect(whyTooFull('/data', { ...ROOMY, ...stats }, 1_000_000)).toBe(reason);
});

it('a data folder that is gone is told as such', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-room-'));
  await rm(folder, { recursive: true });
  expect(whyNoRoom(folder, 1)).toContain(folder);
});
