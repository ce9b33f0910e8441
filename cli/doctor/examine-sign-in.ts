import { type AnaplanClient, certificateFacts, UnusableCredentialsError } from '../../shared/anaplan/index.ts';
import { countOf } from '../../shared/diagnosis/words.ts';
import type { Credentials } from '../../shared/ports/secrets.ts';
import { broken, type Finding, failedCall, fine, unclear } from './finding.ts';

const DAY_MS = 24 * 3600 * 1000;
/** A certificate takes people weeks to renew. */
const RENEW_DAYS = 30;

const RENEW =
  'Have a new certificate issued, registered in Anaplan for this user, and put into ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY.';

/** How long the certificate is good; nothing where no certificate signs in. */
export function examineCertificate(credentials: Credentials, now: number): Finding[] {
  if (credentials.kind !== 'certificate') return [];
  try {
    return [certificateFinding(certificateFacts(credentials.certificatePem), now)];
  } catch (error) {
    if (!(error instanceof UnusableCredentialsError)) throw error;
    const next = 'Look at ANAPLAN_CERTIFICATE: it has to be the PEM text of the certificate, or the path of its file.';
    return [broken('certificate', error.message, 'authentication', next)];
  }
}

function certificateFinding(
  { subject, validFrom, validTo }: ReturnType<typeof certificateFacts>,
  now: number,
): Finding {
  const whose = subject.replaceAll('\n', ', ');
  const on = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (now >= validTo) {
    return broken('certificate', `The certificate (${whose}) expired on ${on(validTo)}.`, 'authentication', RENEW);
  }
  if (now < validFrom) {
    const message = `The certificate (${whose}) is good only from ${on(validFrom)} on.`;
    return broken('certificate', message, 'authentication', 'Check the clock of this machine, or wait for that day.');
  }
  const left = `${countOf(Math.floor((validTo - now) / DAY_MS), 'day')} left, until ${on(validTo)}`;
  if (validTo - now < RENEW_DAYS * DAY_MS) return unclear('certificate', `The certificate has ${left}.`, RENEW);
  return fine('certificate', `The certificate has ${left}.`);
}

/** Signs in and asks who that is. @returns undefined as `user` when nothing else can be asked */
export async function examineSignIn(
  anaplan: Pick<AnaplanClient, 'getCurrentUser'>,
): Promise<{ finding: Finding; user?: string }> {
  try {
    const { email, id, active } = await anaplan.getCurrentUser();
    const user = email ?? id;
    if (active === false) {
      const next = 'Ask a tenant administrator to activate the user.';
      return { finding: broken('sign-in', `${user} signs in, but is not active.`, 'authentication', next) };
    }
    return { finding: fine('sign-in', `Signed in as ${user}.`), user };
  } catch (error) {
    if (error instanceof UnusableCredentialsError) {
      const next = 'Look at ANAPLAN_PRIVATE_KEY and ANAPLAN_PRIVATE_KEY_PASSPHRASE.';
      return { finding: broken('sign-in', `${error.message}.`, 'authentication', next) };
    }
    return { finding: failedCall('sign-in', error, { object: 'the user' }) };
  }
}
