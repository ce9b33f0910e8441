import { defineConfig } from 'vitest/config';

/** What `npm run test:heavy` runs: large files and whole runs of the samples; minutes, not seconds. */
export default defineConfig({
  test: {
    include: ['test/heavy/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
