import { defineConfig } from 'vitest/config';

/** What `npm run test:aws` runs: the AWS adapters against a server at `AWS_ENDPOINT_URL`, for instance `.ci/moto npm run test:aws`. */
export default defineConfig({
  test: {
    // Build servers set CI, which turns colours on where there is no terminal; tests compare plain words.
    env: { NO_COLOR: '1' },
    include: ['test/aws/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
