import { defineConfig } from 'vitest/config';

/** What `npm run test:aws` runs: the AWS adapters against a server at `AWS_ENDPOINT_URL`, for instance `.ci/moto npm run test:aws`. */
export default defineConfig({
  test: {
    include: ['test/aws/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
