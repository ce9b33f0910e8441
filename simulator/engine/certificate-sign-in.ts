import { verify, X509Certificate } from 'node:crypto';
import type { Tenant, User } from './tenant.ts';

const SHORTEST_DATA = 100;
/** How far the time in a v2 payload may be off. */
const LEEWAY_SECONDS = 300;

export interface CertificatePayload {
  /** base64 of at least 100 bytes; v2: the first 8 are the time, big-endian epoch seconds */
  encodedData: string;
  /** base64 of the SHA512withRSA signature over those bytes */
  encodedSignedData: string;
  encodedDataFormat?: string | undefined;
}

/** Who signed in, or what to answer: `header` is a malformed request, `credential` a refused one. */
export type CertificateSignIn = { user: User } | { refused: 'header' | 'credential'; why: string };

/**
 * Signs in by certificate (anaplan-notes: Signing in). The header holds base64 of the PEM text or of the DER bytes; the
 * certificate must carry the public key registered for a user, be within its life, and have signed the payload.
 */
export function certificateSignIn(
  tenant: Tenant,
  header: string,
  payload: CertificatePayload,
  at: number,
): CertificateSignIn {
  const certificate = readCertificate(header);
  if (!certificate) return { refused: 'header', why: 'Invalid header. Verify the header.' };
  const data = Buffer.from(payload.encodedData, 'base64');
  const signature = Buffer.from(payload.encodedSignedData, 'base64');
  const refused = (why: string): CertificateSignIn => ({ refused: 'credential', why });
  if (data.length < SHORTEST_DATA) return refused('The signed data is too short.');
  if (at < Date.parse(certificate.validFrom)) return refused('The certificate is not valid yet.');
  if (at > Date.parse(certificate.validTo)) return refused('The certificate has expired.');
  if (!verify('sha512', data, certificate.publicKey, signature)) return refused('The signature does not match.');
  if (payload.encodedDataFormat === 'v2') {
    const seconds = Number(data.readBigUInt64BE(0));
    if (Math.abs(seconds - at / 1000) > LEEWAY_SECONDS) return refused('The timestamp of the payload is out of range.');
  } else if (tenant.settings.certificateV2Only) return refused('The payload has no timestamp (v2).');
  const key = keyOf(certificate);
  const user = tenant.users.find((each) => {
    const registered = each.plan.certificate && readCertificate(Buffer.from(each.plan.certificate).toString('base64'));
    return registered && keyOf(registered) === key;
  });
  return user ? { user } : refused('The certificate is not registered.');
}

function readCertificate(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

const keyOf = (certificate: X509Certificate) =>
  certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
