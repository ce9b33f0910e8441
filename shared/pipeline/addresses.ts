import { isLoopback, oauthUrlBeside, originMistake } from './origin.ts';
import type { Configuration } from './schema.ts';

const ORIGINS = { ANAPLAN_API_URL: 'apiUrl', ANAPLAN_AUTH_URL: 'authUrl', ANAPLAN_OAUTH_URL: 'oauthUrl' } as const;

export type Addresses = Partial<Record<(typeof ORIGINS)[keyof typeof ORIGINS], string>>;

/** A variable of the environment that should hold an address of Anaplan, and does not. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly variable: string;

  constructor(variable: string, mistake: string) {
    super(`${variable} must be ${mistake}.`);
    this.variable = variable;
  }
}

/** Where Anaplan is, as the environment says. @throws AddressError */
export function addressesIn(env: Readonly<Record<string, string | undefined>>): Addresses {
  const addresses: Addresses = {};
  for (const [variable, key] of Object.entries(ORIGINS)) {
    const value = env[variable]?.trim();
    if (value === undefined || value === '') continue;
    const mistake = originMistake(value);
    if (mistake !== undefined) throw new AddressError(variable, mistake);
    addresses[key] = value.replace(/\/$/, '');
  }
  return addresses;
}

/** @throws AddressError where one is that of this machine, as a simulated tenant has it: no function on AWS reaches that */
export function requireReachable(addresses: Addresses): void {
  for (const [variable, key] of Object.entries(ORIGINS)) {
    const address = addresses[key];
    if (address === undefined || !isLoopback(address)) continue;
    const mistake = `an address that functions on AWS can reach, not ${address}; unset it to deploy the address in the configuration`;
    throw new AddressError(variable, mistake);
  }
}

/** The configuration with these addresses instead of its own. */
export function atAddresses(configuration: Configuration, addresses: Addresses): Configuration {
  const anaplan = { ...configuration.anaplan, ...addresses };
  const { authUrl, oauthUrl } = configuration.anaplan;
  // What followed from the file's address follows from the environment's.
  if (anaplan.oauthUrl === oauthUrl && oauthUrl === oauthUrlBeside(authUrl))
    anaplan.oauthUrl = oauthUrlBeside(anaplan.authUrl);
  return { ...configuration, anaplan };
}
