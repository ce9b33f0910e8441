import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its key, as PEM text. */
export interface CertificatePair {
  certificate: string;
  privateKey: string;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  sha256WithRsa: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
} as const;

/**
 * Makes a self-signed RSA certificate, to register for a user of the tenant and to sign in with in tests. Node can read
 * certificates but not write them, so its few DER structures are put together here (RFC 5280, 4.1).
 * @param from first and last moment of its life, epoch milliseconds
 */
export function selfSignedCertificate(commonName: string, from: number, until: number): CertificatePair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = sequence(tagged(0x06, Buffer.from(OID.sha256WithRsa)), tagged(0x05));
  const name = sequence(
    tagged(0x31, sequence(tagged(0x06, Buffer.from(OID.commonName)), tagged(0x0c, Buffer.from(commonName)))),
  );
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, tagged(0x03, Buffer.from([0]), signature));
  return { certificate: pem('CERTIFICATE', certificate), privateKey: pemOf(privateKey) };
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const sizes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...sizes]), content]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts);

/** GeneralizedTime, which is right for every year */
const time = (at: number) => {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${digits}Z`));
};

const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
