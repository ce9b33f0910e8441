import type { Calls } from './calls.ts';

/**
 * List prices of requests, in US dollars each: https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/sqs/pricing/,
 * https://aws.amazon.com/sns/pricing/, https://aws.amazon.com/lambda/pricing/. They are the only numbers here that are not measured.
 */
export const PRICES = {
  source: 'the pricing pages of S3, SQS, SNS and Lambda',
  region: 'us-east-1',
  asOf: 'November 2026',
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  sqs: 0.4 / 1_000_000,
  sns: 0.5 / 1_000_000,
  lambda: 0.2 / 1_000_000,
} as const;

/** What the requests of one run cost, in US dollars. Deletes cost nothing. */
export function costOf({ calls, runs }: { calls: Calls; runs: number }): {
  total: number;
  parts: { what: string; usd: number }[];
} {
  const isRead = (kind: string) => kind.startsWith('GET') || kind.startsWith('HEAD');
  const isFree = (kind: string) => kind.startsWith('DELETE');
  const parts = [
    { what: 'S3 writes and lists', usd: calls.of('S3', (kind) => !isRead(kind) && !isFree(kind)) * PRICES.s3Write },
    { what: 'S3 reads', usd: calls.of('S3', isRead) * PRICES.s3Read },
    { what: 'SQS', usd: calls.of('SQS') * PRICES.sqs },
    { what: 'SNS', usd: calls.of('SNS') * PRICES.sns },
    { what: 'Lambda', usd: calls.of('Lambda') * PRICES.lambda },
  ].map(({ what, usd }) => ({ what, usd: usd / runs }));
  return { total: parts.reduce((sum, { usd }) => sum + usd, 0), parts };
}
