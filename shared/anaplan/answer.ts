import * as z from 'zod';
import { redactBody, redactText } from '../observe/index.ts';
import type { Answer } from './exchange.ts';
import type { CallFailure, FailedRequest } from './failure.ts';

/** No list of 5,000 elements comes near it; more is not Anaplan's. */
const JSON_LIMIT_BYTES = 64 * 1024 * 1024;

/** A process within a process within a process is not as deep; reading and keeping an answer takes stack for each level. */
const MAX_DEPTH = 64;

/** Both envelopes: the API's `status` is an object, the sign-in service's a string (anaplan-notes: Signing in), OAuth has its own. */
const errorBody = z.union([
  z
    .object({ status: z.object({ code: z.number().optional(), message: z.string() }) })
    .transform((body) => body.status.message),
  z
    .object({ status: z.string(), statusMessage: z.string().optional() })
    .transform((body) => body.statusMessage ?? body.status),
  z
    .object({ error: z.string(), error_description: z.string().optional() })
    .transform((body) => body.error_description ?? body.error),
]);

/** The plain-data failure of an answer with an error status. */
export function failureOf(
  asked: FailedRequest,
  of: {
    response: { status: number; headers: Readonly<Record<string, string>> };
    text: string;
    wasCut: boolean;
    now: number;
  },
): Extract<CallFailure, { kind: 'http' }> {
  const { status, headers } = of.response;
  const parsed = errorBody.safeParse(jsonOrUndefined(of.text));
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], headers.date, of.now);
  const requestId = requestIdOf(headers);
  return {
    ...asked,
    kind: 'http',
    status,
    envelope: parsed.success,
    ...(parsed.success ? { anaplanMessage: redactBody(parsed.data, { limitBytes: 1000 }) } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    body: redactBody(of.text, { wasCut: of.wasCut }),
  };
}

/** What support can find an exchange by, if the answer names it. Which header Anaplan uses is unknown. */
export function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  const id = headers['x-request-id'] ?? headers['x-correlation-id'];
  return id === undefined ? undefined : redactText(id).slice(0, 200);
}

/**
 * Seconds to wait, from `Retry-After: 7` or from a date, which is read against the answer's own `Date` where it has one,
 * because our clock may be wrong. A value that is neither is ignored.
 */
export function parseRetryAfter(value: string | undefined, date: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  const until = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  const answeredAt = Date.parse(date ?? '');
  return Math.max(0, Math.ceil((until - (Number.isNaN(answeredAt) ? now : answeredAt)) / 1000));
}

/** Reads at most `limitBytes` of a body as UTF-8; the rest is not waited for. */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ text: string; wasCut: boolean }> {
  const { bytes, wasCut } = await readBytes(body, limitBytes);
  return { text: new TextDecoder().decode(bytes, { stream: wasCut }), wasCut };
}

/** Reads at most `limitBytes` of a body; the rest is not waited for. */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ bytes: Uint8Array; wasCut: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.byteLength;
    if (length > limitBytes) return { bytes: Buffer.concat(pieces).subarray(0, limitBytes), wasCut: true };
  }
  return { bytes: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces), wasCut: false };
}

/** The answer's JSON as `schema` reads it; anything else is an `unreadable` failure. */
export async function readJson<T>(answer: Answer, schema: z.ZodType<T>): Promise<T> {
  const { text, wasCut } = await readText(answer.body, JSON_LIMIT_BYTES);
  answer.noteBody(text);
  if (wasCut) throw answer.unreadable('its body is endless', text);
  const json = jsonOrUndefined(text);
  if (json === undefined)
    throw answer.unreadable(text.trim() === '' ? 'its body is empty' : 'its body is not JSON', text);
  if (isDeeperThan(json, MAX_DEPTH)) throw answer.unreadable('its body is nested too deep', text);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw answer.unreadable(
    `its body does not fit: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? ''}`,
    text,
  );
}

/** Throws away what an answer without content may still carry, but for the journal. */
export async function discard(answer: Answer): Promise<void> {
  const { text } = await readText(answer.body, 65_536);
  if (text !== '') answer.noteBody(text);
}

/**
 * Refuses a page in the place of a file's content: Anaplan serves contents as `application/octet-stream` or `text/plain`, whatever is in
 * them, so it comes from something in between (anaplan-notes: Files).
 */
export async function refusePage(answer: Answer): Promise<void> {
  if (!/^\s*text\/html\b/i.test(answer.headers['content-type'] ?? '')) return;
  const { text } = await readText(answer.body, 65_536);
  answer.noteBody(text);
  throw answer.unreadable('a page came where the content of a file was expected', text);
}

/** Refuses what is not the content of a file: a page, and any success but a 200. */
export async function requireContent(answer: Answer): Promise<void> {
  await refusePage(answer);
  if (answer.status === 200) return;
  await discard(answer);
  throw answer.unreadable('200 with the content of a file was expected');
}

/** Without recursion, because what would overflow the stack is what is looked for. */
function isDeeperThan(json: unknown, levels: number): boolean {
  let level = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
