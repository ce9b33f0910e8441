import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What `npm run test:aws` runs: the AWS adapters against a server at `AWS_ENDPOINT_URL`, for instance `.ci/moto npm run test:aws`. */
export default defineConfig({
  test: {
    // Build servers set CI, which turns colours on where there is no terminal; tests compare plain words.
    env: {
      NO_COLOR: '1',
      // Commands that tests start are not compiled anew each time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
    },
    include: ['test/aws/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
