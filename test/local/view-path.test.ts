import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewPath } from '../../infra/local/view-path.ts';

describe('viewPath', () => {
  it.each([
    ['a dump keeps its name', 'dumps/20261120-ab12/1-0-112000000001.csv', 'dumps/20261120-ab12/1-0-112000000001.csv'],
    ['spaces, + and letters of any language stay', 'sales/März + FY26.csv', 'sales/März + FY26.csv'],
    ['a file without an extension is marked', 'lanes/m1/holder', 'lanes/m1/holder%'],
    ['a folder with a dot is marked', 'dumps/r1.1/x.csv', 'dumps/r1.1%/x.csv'],
    ['no way up', '../../etc/passwd', '%2/%2/etc/passwd%'],
    ['no absolute path', '/etc/passwd', '%0/etc/passwd%'],
    ['what Windows reserves is escaped', 'a:b?.csv', 'a%3Ab%3F.csv'],
  ])('%s', (_, key, path) => {
    expect(viewPath(key)).toBe(path);
  });

  const part = fc.oneof(
    fc.constantFrom('a', 'b', '.', '..', '', '%', '%25', '%0', '~', 'a.b', 'x'.repeat(250), '%~'),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  );
  const key = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));

  it('gives different keys paths that can exist beside each other', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const [a, b] = [viewPath(one), viewPath(other)];
        if (one === other) return a === b;
        return a !== b && !a.startsWith(`${b}/`) && !b.startsWith(`${a}/`);
      }),
      { numRuns: 3000 },
    );
  });

  it('stays inside its folder, with names that file systems take', () => {
    fc.assert(
      fc.property(key, (any) => {
        const names = viewPath(any).split('/');
        return names.every((name) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255);
      }),
    );
  });
});
