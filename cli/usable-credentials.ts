import { certificateSignIn } from '../shared/anaplan/certificate.ts';
import type { Credentials, Secrets } from '../shared/ports/secrets.ts';

/**
 * The credentials, if they can be used at all: told before anything is begun, without asking Anaplan.
 * @throws MissingCredentialsError when none are set
 * @throws UnusableCredentialsError when the certificate or its key cannot be read: no PEM text, a wrong passphrase
 */
export async function usableCredentials(secrets: Secrets): Promise<Credentials> {
  const credentials = await secrets.credentials();
  // Signing is all that can fail; nothing is sent.
  if (credentials.kind === 'certificate') certificateSignIn(credentials, 0);
  return credentials;
}
