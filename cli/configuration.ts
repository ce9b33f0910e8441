import { unknownPipeline } from '../shared/pipeline/freeze.ts';
import { readConfiguration } from '../shared/pipeline/load-configuration.ts';
import { oauthUrlBeside, originMistake } from '../shared/pipeline/origin.ts';
import type { Configuration, Pipeline } from '../shared/pipeline/schema.ts';
import { CommandError } from './command-error.ts';

const ORIGINS = { ANAPLAN_API_URL: 'apiUrl', ANAPLAN_AUTH_URL: 'authUrl', ANAPLAN_OAUTH_URL: 'oauthUrl' } as const;

type Addresses = Partial<Record<(typeof ORIGINS)[keyof typeof ORIGINS], string>>;

/** Where Anaplan is, as the environment says. @throws CommandError when that is no address */
export function addressesIn(env: NodeJS.ProcessEnv): Addresses {
  const addresses: Addresses = {};
  for (const [variable, key] of Object.entries(ORIGINS)) {
    const value = env[variable]?.trim();
    if (value === undefined || value === '') continue;
    const mistake = originMistake(value);
    if (mistake !== undefined) {
      const whatToCheck = [`Mend ${variable}, or unset it to use the address in the configuration.`];
      throw new CommandError(`${variable} must be ${mistake}.`, { whatToCheck });
    }
    addresses[key] = value.replace(/\/$/, '');
  }
  return addresses;
}

/** The configuration of a file, with what the environment says instead of it. @throws ConfigurationError, ConfigurationFileError, CommandError */
export async function configurationFor(file: string, env: NodeJS.ProcessEnv): Promise<Configuration> {
  const configuration = await readConfiguration(file, env);
  const anaplan = { ...configuration.anaplan, ...addressesIn(env) };
  const { authUrl, oauthUrl } = configuration.anaplan;
  // What followed from the file's address follows from the environment's.
  if (anaplan.oauthUrl === oauthUrl && oauthUrl === oauthUrlBeside(authUrl))
    anaplan.oauthUrl = oauthUrlBeside(anaplan.authUrl);
  return { ...configuration, anaplan };
}

/** @throws CommandError that lists the pipelines there are */
export function requirePipeline(name: string, configuration: Configuration): Pipeline {
  const pipeline = Object.hasOwn(configuration.pipelines, name) ? configuration.pipelines[name] : undefined;
  if (pipeline === undefined)
    throw new CommandError(capitalised(unknownPipeline(name, configuration)), {
      whatToCheck: ['Name one of these with --pipeline, or another configuration with --config.'],
    });
  return pipeline;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
