/** A path as it can be pasted into a command: in quotes where a shell would read it otherwise than it stands. */
export function shellWord(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
