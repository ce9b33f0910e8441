import { defineConfig } from 'vitest/config';

/** What `npm run test:package` runs: the package as others get it. Needs the npm registry, or a warm cache of npm's. */
export default defineConfig({
  test: {
    // Build servers set CI, which turns colours on where there is no terminal; tests compare plain words.
    env: { NO_COLOR: '1' },
    include: ['test/package/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
