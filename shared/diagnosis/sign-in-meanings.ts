import type { CallFailure } from '../anaplan/failure.ts';
import { unknownStatus } from './call-meanings.ts';
import { STATUS_MEANINGS, type StatusMeaning } from './status-meanings.ts';

type HttpFailure = Extract<CallFailure, { kind: 'http' }>;

/** An error answer of the sign-in service; its 4xx are about the credentials, whatever the number (anaplan-notes: Signing in). */
export function signInRefused({ status, signsInWith }: HttpFailure): StatusMeaning {
  if (status === 404 || status === 405) {
    const setting =
      signsInWith === undefined ? 'authUrl (or oauthUrl)' : signsInWith === 'oauth' ? 'oauthUrl' : 'authUrl';
    return {
      category: 'configuration',
      cause: 'There is no Anaplan sign-in at this address.',
      whatToCheck: [
        `Check ${setting} in plandrop.yaml and the environment: it must be the sign-in address of your Anaplan region.`,
      ],
      retry: { kind: 'no' },
    };
  }
  const passing = status < 400 || status >= 500 || [407, 408, 410, 429].includes(status);
  if (passing) return STATUS_MEANINGS[status] ?? unknownStatus(status);
  return {
    category: 'authentication',
    cause: 'Anaplan refused the sign-in.',
    whatToCheck: CREDENTIALS[signsInWith ?? 'unknown'],
    retry: { kind: 'no' },
  };
}

/** What to look at, by what the sign-in was tried with. */
const CREDENTIALS: Readonly<Record<NonNullable<HttpFailure['signsInWith']> | 'unknown', readonly string[]>> = {
  basic: [
    'Check the user name and password (ANAPLAN_USERNAME, ANAPLAN_PASSWORD): sign in to Anaplan by hand with exactly these.',
    'Check that the password has not expired and that {user} is active and not locked.',
    'With single sign-on, a password works only for users set up as exceptions; use a certificate otherwise.',
  ],
  certificate: [
    'Check that this certificate (ANAPLAN_CERTIFICATE) is registered in Anaplan for the integration user, and that its authority is one that Anaplan takes.',
    'Check that it has not expired, `plandrop doctor` counts its days, and that ANAPLAN_PRIVATE_KEY is the key that belongs to it.',
    'Check that {user} is active, and that the clock of this machine is right: the sign-in is signed with the time.',
  ],
  oauth: [
    'Check that ANAPLAN_CLIENT_ID names an OAuth client that still exists in Anaplan, with the right ANAPLAN_CLIENT_SECRET if it has one.',
    'A refresh token may work only once: if anything else used this one, or it was revoked, authorise the client anew and put the new token into ANAPLAN_REFRESH_TOKEN.',
    'Check that {user} is active and may still use the OAuth client.',
  ],
  unknown: [
    'Check the user name and password, or the certificate and its private key, or the OAuth client and refresh token; try them by hand.',
    'Check that the password or certificate has not expired and that {user} is active and not locked.',
    'With single sign-on, a password works only for users set up as exceptions; use a certificate otherwise.',
  ],
};
