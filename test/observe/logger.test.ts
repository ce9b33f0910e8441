import { describe, expect, it } from 'vitest';
import { jsonLogger, memoryLogger, registerSecret, silentLogger } from '../../shared/observe/index.ts';
import { powertoolsLogger } from '../../shared/observe/powertools-logger.ts';

const secret = 'a-token-nobody-may-see';
registerSecret(secret);

describe('jsonLogger', () => {
  const logged = (level: 'debug' | 'info' | 'warn') => {
    const lines: string[] = [];
    const logger = jsonLogger(
      (line) => lines.push(line),
      level,
      () => 0,
    );
    return { lines, logger, entries: () => lines.map((line) => JSON.parse(line)) };
  };

  it('writes one JSON line per entry, with the fields of its parents', () => {
    const { logger, lines, entries } = logged('info');
    logger.child({ runId: 'r1' }).child({ step: 2 }).info('chunk sent', { index: 3 });
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(entries()).toEqual([
      { time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'chunk sent', runId: 'r1', step: 2, index: 3 },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { logger, entries } = logged('warn');
    logger.debug('no');
    logger.info('no');
    logger.warn('yes');
    logger.error('yes');
    expect(entries().map((entry) => entry.message)).toEqual(['yes', 'yes']);
  });

  it('lets no field replace time, level or message', () => {
    const { logger, entries } = logged('info');
    logger.info('true', { message: 'false', level: 'error' });
    expect(entries()[0]).toMatchObject({ message: 'true', level: 'info' });
  });

  it('redacts message, fields and errors', () => {
    const { logger, lines } = logged('debug');
    logger.child({ note: secret }).error(`saw ${secret}`, { error: new Error('outer', { cause: new Error(secret) }) });
    expect(lines.join('')).not.toContain(secret);
    expect(lines.join('')).toContain('outer');
  });
});

describe('powertoolsLogger', () => {
  it('hands redacted entries to Powertools at their level', () => {
    const seen: unknown[] = [];
    const take =
      (level: string) =>
      (message: unknown, ...more: unknown[]) =>
        void seen.push([level, message, ...more]);
    const logger = powertoolsLogger({
      debug: take('debug'),
      info: take('info'),
      warn: take('warn'),
      error: take('error'),
    });
    logger.child({ runId: 'r1' }).warn(`saw ${secret}`, { password: 'x' });
    expect(seen).toEqual([['warn', 'saw [redacted]', { runId: 'r1', password: '[redacted]' }]]);
  });
});

describe('memoryLogger', () => {
  it('keeps what was said, by children too', () => {
    const logger = memoryLogger();
    logger.child({ a: 1 }).debug('here');
    expect(logger.entries).toEqual([{ level: 'debug', message: 'here', fields: { a: 1 } }]);
  });
});

it('the silent logger says nothing, nor do its children', () => {
  expect(silentLogger.child({})).toBe(silentLogger);
  expect(silentLogger.error('x')).toBeUndefined();
});
