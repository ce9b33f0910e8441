import { readFileSync } from 'node:fs';
import { type Credentials, MissingCredentialsError, type Secrets } from './secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const WAYS = [
  'ANAPLAN_USERNAME and ANAPLAN_PASSWORD',
  'ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY',
  'ANAPLAN_CLIENT_ID and ANAPLAN_REFRESH_TOKEN',
].join(', or ');

const PEM_BEGINS = '-----BEGIN';

/** Credentials from `ANAPLAN_…` variables; an empty one means unset. Read at each asking, so that a change is taken up. */
export function environmentSecrets(env: Environment): Secrets {
  return { credentials: async () => credentialsOf(env) };
}

/**
 * The first way to sign in of which anything is set: basic, certificate, OAuth.
 * @throws MissingCredentialsError naming the variables that are not set
 */
export function credentialsOf(env: Environment): Credentials {
  const value = (name: string) => (env[name]?.trim() ? env[name] : undefined);
  const [username, password] = [value('ANAPLAN_USERNAME'), value('ANAPLAN_PASSWORD')];
  if (username !== undefined || password !== undefined) {
    return {
      kind: 'basic',
      username: need('ANAPLAN_USERNAME', username, 'ANAPLAN_PASSWORD'),
      password: need('ANAPLAN_PASSWORD', password, 'ANAPLAN_USERNAME'),
    };
  }
  const [certificate, privateKey] = [value('ANAPLAN_CERTIFICATE'), value('ANAPLAN_PRIVATE_KEY')];
  if (certificate !== undefined || privateKey !== undefined) {
    const passphrase = value('ANAPLAN_PRIVATE_KEY_PASSPHRASE');
    return {
      kind: 'certificate',
      certificatePem: pem('ANAPLAN_CERTIFICATE', need('ANAPLAN_CERTIFICATE', certificate, 'ANAPLAN_PRIVATE_KEY')),
      privateKeyPem: pem('ANAPLAN_PRIVATE_KEY', need('ANAPLAN_PRIVATE_KEY', privateKey, 'ANAPLAN_CERTIFICATE')),
      ...(passphrase === undefined ? {} : { passphrase }),
    };
  }
  const [clientId, refreshToken] = [value('ANAPLAN_CLIENT_ID'), value('ANAPLAN_REFRESH_TOKEN')];
  if (clientId !== undefined || refreshToken !== undefined) {
    const clientSecret = value('ANAPLAN_CLIENT_SECRET');
    return {
      kind: 'oauth',
      clientId: need('ANAPLAN_CLIENT_ID', clientId, 'ANAPLAN_REFRESH_TOKEN'),
      refreshToken: need('ANAPLAN_REFRESH_TOKEN', refreshToken, 'ANAPLAN_CLIENT_ID'),
      ...(clientSecret === undefined ? {} : { clientSecret }),
    };
  }
  throw new MissingCredentialsError(`No way to sign in to Anaplan is set. Set ${WAYS}.`);
}

function need(name: string, value: string | undefined, counterpart: string): string {
  if (value === undefined) throw new MissingCredentialsError(`${name} is not set, and ${counterpart} is: set both.`);
  return value;
}

/** PEM text (an environment file may spell its line breaks `\n`), or the path of a file that holds it. Never quoted: it may be the key. */
function pem(name: string, value: string): string {
  if (value.includes(PEM_BEGINS)) return value.replaceAll('\\n', '\n');
  let text: string;
  try {
    text = readFileSync(value.trim(), 'utf8');
  } catch {
    throw new MissingCredentialsError(`${name} is neither PEM text nor the path of a file that can be read.`);
  }
  if (!text.includes(PEM_BEGINS))
    throw new MissingCredentialsError(`The file that ${name} names does not hold PEM text.`);
  return text;
}
