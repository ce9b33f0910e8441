/** How to sign in to Anaplan (anaplan-notes: Signing in). PEM values are text, never a path: the adapter has read the file. */
export type Credentials =
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'certificate'; certificatePem: string; privateKeyPem: string; passphrase?: string }
  | { kind: 'oauth'; clientId: string; refreshToken: string; clientSecret?: string };

export interface Secrets {
  /** @throws MissingCredentialsError naming the variables that are not set */
  credentials(): Promise<Credentials>;
}

/** No way to sign in is configured, or a part of one is missing. Told without asking Anaplan: exit 64. */
export class MissingCredentialsError extends Error {
  override readonly name = 'MissingCredentialsError';
}
