import { createPrivateKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { UnusableCredentialsError } from './errors.ts';

/** What a certificate sign-in sends (anaplan-notes: Signing in). */
export interface CertificateSignIn {
  authorization: string;
  payload: { encodedData: string; encodedSignedData: string; encodedDataFormat?: 'v2' };
}

/** How to send it; the defaults are what Anaplan will make mandatory. */
export interface CertificateOptions {
  /** v2 starts the signed bytes with the time */
  payload?: 'v1' | 'v2';
  /** what is base64-ed in the header: the PEM text or the DER bytes */
  header?: 'pem' | 'der';
}

const SIGNED_BYTES = 100;

/**
 * Signs a fresh payload. `now` is epoch milliseconds; `random` gives that many random bytes.
 * @throws UnusableCredentialsError when the certificate or the key cannot be read, or the key is not an RSA key
 */
export function certificateSignIn(
  credentials: { certificatePem: string; privateKeyPem: string; passphrase?: string },
  now: number,
  { payload = 'v2', header = 'pem' }: CertificateOptions = {},
  random: (bytes: number) => Uint8Array = randomBytes,
): CertificateSignIn {
  const certificate = readCertificate(credentials.certificatePem);
  const key = readPrivateKey(credentials.privateKeyPem, credentials.passphrase);
  const data = Buffer.from(random(SIGNED_BYTES));
  if (payload === 'v2') data.writeBigUInt64BE(BigInt(Math.floor(now / 1000)));
  const shown = header === 'der' ? certificate.raw : Buffer.from(credentials.certificatePem);
  return {
    authorization: `CACertificate ${shown.toString('base64')}`,
    payload: {
      encodedData: data.toString('base64'),
      encodedSignedData: sign('RSA-SHA512', data, key).toString('base64'),
      ...(payload === 'v2' ? { encodedDataFormat: 'v2' } : {}),
    },
  };
}

/** Whose certificate it is and until when it is good (epoch milliseconds). */
export function certificateFacts(certificatePem: string): { subject: string; validFrom: number; validTo: number } {
  const certificate = readCertificate(certificatePem);
  return {
    subject: certificate.subject,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new UnusableCredentialsError(
      'The certificate is not one: PEM text that starts with BEGIN CERTIFICATE is needed',
      { cause },
    );
  }
}

function readPrivateKey(pem: string, passphrase: string | undefined): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    throw new UnusableCredentialsError(
      'The private key of the certificate cannot be read: not PEM text, or a wrong passphrase',
      { cause },
    );
  }
  if (key.asymmetricKeyType !== 'rsa') {
    throw new UnusableCredentialsError(
      `The private key of the certificate is ${key.asymmetricKeyType}; Anaplan takes RSA keys`,
    );
  }
  return key;
}
