import type { Simulated } from './simulate.ts';
import type { Story } from './story.ts';

/** The same story, told again on purpose: what a person needs who wants to see it. */
export function tell(
  { violations, trace = [] }: Pick<Simulated, 'violations'> & Partial<Simulated>,
  lines = 60,
): string {
  return [
    ...violations.map((what) => `- ${what}`),
    ...(trace.length === 0
      ? []
      : [`The last ${Math.min(lines, trace.length)} of ${trace.length} things that happened:`]),
    ...trace.slice(-lines),
  ].join('\n');
}

/** A story in a few plain lines. */
export function summaryOf(story: Story): string {
  const { like, models, pipelines, happenings, faults, stormSeconds, stormOperations, watchSeconds, concurrency } =
    story;
  const until = stormOperations === undefined ? '' : `, at most ${stormOperations} operations`;
  return [
    `${like}, ${models} models, ${concurrency} messages of a queue at a time, ${watchSeconds === null ? 'no watch' : `a watch every ${watchSeconds} s`}; a storm of ${stormSeconds} s${until}`,
    ...Object.entries(pipelines).map(
      ([name, { model, steps, onFailure }]) =>
        `  ${name} in ${model}: ${steps.join(', ')}; after a failure ${onFailure}`,
    ),
    ...happenings.map(({ atSeconds, what, ...rest }) => `  after ${atSeconds} s: ${what} ${JSON.stringify(rest)}`),
    ...Object.entries(faults).map(([name, chance]) => `  now and then (${(chance * 100).toFixed(1)} %): ${name}`),
  ].join('\n');
}
