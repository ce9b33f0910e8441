/** For standard output to reach a slow reader. */
const GRACE_MS = 1000;

/**
 * Ends this process, whatever it is still at, such as the copy of a large file: for somebody who has interrupted it. Everything that
 * matters is on the disk.
 */
export function endSoon(): void {
  setTimeout(() => process.exit(), GRACE_MS).unref();
}
