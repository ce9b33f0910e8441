import type { Simulated } from './simulate.ts';

/** What a person needs who wants to see a seed again. */
export function replayOf({ seed, trace, violations }: Simulated): string {
  return [
    `Seed ${seed} breaks a promise. See it again with`,
    `  npm run simulation -- --first ${seed} --seeds 1 --trace`,
    ...violations.map((what) => `- ${what}`),
    'The last that happened:',
    ...trace.slice(-40),
  ].join('\n');
}
