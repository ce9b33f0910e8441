import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What `npm test` runs: everything that needs nothing but Node. */
export default defineConfig({
  test: {
    // Build servers set CI, which turns colours on where there is no terminal; tests compare plain words.
    env: {
      NO_COLOR: '1',
      // Commands that tests start are not compiled anew each time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
    },
    include: ['test/**/*.test.ts'],
    exclude: ['test/aws/**', 'test/heavy/**', 'test/browser/**', 'test/package/**'],
    // By default a machine of two cores gets one worker; many files here wait for processes and clocks.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
