import * as z from 'zod';
import { about, checked, either, settings } from './fields.ts';
import type { Keep } from './frozen-pipeline.ts';

export const keepWrittenSchema = either('leave, delete or { archive: "archive/" }', [
  z.literal('leave'),
  z.literal('delete'),
  settings('keep', {
    archive: about(
      'Move the drop: the folder is put in front of its key. No pipeline may take drops from it.',
      'archive/',
      checked('a folder that ends in "/", such as "archive/"', prefixMistake),
    ),
  }),
]).transform((keep): Keep => (typeof keep === 'string' ? { kind: keep } : { kind: 'archive', prefix: keep.archive }));

function prefixMistake(prefix: string): string | undefined {
  if (prefix.startsWith('/') || prefix.includes('\\') || !prefix.endsWith('/')) {
    return 'a folder that ends in "/" and does not begin with it, such as "archive/"';
  }
  if (/[*?[\]{}!]/.test(prefix)) return 'one folder, such as "archive/", not a pattern';
  const parts = prefix.slice(0, -1).split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..')
    ? 'a folder without empty, "." or ".." parts'
    : undefined;
}
