import type { Diagnosis } from '../shared/diagnosis/diagnosis.ts';

/** A sign-in was answered with another refresh token, where there is no one place to keep it for all who need it. */
export class RotatingRefreshTokenError extends Error {
  override readonly name = 'RotatingRefreshTokenError';
  constructor() {
    super('this OAuth client gives a new refresh token with each sign-in, and the one in the secret is used up');
  }
}

/** What a stack does with a new refresh token: many containers share one secret, so all but one of them would be locked out by it. */
export async function refuseRotation(): Promise<never> {
  throw new RotatingRefreshTokenError();
}

/** Told at the first sign-in and not when the next container is refused, because only then can the cause be seen. */
export function rotationRefused(pipeline: string): Diagnosis {
  return {
    category: 'configuration',
    cause:
      'The refresh token of this OAuth client works only once, and on AWS several functions sign in with the same one, so each would lock out the others.',
    message: `Pipeline "${pipeline}" cannot sign in to Anaplan on AWS: Anaplan answered the sign-in with a new refresh token in place of the one in the secret.`,
    whatToCheck: [
      'Put a certificate into the secret of the stack instead (ANAPLAN_CERTIFICATE, ANAPLAN_PRIVATE_KEY), and take ANAPLAN_REFRESH_TOKEN out.',
      'Or have an Anaplan administrator make the OAuth client non-rotatable, authorise it anew, and put its new refresh token into the secret: the one that is there is used up.',
      'Then redrive the run. On one machine a rotating refresh token works, because it is kept in the data folder.',
    ],
    retry: { kind: 'no' },
    references: { pipeline },
  };
}
