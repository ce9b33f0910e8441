import { AddressError, type Addresses, addressesIn, atAddresses } from '../shared/pipeline/addresses.ts';
import { unknownPipeline } from '../shared/pipeline/freeze.ts';
import { readConfiguration } from '../shared/pipeline/load-configuration.ts';
import type { Configuration, Pipeline } from '../shared/pipeline/schema.ts';
import { CommandError } from './command-error.ts';

/** Where Anaplan is, as the environment says. @throws CommandError when that is no address */
export function addressesFrom(env: NodeJS.ProcessEnv): Addresses {
  try {
    return addressesIn(env);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    const whatToCheck = [`Mend ${error.variable}, or unset it to use the address in the configuration.`];
    throw new CommandError(error.message, { whatToCheck });
  }
}

/** The configuration of a file, with what the environment says instead of it. @throws ConfigurationError, ConfigurationFileError, CommandError */
export async function configurationFor(file: string, env: NodeJS.ProcessEnv): Promise<Configuration> {
  return atAddresses(await readConfiguration(file, env), addressesFrom(env));
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
