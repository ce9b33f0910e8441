import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../shared/pipeline/duration.ts';
import { nearMatches } from '../../shared/pipeline/near.ts';
import { originMistake } from '../../shared/pipeline/origin.ts';
import { scheduleMistake, timezoneMistake } from '../../shared/pipeline/schedule-expression.ts';
import { cronFields } from '../../shared/pipeline/schedule-times.ts';

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['2min', 120],
    ['2m', 120],
    ['2h', 7200],
    ['2 h', 7200],
    ['1h 30min', 5400],
    ['1h30m10s', 5410],
    ['1d', 86_400],
    ['0s', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', ' ', '2', '2 hours', '-1s', '1.5h', '10s 1h', 'h', '2H'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('near matches', () => {
  it.each([
    ['a swap of letters', 'worskpace', ['workspace', 'model'], ['workspace']],
    ['another case', 'load sales', ['Load Sales', 'Load Costs'], ['Load Sales']],
    ['other punctuation', 'Load_Sales', ['Load Sales'], ['Load Sales']],
    ['a part of the name', 'Sales', ['Load Sales', 'Load Costs'], ['Load Sales']],
    ['nothing near', 'Headcount', ['Load Sales', 'Load Costs'], []],
    [
      'the nearest first',
      'Load Sale',
      ['Load Sales FY26', 'Load Sales', 'Load Salt'],
      ['Load Sales', 'Load Salt', 'Load Sales FY26'],
    ],
  ])('%s', (_, word, candidates, expected) => {
    expect(nearMatches(word, candidates)).toEqual(expected);
  });

  it('always find the word itself first', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (word, others) => {
        const folded = others.filter(
          (other) => other.normalize('NFKC').toLowerCase() !== word.normalize('NFKC').toLowerCase(),
        );
        const near = nearMatches(word, [...folded, word], folded.length + 1);
        expect(near).toContain(word);
      }),
    );
  });
});

describe('a schedule', () => {
  it.each([
    'cron(0 6 ? * MON-FRI *)',
    'cron(0/15 * * * ? *)',
    'cron(30 23 L * ? *)',
    'cron(0 8 1W * ? 2026-2030)',
    'cron(0 10 ? JAN,APR,jul 6L *)',
    'cron(0 10 ? * TUE#2 *)',
    'cron(0 0 1,15 1-12/3 ? *)',
    'cron(0 6 29 FEB ? *)',
    'cron(0 6 29-31 2 ? 2028)',
    'cron(0 6 1/30 4,5 ? *)',
    'cron(0 6 ? FEB MON#5 *)',
    'cron(0 6 L FEB ? *)',
  ])('%s is one', (expression) => {
    expect(scheduleMistake(expression)).toBeUndefined();
    expect(cronFields(expression)).toHaveLength(6);
  });

  it.each(['at(2026-01-01T00:00:00)', 'rate(1 day)', 'rate(15 minutes)'])('%s is one too', (expression) => {
    expect(scheduleMistake(expression)).toBeUndefined();
  });

  it.each([
    '',
    'cron()',
    'cron(0 6 * * ?)',
    'cron(60 6 * * ? *)',
    'cron(0 6 ? * ? *)',
    'cron(0 6 ? * FRI-MON *)',
    'cron(0 6 32 * ? *)',
    'cron(a b c d e f)',
    'cron(0//5 6 * * ? *)',
    'cron(0 6 30 2 ? *)',
    'cron(0 6 29 2 ? 2027)',
    'at(2026-02-29T00:00:00)',
    'at(2026-01-01)',
    'rate(1 days)',
    'rate(2 hour)',
    'rate(0 minutes)',
    'rate(5 seconds)',
  ])('"%s" is none', (expression) => {
    expect(scheduleMistake(expression)).toBeTypeOf('string');
  });
});

describe('a schedule that no day of the calendar fits', () => {
  it.each([
    'cron(0 6 30 FEB ? *)',
    'cron(0 6 31 2,4,JUN,9,11 ? *)',
    'cron(0 6 29 FEB ? 2026,2027)',
    'cron(0 6 31W APR ? *)',
    'cron(0 6 ? FEB TUE#5 2026)',
    'cron(0 6 30/2 2 ? *)',
  ])('%s is a mistake', (expression) => {
    expect(scheduleMistake(expression)).toContain('never fires');
  });
});

describe('a time zone', () => {
  // https://github.com/eggert/tz/blob/main/backward, and the names of rules such as CET
  const SHORT = ['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'WET'];

  it.each(['UTC', 'Europe/London', 'America/Argentina/Buenos_Aires', 'Asia/Calcutta', ...SHORT])(
    '%s is one',
    (name) => {
      expect(timezoneMistake(name)).toBeUndefined();
    },
  );

  it.each(['', 'London', '+02:00', 'europe/london', 'Mars/Olympus', 'bst'])('"%s" is none', (name) => {
    expect(timezoneMistake(name)).toBeTypeOf('string');
  });

  it('has no name of three letters besides those of the IANA database, whatever Node takes', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const names = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    expect(names.filter((name) => timezoneMistake(name) === undefined)).toEqual([...SHORT, 'UTC'].toSorted());
  });
});

describe('an address', () => {
  it.each(['https://api.anaplan.com', 'https://api.anaplan.com/', 'http://localhost:7080', 'http://[::1]'])(
    '%s is one',
    (text) => {
      expect(originMistake(text)).toBeUndefined();
    },
  );

  it.each([
    '',
    'api.anaplan.com',
    'ftp://api.anaplan.com',
    'http://api.anaplan.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'https://me:secret@api.anaplan.com',
    'https://api.anaplan.com/2/0',
    'https://api.anaplan.com?x=1',
  ])('"%s" is none', (text) => {
    expect(originMistake(text)).toBeTypeOf('string');
  });
});
