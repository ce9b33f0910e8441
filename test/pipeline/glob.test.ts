import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatcher, globsOverlap, globTakesFrom } from '../../shared/pipeline/glob.ts';

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
    ['a choice in any folder', '*/@(a|b)/*.csv', 'archive/**', true],
    ['a choice that spans folders', '@(a/b|c)/*.csv', 'a/b/*', true],
    ['a repetition that spans folders', '+(a/b|c)/*.csv', 'a/b/*', undefined],
    ['two stars within a name', 'sales/x**.csv', 'archive/**', false],
    ['two stars that a pattern begins with', '**.csv', 'archive/*.csv', false],
    ['two stars before braces', 'x/**{a,b}.csv', 'x/y/*.csv', false],
    ['two stars before a comma', '{x/**,z}.csv', 'x/y/*.csv', false],
    ['two stars that are a folder in braces', '{x/**,z}/a.csv', 'x/y/*.csv', true],
    ['a wildcard in braces and a hidden file', '{*,a}.csv', '.b.csv', false],
    ['a choice of two folders', '@(sales|hr)/*.csv', 'archive/**', false],
    ['a choice that takes the folder', '@(sales|hr)/*.csv', 'hr/a*', true],
    ['a choice that is denied', '!(@(a|b))/*.csv', 'b/c.csv', false],
    ['a choice that is repeated', '+(@(a|b))/*.csv', 'ab/c.csv', true],
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
    const blurred = folders.chain((key) =>
      fc.record({ key: fc.constant(key.join('/')), a: blurAcross(key), b: blurAcross(key) }),
    );
    fc.assert(
      fc.property(blurred, ({ key, a, b }) => {
        fc.pre(globMatcher(a)(key) && globMatcher(b)(key));
        expect(globsOverlap(a, b)).not.toBe(false);
      }),
      { numRuns: 1000 },
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
    ['takes one more letter behind a choice', 'sales/@(emea|apac)?.csv', 'sales/emea1.csv', true],
    ['takes no fewer letters behind a choice', 'sales/@(emea|apac)?.csv', 'sales/emea.csv', false],
    ['takes two more letters behind a repetition', 'sales/+(a|b)??.csv', 'sales/abcd.csv', true],
    ['takes no fewer letters behind a repetition', 'sales/+(a|b)??.csv', 'sales/a.csv', false],
    ['takes any letter at the beginning of a repetition', 'sales/x+(?a|b).csv', 'sales/x1a.csv', true],
    ['takes what may be there', 'sales?(-final).csv', 'sales-final.csv', true],
    ['takes a range in braces for letters', 'sales/{1..3}.csv', 'sales/{1..3}.csv', true],
    ['takes no range in braces', 'sales/{1..3}.csv', 'sales/2.csv', false],
    ['takes braces without a comma for letters', '{a{1..3},b}.csv', 'a{1..3}.csv', true],
    ['takes many braces', '{a,b{1..3}}'.repeat(6), 'ab{1..3}ab{1..3}aa', true],
    ['takes no letter of a class that "!" denies', 'sales/[!0-9]*.csv', 'sales/1.csv', false],
    ['takes any letter that "!" does not deny', 'sales/[!0-9]*.csv', 'sales/a.csv', true],
    ['takes no hidden file for a denied letter', 'sales/[!0-9]*.csv', 'sales/.a.csv', false],
    ['takes an exclamation mark in brackets', 'sales[!].csv', 'sales[!].csv', true],
    ['takes two stars within a name for one', 'sales/x**.csv', 'sales/x/a.csv', false],
    ['takes two stars at its beginning for one', '**.csv', 'sales/a.csv', false],
    ['takes folders of any depth in braces', '{sales/**,hr}/*.csv', 'sales/a/b/c.csv', true],
    ['takes one of several in a class for letters', '[{a,b}].csv', ',.csv', true],
    ['leaves classes as they are', '[(+|"]/*.csv', '|/a.csv', true],
    ['takes an umlaut of a Mac', 'K\u00f6ln/*.csv', 'Ko\u0308ln/a.csv', true],
    ['written on a Mac takes an umlaut', 'Ko\u0308ln/?.csv', 'K\u00f6ln/u\u0308.csv', true],
  ])('%s', (_, glob, key, expected) => {
    expect(globMatcher(glob)(key)).toBe(expected);
  });
});

describe('the files of a folder', () => {
  it.each([
    ['are taken by any depth', 'archive', '**/*.csv', true],
    ['are taken by any depth below it', 'archive', 'archive/**', true],
    ['are taken in a hidden folder', 'archive', '**/.inbox/*.csv', true],
    ['are taken in a hidden folder below it', 'archive', 'archive/.in/*.csv', true],
    ['are taken by a class', 'archive', '[a-c]*/*.csv', true],
    ['are not taken by another class', 'archive', '[b-d]*/*.csv', false],
    ['are not taken by another choice', 'archive', '@(sales|hr)/*.csv', false],
    ['are not taken by the key of a file', 'archive', '*', false],
    ['are not taken from a folder that begins alike', 'archive', 'archive2/*.csv', false],
    ['are taken in the second folder', 'done/2026', '*/20??/*.csv', true],
    ['are not taken in the first folder', 'done/2026', 'done/*.csv', false],
    ['are not taken by any depth from a hidden folder', '.done', '**/*.csv', false],
    ['may be taken by a repetition of folders', 'archive', '+(a/b|archive/c)/*.csv', undefined],
  ])('%s', (_, folder, glob, expected) => {
    expect(globTakesFrom(folder, glob)).toBe(expected);
  });
});

/** A name with a wildcard of brackets in place of some letters. */
function bracketed(name: string): fc.Arbitrary<string> {
  const parts = [...name].map((letter) =>
    letter === '.'
      ? fc.constant(letter)
      : fc.constantFrom(letter, `[${letter}x]`, `@(${letter}|y)`, `+(${letter}|y)`, '[^x]', '[!x]', '*', '**', '?'),
  );
  return fc.tuple(...parts).map((letters) => letters.join(''));
}

/** A blurred key, with two stars for a part of it, or a list that begins and ends anywhere. */
function blurAcross(key: readonly string[]): fc.Arbitrary<string> {
  const listed =
    (list: (one: string) => string) =>
    ([text, from, to]: [string, number, number]) => {
      const [start, end] = [Math.min(from, to), Math.max(from, to)];
      return text.slice(0, start) + list(text.slice(start, end)) + text.slice(end);
    };
  const place = fc.nat({ max: 8 });
  const withStars = fc.tuple(fc.constant(key.join('/')), place, place).map(listed(() => '**'));
  const blurred = fc.oneof(blur(key), withStars);
  const lists = [(one: string) => `{${one},z}`, (one: string) => `@(z|${one})`, (one: string) => `+(${one}|z)`];
  return fc.oneof(blurred, ...lists.map((list) => fc.tuple(blurred, place, place).map(listed(list))));
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
