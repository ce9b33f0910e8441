import { generateKeyPairSync, sign } from 'node:crypto';

/** A self-signed certificate with its key, made in memory, so that no private key lies in the repository. */
export function testCertificate({
  commonName = 'Plandrop test',
  validFrom = new Date('2026-01-01T00:00:00Z'),
  validTo = new Date('2027-06-30T12:00:00Z'),
  passphrase,
}: {
  commonName?: string;
  validFrom?: Date;
  validTo?: Date;
  passphrase?: string;
} = {}): { certificatePem: string; privateKeyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = sequence(set(sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
  const sha256WithRsa = sequence(oid('2a864886f70d01010b'), der(0x05));
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    sha256WithRsa,
    name,
    sequence(utcTime(validFrom), utcTime(validTo)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const certificate = sequence(body, sha256WithRsa, signature);
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return {
    certificatePem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    privateKeyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher })),
  };
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

const sequence = (...items: Buffer[]) => der(0x30, ...items);
const set = (...items: Buffer[]) => der(0x31, ...items);
const integer = (value: number) => der(0x02, Buffer.from([value]));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const utcTime = (date: Date) =>
  der(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );
