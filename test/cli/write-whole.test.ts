import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { notWritten, writeWhole } from '../../cli/write-whole.ts';

const folder = mkdtempSync(join(tmpdir(), 'plandrop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const systemError = (code: string) => Object.assign(new Error(`${code}: it failed`), { code, syscall: 'open' });

describe('a file that people keep', () => {
  it('is written as a whole, with nothing left beside it', async () => {
    await writeWhole(join(folder, 'plandrop.lock.json'), 'one');
    await writeWhole(join(folder, 'plandrop.lock.json'), 'two');
    expect(readFileSync(join(folder, 'plandrop.lock.json'), 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['plandrop.lock.json']);
  });

  it('is not written where a folder stands, and leaves nothing beside it', async () => {
    mkdirSync(join(folder, 'sub', 'taken'), { recursive: true });
    await expect(writeWhole(join(folder, 'sub', 'taken'), 'x')).rejects.toMatchObject({
      message: `Cannot write ${join(folder, 'sub', 'taken')}: a folder stands where the file should be. Nothing was changed.`,
      exitCode: 1,
    });
    expect(readdirSync(join(folder, 'sub'))).toEqual(['taken']);
  });

  it.each([
    ['EACCES', 'permission denied', 'Give this user write access to the folder /srv, or work on a copy of it.'],
    ['EROFS', 'the disk is read-only', 'Copy the folder /srv to where it can be written to.'],
    ['ENOENT', 'there is no such folder', 'Create /srv, or name another file.'],
    ['ENOSPC', 'the disk is full', 'Free some space, then try again.'],
    ['EIO', 'EIO: it failed', 'Look at /srv.'],
  ])('%s is told in plain words, and never of a data folder', (code, reason, next) => {
    expect(notWritten('/srv/plandrop.lock.json', systemError(code))).toMatchObject({
      message: `Cannot write /srv/plandrop.lock.json: ${reason}. Nothing was changed.`,
      whatToCheck: [next],
      exitCode: 1,
    });
  });

  it('leaves a mistake of the program as it is', () => {
    const error = new TypeError('x is undefined');
    expect(notWritten('/srv/a', error)).toBe(error);
  });
});
