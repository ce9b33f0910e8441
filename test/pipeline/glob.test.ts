import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatcher, globsOverlap } from '../../shared/pipeline/glob.ts';

describe('whether two patterns meet', () => {
  it.each([
    ['the same pattern', 'a/*.{csv,txt}', 'a/*.{csv,txt}', true],
    ['a key and a pattern that takes it', 'sales/actuals.csv', 'sales/*.csv', true],
    ['a key and a pattern that does not', 'sales/actuals.txt', 'sales/*.csv', false],
    ['two folders', 'sales/*.csv', 'costs/*.csv', false],
    ['two endings', 'sales/*.csv', 'sales/*.txt', false],
    ['a prefix and an ending', 'sales/a*', 'sales/*.csv', true],
    ['a folder and everything below it', 'sales/*.csv', 'sales/**', true],
    ['one level and two', 'sales/*', 'sales/*/*', false],
    ['any depth', '**/*.csv', 'sales/2026/*', true],
    ['a hidden file and a wildcard', 'sales/.*', 'sales/*', false],
    ['one letter', 'sales/?.csv', 'sales/ab.csv', false],
    ['a hidden folder and any depth', '.cache/*.csv', '**/*.csv', false],
    ['letters in another case', 'Sales/*.csv', 'sales/*.csv', false],
    ['braces and a pattern that takes one of them', 'sales/{a,b}.csv', '*/b.csv', true],
    ['braces and a pattern that takes none of them', '{a,b}/*.csv', 'c/*.csv', false],
    ['nested braces', 'sales/{a,{b,c}}.csv', 'sales/c*', true],
    ['a range in braces, which only a key can decide', 'sales/{1..3}.csv', 'sales/*.csv', undefined],
    ['classes, which only a key can decide', 'sales/[ab]*', 'sales/*.csv', undefined],
  ])('%s', (_, a, b, expected) => {
    expect(globsOverlap(a, b)).toBe(expected);
    expect(globsOverlap(b, a)).toBe(expected);
  });

  it('is never denied when some key matches both', () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 4 })
      .filter((text) => !/^\.+$/.test(text));
    const folders = fc.array(name, { minLength: 1, maxLength: 3 });
    // Two patterns made by blurring the same key, so that most pairs do meet in it.
    const blurred = folders.chain((key) => fc.record({ key: fc.constant(key.join('/')), a: blur(key), b: blur(key) }));
    fc.assert(
      fc.property(blurred, ({ key, a, b }) => {
        fc.pre(globMatcher(a)(key) && globMatcher(b)(key));
        expect(globsOverlap(a, b)).not.toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

function blur(key: readonly string[]): fc.Arbitrary<string> {
  const parts = key.map((name) =>
    fc.oneof(
      fc.constantFrom(name, '*', '**'),
      fc
        .tuple(...[...name].map((letter) => fc.constantFrom(letter, letter, '?', '*')))
        .map((letters) => letters.join('').replace(/\*+/g, '*')),
    ),
  );
  return fc.tuple(...parts).map((names) => names.join('/'));
}
