import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What `npm run test:heavy` runs: large files and whole runs of the samples; minutes, not seconds. */
export default defineConfig({
  test: {
    // Build servers set CI, which turns colours on where there is no terminal; tests compare plain words.
    env: {
      NO_COLOR: '1',
      // Commands that tests start are not compiled anew each time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
    },
    include: ['test/heavy/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
