import * as z from 'zod';
import { CONTRACTS, type Contract, fits } from './contracts.ts';
import type { Exchange } from './recording-transport.ts';
import { refusal, signInRefusal } from './shapes.ts';

/** The contracts of a path; a path may have several, told apart by who signs. */
export function contractsOf({ method, url, requestHeaders }: Exchange): Contract[] {
  const of = CONTRACTS.filter((contract) => fits(contract, method, url.pathname));
  const signed = of.filter(({ authorization }) => authorization.test(requestHeaders.authorization ?? ''));
  return signed.length > 0 ? signed : of;
}

/** Everything in one exchange that its contract does not allow, in sentences. Empty: it keeps to it. */
export function breaches(exchange: Exchange): string[] {
  const [contract] = contractsOf(exchange);
  const asked = `${exchange.method} ${exchange.url.pathname}`;
  if (contract === undefined) return [`${asked}: no contract has this path`];
  return [...requestBreaches(exchange, contract), ...answerBreaches(exchange, contract)].map(
    (breach) => `${asked}: ${breach}`,
  );
}

function requestBreaches({ url, requestHeaders, requestBody }: Exchange, contract: Contract): string[] {
  const found: string[] = [];
  const authorization = requestHeaders.authorization ?? '';
  if (!contract.authorization.test(authorization)) found.push(`is signed with ${authorization.split(' ')[0] ?? ''}`);
  found.push(...misfits('query', contract.query ?? z.strictObject({}), Object.fromEntries(url.searchParams)));
  const type = requestHeaders['content-type'];
  if (contract.request === undefined) {
    if (requestBody.byteLength > 0) found.push('has a body');
  } else if (contract.request === 'bytes') {
    const gzipped = requestBody[0] === 0x1f && requestBody[1] === 0x8b;
    const right = gzipped ? 'application/x-gzip' : 'application/octet-stream';
    if (type !== right) found.push(`sends ${right} as ${type}`);
  } else {
    if (type !== 'application/json') found.push(`sends JSON as ${type}`);
    found.push(...misfits('request', contract.request, json(requestBody)));
  }
  return found;
}

function answerBreaches({ url, status, responseHeaders, responseBody }: Exchange, contract: Contract): string[] {
  const type = responseHeaders['content-type'];
  const shape = contract.answers[status] ?? (status >= 400 ? refusalOf(url, status) : undefined);
  if (shape === undefined) return [`is answered with ${status}`];
  switch (shape) {
    case 'nothing':
      return [
        ...(responseBody.byteLength > 0 ? [`its ${status} has a body`] : []),
        ...(type === undefined ? [] : [`its ${status} has a type`]),
      ];
    case 'bytes':
      return type === 'application/octet-stream' ? [] : [`its content is ${type}`];
    case 'csv':
      return /^(text\/plain|application\/octet-stream)/.test(type ?? '') ? [] : [`its content is ${type}`];
    default:
      return [
        ...(/^application\/json/.test(type ?? '') ? [] : [`its answer is ${type}`]),
        ...misfits(`answer ${status}`, shape, json(responseBody)),
      ];
  }
}

function refusalOf(url: URL, status: number): z.ZodType {
  return url.pathname.startsWith('/2/0/') ? refusal(status) : signInRefusal;
}

function misfits(what: string, shape: z.ZodType, value: unknown): string[] {
  const read = shape.safeParse(value);
  return read.success ? [] : read.error.issues.map((issue) => `${what} ${issue.path.join('.')}: ${issue.message}`);
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
