import { describe, expect, it } from 'vitest';
import { logBeside } from '../../cli/log-beside.ts';

function said(where: { json?: boolean; isTerminal: boolean }): string[] {
  const lines: string[] = [];
  const log = logBeside((line) => lines.push(line), 'warn', where);
  log.info('not worth a word');
  log.warn('upload-file gave 1 of 1 messages back', { queue: 'upload' });
  log.error('The watch failed.', { error: new Error('the disk is full') });
  return lines;
}

describe('the log beside the progress', () => {
  it('is sentences where a person reads it on a terminal', () => {
    expect(said({ isTerminal: true })).toEqual([
      'Warning: upload-file gave 1 of 1 messages back (queue upload).',
      'Error: The watch failed: the disk is full.',
    ]);
  });

  it.each([
    ['nobody sits at a terminal', { isTerminal: false }],
    ['JSON was asked for', { isTerminal: true, json: true }],
  ])('is JSON, one object a line, where %s', (_, where) => {
    expect(said(where).map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', message: 'upload-file gave 1 of 1 messages back', queue: 'upload' },
      { level: 'error', message: 'The watch failed.', error: { message: 'the disk is full' } },
    ]);
    expect(said(where).join('')).not.toContain('\n');
  });
});
