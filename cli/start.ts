import { asCommandError, CommandError } from './command-error.ts';
import { type Show, showSamples } from './start/show-samples.ts';

/**
 * `npm start`: every sample through the whole way, against the simulator; with `--all` also the pipelines of a whole team. Exits with 0 when
 * each ended as it should.
 */

const SAMPLES: Show = {
  name: 'samples',
  title: (count) => `its ${count} samples`,
  configuration: 'plandrop.yaml',
  samples: 'samples/samples.yaml',
  scenario: 'samples/weather.yaml',
  dataDir: '.plandrop/start',
};
const TEAM: Show = {
  name: 'team',
  title: (count) => `the ${count} pipelines of a team, all at once,`,
  configuration: 'samples/team/plandrop.yaml',
  samples: 'samples/team/samples.yaml',
  tenant: 'samples/team/tenant.yaml',
  dataDir: '.plandrop/start-team',
  atOnce: true,
};

try {
  const shows = showsOf(process.argv.slice(2));
  let areAllAsExpected = true;
  for (const show of shows) areAllAsExpected = (await showSamples(show)) && areAllAsExpected;
  process.exitCode = areAllAsExpected ? 0 : 1;
} catch (error) {
  process.stderr.write(`npm start: ${asCommandError(error).message}\n`);
  process.exitCode = 1;
}

function showsOf(args: readonly string[]): Show[] {
  const [arg, ...others] = args;
  if (arg === undefined) return [SAMPLES];
  if (arg === '--all' && others.length === 0) return [SAMPLES, TEAM];
  throw new CommandError(`${args.join(' ')} means nothing here; there is npm start, and npm start -- --all.`);
}
