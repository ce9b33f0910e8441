/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Bodies of exchanges, journals and reports are kept to this size. */
export const BODY_LIMIT_BYTES = 4096;

/** Shorter values are not taken for secrets: replacing them everywhere would garble what people must read. */
const MIN_SECRET_LENGTH = 8;
/** So many characters tell most texts from a secret. */
const BEGINNING = 4;
/** Old tokens die within the hour; the registry forgets what was told the longest ago instead of growing for ever. */
const MAX_SECRETS = 500;
const MAX_DEPTH = 12;

/** Headers whose values may be shown. All others are hidden, because nobody can list every header that carries a secret. */
const SHOWN_HEADERS = new Set(
  `accept accept-encoding age allow cache-control connection content-encoding content-length content-type date etag
   host keep-alive last-modified location proxy-connection retry-after server transfer-encoding user-agent vary via
   x-amzn-requestid x-amzn-trace-id x-cache x-correlation-id x-request-id`.split(/\s+/),
);

/** Names, without case and punctuation, whose values are secrets wherever they stand: objects, JSON text, query strings. */
const SECRET_NAMES = [
  'accesstoken',
  'authorization',
  'clientsecret',
  'cookie',
  'devicecode',
  'encodeddata',
  'encodedsigneddata',
  'idtoken',
  'passphrase',
  'password',
  'privatekey',
  'privatekeypem',
  'proxyauthorization',
  'refreshtoken',
  'refreshtokenid',
  'secretaccesskey',
  'sessiontoken',
  'setcookie',
  'tokenid',
  'tokenvalue',
];
const SECRET_NAME_SET = new Set(SECRET_NAMES);

const spelled = SECRET_NAMES.map((name) => [...name].join('[-_ ]?')).join('|');
/** `"tokenValue": "…"`, also when the text was cut inside the value. */
const SECRET_IN_JSON = new RegExp(`("(?:[a-z_]*_)?(?:${spelled})"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*`, 'gi');
/** The same where the JSON is itself a string in JSON: `\"tokenValue\": \"…\"`. */
const SECRET_IN_QUOTED_JSON = new RegExp(
  `(\\\\"(?:[a-z_]*_)?(?:${spelled})\\\\"\\s*:\\s*\\\\")(?:[^"\\\\]|\\\\\\\\(?:\\\\["\\\\]|[^"\\\\]))*`,
  'gi',
);
/** `password=…` in a query string, a form body or an environment listing. */
const SECRET_IN_FORM = new RegExp(`\\b((?:[a-z_]*_)?(?:${spelled})\\s*=\\s*)[^&\\s"',;]+`, 'gi');
const AUTHORIZATION = /\b(AnaplanAuthToken|Bearer|Basic|CACertificate)(\s+)[\w+/=.~:-]{8,}/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;
const URL_USER = /(\w:\/\/)[^/\s:@"]+:[^/\s@"]+@/g;

/** In this order. `needs` stands in every match, and whether it stands in a text is found sooner than that none does. */
const PATTERNS = [
  { needs: 'PRIVATE KEY-----', pattern: PRIVATE_KEY, by: REDACTED },
  { needs: '"', pattern: SECRET_IN_JSON, by: `$1${REDACTED}` },
  { needs: '\\"', pattern: SECRET_IN_QUOTED_JSON, by: `$1${REDACTED}` },
  { needs: '', pattern: AUTHORIZATION, by: `$1$2${REDACTED}` },
  { needs: '=', pattern: SECRET_IN_FORM, by: `$1${REDACTED}` },
  { needs: '@', pattern: URL_USER, by: `$1${REDACTED}@` },
] as const;

const known = new Set<string>();
let knownLongestFirst: readonly string[] | undefined;
/** The known values by their beginnings: there are hundreds, and hardly a text holds one. */
let knownByBeginning: { has: Uint8Array; values: ReadonlyMap<number, readonly string[]> } | undefined;

/**
 * Makes a secret's value known, so that it is hidden wherever it turns up in this process: in a log, an error, a body, a
 * path. Also in the forms JSON and URLs give it. Values under 8 characters are ignored. The last 500 forms are known, so what lives
 * longer than a token, a password above all, is registered again whenever it is used.
 */
export function registerSecret(value: string): void {
  for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
    if (form.length < MIN_SECRET_LENGTH) continue;
    const isKnown = known.delete(form);
    known.add(form);
    if (isKnown) continue;
    knownLongestFirst = undefined;
    knownByBeginning = undefined;
  }
  for (const oldest of known) {
    if (known.size <= MAX_SECRETS) break;
    known.delete(oldest);
  }
}

/**
 * Text without the values that were made known, and otherwise as it is: for what others named or wrote and people have to recognise,
 * such as a list called "Basic Accounts".
 */
export function hideSecrets(text: string): string {
  if (!holdsSecret(text)) return text;
  let clean = text;
  for (const secret of longestFirst()) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
  }
  return clean;
}

