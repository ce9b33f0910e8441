import { excerpt } from './words.ts';

/** What means nothing to a shell within quotes, and is no option. */
const PLAIN = /^[\p{L}\p{N}._][\p{L}\p{N} ._-]*$/u;

/**
 * The command that lets the runs of a held lane go on, to be pasted into a shell. A name that a shell would read otherwise than it stands
 * (`$HOME`, `"`), or that is too long to be shown whole, gives way to the model's id.
 */
export function releaseCommand({ name, id }: { name: string; id?: string }): string {
  const isPlain = PLAIN.test(name) && name === excerpt(name, 120);
  const shown = isPlain
    ? `"${name}"`
    : id !== undefined && PLAIN.test(id)
      ? id
      : '<the id that npx plandrop lanes shows>';
  return `npx plandrop lanes release ${shown}`;
}
