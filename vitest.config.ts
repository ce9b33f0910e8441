import { join, relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, and their folders: what started last would run alone, with one processor idle. */
const LONG = [
  'test/end-to-end/run.test.ts',
  'test/end-to-end/local.test.ts',
  'test/simulation/',
  'test/run/crash.test.ts',
  'test/end-to-end/redrive.test.ts',
  'test/run/faults.test.ts',
  'test/run/lane.test.ts',
  'test/end-to-end/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((path) => relative(import.meta.dirname, moduleId).startsWith(path));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

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
    // No file changes what another could see, so a worker keeps its modules: loading them anew takes a tenth of the time. So no helper may
    // register a hook when it is loaded: only the first file that loads it would have that.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
