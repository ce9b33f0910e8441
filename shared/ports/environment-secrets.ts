import { existsSync, readFileSync } from 'node:fs';
import { type Credentials, MissingCredentialsError, type Secrets } from './secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const WAYS = [
  'ANAPLAN_USERNAME and ANAPLAN_PASSWORD',
  'ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY',
  'ANAPLAN_CLIENT_ID and ANAPLAN_REFRESH_TOKEN',
].join(', or ');

/** Credentials from `ANAPLAN_…` variables; an empty one means unset. Read at each asking, so that a change is taken up. */
export function environmentSecrets(env: Environment): Secrets {
  return { credentials: async () => credentialsOf(env) };
}

/**
 * The first way to sign in of which anything is set: basic, certificate, OAuth.
 * @throws MissingCredentialsError naming the variables that are not set
 */
export function credentialsOf(env: Environment): Credentials {
  const value = (name: string) => env[name]?.trim() || undefined;
  const [username, password] = [value('ANAPLAN_USERNAME'), value('ANAPLAN_PASSWORD')];
  if (username !== undefined || password !== undefined) {
    return { kind: 'basic', username: need('ANAPLAN_USERNAME', username), password: need('ANAPLAN_PASSWORD', password) };
  }
  const [certificate, privateKey] = [value('ANAPLAN_CERTIFICATE'), value('ANAPLAN_PRIVATE_KEY')];
  if (certificate !== undefined || privateKey !== undefined) {
    const passphrase = value('ANAPLAN_PRIVATE_KEY_PASSPHRASE');
    return {
      kind: 'certificate',
      certificatePem: pem('ANAPLAN_CERTIFICATE', need('ANAPLAN_CERTIFICATE', certificate)),
      privateKeyPem: pem('ANAPLAN_PRIVATE_KEY', need('ANAPLAN_PRIVATE_KEY', privateKey)),
      ...(passphrase === undefined ? {} : { passphrase }),
    };
  }
  const [clientId, refreshToken] = [value('ANAPLAN_CLIENT_ID'), value('ANAPLAN_REFRESH_TOKEN')];
  if (clientId !== undefined || refreshToken !== undefined) {
    const clientSecret = value('ANAPLAN_CLIENT_SECRET');
    return {
      kind: 'oauth',
      clientId: need('ANAPLAN_CLIENT_ID', clientId),
      refreshToken: need('ANAPLAN_REFRESH_TOKEN', refreshToken),
      ...(clientSecret === undefined ? {} : { clientSecret }),
    };
  }
  throw new MissingCredentialsError(`No way to sign in to Anaplan is set. Set ${WAYS}.`);
}

function need(name: string, value: string | undefined): string {
  if (value === undefined) throw new MissingCredentialsError(`${name} is not set, and its counterpart is.`);
  return value;
}

/** PEM text, or the path of a file that holds it. */
function pem(name: string, value: string): string {
  if (value.includes('-----BEGIN')) return value;
  if (!existsSync(value)) throw new MissingCredentialsError(`${name} is neither PEM text nor the path of a file that is there.`);
  const text = readFileSync(value, 'utf8');
  if (!text.includes('-----BEGIN')) throw new MissingCredentialsError(`The file that ${name} names does not hold PEM text.`);
  return text;
}