function longestFirst(): readonly string[] {
  knownLongestFirst ??= [...known].sort((a, b) => b.length - a.length);
  return knownLongestFirst;
}

/** Whether a known value stands anywhere in the text, found in one pass over it. */
function holdsSecret(text: string): boolean {
  knownByBeginning ??= byBeginning();
  const { has, values } = knownByBeginning;
  let code = 0;
  for (let at = 0; at < text.length; at++) {
    code = withNext(code, text, at);
    if (has[code] === 0) continue;
    const begin = at + 1 - BEGINNING;
    if (values.get(code)?.some((secret) => text.startsWith(secret, begin))) return true;
  }
  return false;
}

function byBeginning() {
  const values = Map.groupBy(known, (secret) => {
    let code = 0;
    for (let at = 0; at < BEGINNING; at++) code = withNext(code, secret, at);
    return code;
  });
  const has = new Uint8Array(0x10000);
  for (const code of values.keys()) has[code] = 1;
  return { has, values };
}

/** The code of the last `BEGINNING` characters, out of the code of those before: what is older is shifted out. */
function withNext(code: number, text: string, at: number): number {
  return ((code << (16 / BEGINNING)) ^ text.charCodeAt(at)) & 0xffff;
}

/** Text without secrets: registered values, authorization schemes, private keys, and values that stand after a secret's name. */
export function redactText(text: string): string {
  let clean = hideSecrets(text);
  for (const { needs, pattern, by } of PATTERNS) if (clean.includes(needs)) clean = clean.replace(pattern, by);
  return clean;
}

/**
 * Redacted text of at most `limitBytes` UTF-8 bytes. Redacts before it cuts, since half a token would not be recognised.
 * `wasCut` says that `text` is itself the beginning of something longer: then its end, where half a secret may stand, goes.
 * Of a very long text only the beginning is looked at.
 */
export function redactBody(text: string, { limitBytes = BODY_LIMIT_BYTES, wasCut = false } = {}): string {
  if (text.length > 16 * limitBytes) return redactBody(text.slice(0, 16 * limitBytes), { limitBytes, wasCut: true });
  let clean = redactText(text);
  if (wasCut) clean = clean.slice(0, Math.max(0, clean.length - (longestFirst()[0]?.length ?? 0)));
  if (Buffer.byteLength(clean) <= limitBytes) return wasCut ? `${clean}…` : clean;
  // `stream: true` drops the torn last character instead of replacing it.
  return `${new TextDecoder().decode(Buffer.from(clean).subarray(0, limitBytes - 3), { stream: true })}…`;
}

/** Headers as they may be shown: names in lower case, values only of those that are known to be harmless. */
export function redactHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const key = name.toLowerCase();
      return [key, SHOWN_HEADERS.has(key) ? redactText(textOf(value)) : REDACTED];
    }),
  );
}

/**
 * A copy of any value as it may be logged or stored: plain data, without secrets, without cycles. Errors become
 * `{ name, message, stack, cause, … }`, their causes and own properties included.
 */
export function redact(value: unknown): unknown {
  return redactAt(value, 0, new Set());
}

function redactAt(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  above.add(value);
  try {
    if (Array.isArray(value)) return value.map((item) => redactAt(item, depth + 1, above));
    if (value instanceof Map)
      return redactEntries(
        [...value].map(([k, v]) => [textOf(k), v]),
        depth,
        above,
      );
    if (value instanceof Set) return [...value].map((item) => redactAt(item, depth + 1, above));
    if (value instanceof Error) return redactEntries(errorEntries(value), depth, above);
    return redactEntries(Object.entries(value), depth, above);
  } finally {
    above.delete(value);
  }
}

function redactEntries(entries: [string, unknown][], depth: number, above: Set<object>): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (isSecretName(key) && value !== undefined && value !== null) return [key, REDACTED];
      if (key.toLowerCase().endsWith('headers') && isPlainObject(value)) return [key, redactHeaders(value)];
      return [redactText(key), redactAt(value, depth + 1, above)];
    }),
  );
}

/** An object may refuse to be made text. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return '[object]';
  }
}

function errorEntries(error: Error): [string, unknown][] {
  const named: [string, unknown][] = [
    ['name', error.name],
    ['message', error.message],
    ['stack', error.stack],
  ];
  if (error.cause !== undefined) named.push(['cause', error.cause]);
  if (error instanceof AggregateError) named.push(['errors', error.errors]);
  const seen = new Set(['name', 'message', 'stack', 'cause', 'errors']);
  return [...named, ...Object.entries(error).filter(([key]) => !seen.has(key))];
}

/** Whether a field of this name holds a secret, in any spelling (`tokenValue`, `token_value`, `ANAPLAN_PASSWORD`). */
export function isSecretName(name: string): boolean {
  const bare = name.toLowerCase().replace(/[^a-z]/g, '');
  return SECRET_NAME_SET.has(bare) || SECRET_NAME_SET.has(bare.replace(/^anaplan/, ''));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}
