import { registerSecret } from '../observe/index.ts';
import type { Credentials } from '../ports/secrets.ts';

/** Makes the secrets among credentials known, so that they are hidden wherever they turn up. */
export function registerCredentials(credentials: Credentials): void {
  switch (credentials.kind) {
    case 'basic':
      registerSecret(credentials.password);
      registerSecret(basicPair(credentials));
      return;
    case 'certificate':
      if (credentials.passphrase !== undefined) registerSecret(credentials.passphrase);
      return;
    case 'oauth':
      registerSecret(credentials.refreshToken);
      if (credentials.clientSecret !== undefined) registerSecret(credentials.clientSecret);
      return;
    default:
      credentials satisfies never;
  }
}

/** User and password as a `Basic` header holds them. */
export function basicPair({ username, password }: Extract<Credentials, { kind: 'basic' }>): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
