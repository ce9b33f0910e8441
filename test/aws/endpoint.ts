/** These tests write and delete: they run only against a stand-in on this machine, never against an account. */
export function requireLocalEndpoint(): void {
  const endpoint = process.env.AWS_ENDPOINT_URL ?? '';
  if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(endpoint))
    throw new Error('Set AWS_ENDPOINT_URL to a local stand-in, for instance with: .ci/moto npm run test:aws');
}

let names = 0;

/** A name that no other test uses. */
export function newName(prefix: string): string {
  return `${prefix}-${process.pid}-${++names}`;
}
