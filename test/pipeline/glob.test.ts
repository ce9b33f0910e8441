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
    ['classes in two folders', 'sales/[ab]*', 'costs/[bc]*', false],
    ['classes and another ending', '**/sales_[0-9]*.csv', 'archive/*.txt', false],
    ['a class that could be a dot', 'a/[.b]*.csv', 'a/.c*', undefined],
    ['a choice in another folder', 'sales/@(a|b)/*.csv', 'archive/**', false],
    ['a choice in any folder', '*/@(a|b)/*.csv', 'archive/**', undefined],
    ['a choice that spans folders', '@(a/b|c)/*.csv', 'a/b/*', undefined],
    ['two stars within a name', 'sales/x**.csv', 'archive/**', false],
    ['two stars that a pattern begins with', '**.csv', 'archive/*.csv', undefined],
    ['parentheses that are plain letters', 'Sales (EMEA)/*.csv', 'Sales (APAC)/*.csv', false],
    ['the same parentheses', 'Sales (EMEA)/*.csv', 'Sales (EMEA)/a*', true],
    ['an umlaut written in two ways', 'K\u00f6ln/*.csv', 'Ko\u0308ln/a*', true],
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

it('compares patterns of many wildcards at once', () => {
  const started = performance.now();
  expect(globsOverlap(`${'*a'.repeat(14)}b`, `${'*a'.repeat(14)}c`)).toBe(false);
  expect(globsOverlap(`${'**/a/'.repeat(14)}b`, `${'**/a/'.repeat(14)}c`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});

describe('a pattern', () => {
  it.each([
    ['takes parentheses for letters', 'Sales (EMEA)/*.csv', 'Sales (EMEA)/a.csv', true],
    ['does not take what stands in parentheses alone', 'Sales (EMEA)/*.csv', 'Sales EMEA/a.csv', false],
    ['takes a number in parentheses', 'sales (1)/*.csv', 'sales (1)/a.csv', true],
    ['takes parentheses within braces', '{a (1),b}/*.csv', 'a (1)/a.csv', true],
    ['takes a choice for a choice', '@(a|b (1))/*.csv', 'b (1)/a.csv', true],
    ['takes a parenthesis that is never closed', 'a+(b/*.csv', 'a+(b/a.csv', true],
    ['takes a brace that is never closed', 'a{b/*.csv', 'a{b/a.csv', true],
    ['takes a bar for a letter', 'a|b/*.csv', 'a|b/a.csv', true],
    ['takes a plus sign behind braces', '{a,b}+c/*.csv', 'a+c/a.csv', true],
    ['takes quotes', 'a "b"/*.csv', 'a "b"/a.csv', true],
    ['leaves classes as they are', '[(+|"]/*.csv', '|/a.csv', true],
    ['takes an umlaut of a Mac', 'K\u00f6ln/*.csv', 'Ko\u0308ln/a.csv', true],
    ['written on a Mac takes an umlaut', 'Ko\u0308ln/?.csv', 'K\u00f6ln/u\u0308.csv', true],
  ])('%s', (_, glob, key, expected) => {
    expect(globMatcher(glob)(key)).toBe(expected);
  });
});

/** A name with a wildcard of brackets in place of some letters. */
function bracketed(name: string): fc.Arbitrary<string> {
  const parts = [...name].map((letter) =>
    letter === '.' ? fc.constant(letter) : fc.constantFrom(letter, `[${letter}x]`, `@(${letter}|y)`, '[^x]', '*'),
  );
  return fc.tuple(...parts).map((letters) => letters.join(''));
}

function blur(key: readonly string[]): fc.Arbitrary<string> {
  const parts = key.map((name) =>
    fc.oneof(
      fc.constantFrom(name, '*', '**'),
      bracketed(name),
      fc
        .tuple(...[...name].map((letter) => fc.constantFrom(letter, letter, '?', '*')))
        .map((letters) => letters.join('').replace(/\*+/g, '*')),
    ),
  );
  return fc.tuple(...parts).map((names) => names.join('/'));
}
