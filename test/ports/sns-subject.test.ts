import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailSubject } from '../../shared/ports/aws/sns-alerts.ts';

describe('the subject of an SNS message', () => {
  it.each([
    ['plain text stays', 'sales-actuals failed: 404', 'sales-actuals failed: 404'],
    ['accents are dropped', 'Überblick für März', 'Uberblick fur Marz'],
    ['typographic marks become plain ones', '“Load Sales” – failed’s', '"Load Sales" - failed\'s'],
    ['line breaks become a space', 'a\r\n b', 'a b'],
    ['other letters are marked', '売上', '??'],
    ['nothing left', ' \n', 'Plandrop'],
    ['too much is cut', 'x'.repeat(150), `${'x'.repeat(96)}...`],
  ])('%s', (_, subject, expected) => {
    expect(emailSubject(subject)).toBe(expected);
  });

  it('is one that SNS accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (subject) =>
        /^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(emailSubject(subject)),
      ),
    );
  });
});
