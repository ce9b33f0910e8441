import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKey, compareKeys } from '../../shared/ports/object-key.ts';

describe('object keys', () => {
  it('are ordered by their UTF-8 bytes', () => {
    const key = fc.string({ unit: 'binary', maxLength: 5 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(key, key, (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
      { numRuns: 2000 },
    );
  });

  it('may have 1,024 bytes', () => {
    expect(() => checkKey('é'.repeat(512))).not.toThrow();
    expect(() => checkKey('é'.repeat(513))).toThrow('A key holds at most 1024 bytes');
  });
});
