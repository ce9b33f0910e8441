import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** Of the nearest package.json above: this file runs from the sources and from what is built of them. */
export function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { version } = z
        .object({ version: z.string() })
        .parse(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')));
      return version;
    } catch {
      // Not there: it stands one folder higher.
    }
  }
  return 'unknown';
}
