import { describe, expect, it } from 'vitest';
import { explain, StorageError } from '../../infra/local/storage-error.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: it failed, write`), { code, syscall: 'write' });
const sqliteError = (errcode: number) => Object.assign(new Error('it failed'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('what a person is told about the disk', () => {
  it.each([
    [
      'a full disk',
      systemError('ENOSPC'),
      'the disk is full. Free some space and start again; what was acknowledged is safe.',
    ],
    [
      'a full quota',
      systemError('EDQUOT'),
      'the disk is full. Free some space and start again; what was acknowledged is safe.',
    ],
    [
      'a database on a full disk',
      sqliteError(13),
      'the disk is full. Free some space and start again; what was acknowledged is safe.',
    ],
    [
      'no permission',
      systemError('EACCES'),
      'permission denied. Give this user read and write access, or choose another data folder.',
    ],
    [
      'a read-only disk',
      systemError('EROFS'),
      'it is read-only. Choose a data folder on a disk that can be written to.',
    ],
    [
      'too many open files',
      systemError('EMFILE'),
      'too many files are open. Raise the limit (ulimit -n) and start again.',
    ],
    [
      'a database another process holds',
      sqliteError(261),
      'another process is holding it. Stop that process, or wait until it has finished.',
    ],
    ['a damaged database', sqliteError(11), 'it is damaged. Move it away (keep it for analysis) and start again.'],
    ['anything else of the system', systemError('EXDEV'), 'EXDEV: it failed, write'],
  ])('%s', (_, error, message) => {
    const told = explain('write', '/data/queues.sqlite', error);
    expect(told).toBeInstanceOf(StorageError);
    expect(told).toMatchObject({
      path: '/data/queues.sqlite',
      message: `Cannot write /data/queues.sqlite: ${message}`,
      cause: error,
    });
  });

  it.each([
    ['a mistake of the program', new TypeError('x is undefined')],
    ['an SQL mistake', sqliteError(1)],
    ['what was explained already', new StorageError('/a', 'Cannot write /a: …')],
    ['what is no error', 'text'],
  ])('%s stays what it is', (_, error) => {
    expect(explain('write', '/data', error)).toBe(error);
  });
});
