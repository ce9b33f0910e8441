import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../shared/diagnosis/shell-word.ts';

describe('a path in a command', () => {
  it.each(['mended/sales.csv', 'C:\\data\\sales.csv'])(
    'stays %s where a shell reads it as it stands, or where it is for another shell',
    (path) => {
      expect(shellWord(path)).toBe(path);
    },
  );

  it.each(['sales march.csv', '$HOME/`id`.csv', 'it\'s "new".csv', 'a;b&c|d.csv', ''])(
    'comes back as %s from a shell',
    (path) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(path)}`], { encoding: 'utf8' })).toBe(path);
    },
  );
});
