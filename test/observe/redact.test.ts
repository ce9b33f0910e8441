import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hideSecrets,
  REDACTED,
  redact,
  redactBody,
  redactHeaders,
  redactText,
  registerSecret,
} from '../../shared/observe/index.ts';

const canary = 'canary-4ed163af-9751-11e7-9719-8b1a1f02078d';
registerSecret(canary);

const hidden = 'hush-hush-value';

describe('redactText hides', () => {
  it.each([
    { what: 'a registered value anywhere', text: `GET /x/${canary}/y failed` },
    { what: 'a registered value in a URL', text: `?next=${encodeURIComponent(canary)}` },
    { what: 'an Anaplan token', text: `authorization: AnaplanAuthToken ${hidden}` },
    { what: 'a bearer token', text: `Bearer ${hidden}` },
    { what: 'a basic header', text: `Basic ${hidden}==` },
    { what: 'a certificate header', text: `CACertificate ${hidden}` },
    { what: 'a token in a JSON body', text: `{"tokenInfo":{"tokenValue":"${hidden}","expiresAt":1}}` },
    { what: 'a token in a JSON body cut in the middle', text: `{"tokenInfo":{"tokenValue":"${hidden}` },
    {
      what: 'a token in JSON quoted inside JSON',
      text: JSON.stringify({ body: JSON.stringify({ tokenValue: hidden }) }),
    },
    { what: 'a value with escaped quotes', text: JSON.stringify({ password: `"${hidden}` }) },
    { what: 'a refresh token with any spacing', text: `"refresh_token" :  "${hidden}"` },
    { what: 'a signature', text: `"encodedSignedData":"${hidden}"` },
    { what: 'an environment variable', text: `ANAPLAN_PASSWORD=${hidden}` },
    { what: 'a form field', text: `grant_type=refresh_token&refresh_token=${hidden}&client_id=a` },
    { what: 'a user in a URL', text: `http://me:${hidden}@proxy:3128/` },
    { what: 'a private key', text: `-----BEGIN RSA PRIVATE KEY-----\n${hidden}\n-----END RSA PRIVATE KEY-----` },
    {
      what: 'a private key cut short',
      text: `-----BEGIN PRIVATE KEY-----\n${hidden}`.replace('hush-hush-value', 'hushhushvalue'),
    },
  ])('$what', ({ text }) => {
    const clean = redactText(text);
    expect(clean).toContain(REDACTED);
    expect(clean).not.toMatch(/hush-?hush|canary-4ed/);
  });

  it('leaves what people need to read', () => {
    const text = '{"status":{"code":404,"message":"Not Found"},"path":"/2/0/models/A/files/113000000001"}';
    expect(redactText(text)).toBe(text);
    expect(redactText('grant_type=refresh_token')).toBe('grant_type=refresh_token');
  });

  it('keeps a JSON body readable as JSON', () => {
    const body = { status: 'SUCCESS', tokenInfo: { expiresAt: 5, tokenValue: 'a"b\\c', refreshTokenId: 'x' } };
    expect(JSON.parse(redactText(JSON.stringify(body)))).toEqual({
      status: 'SUCCESS',
      tokenInfo: { expiresAt: 5, tokenValue: REDACTED, refreshTokenId: REDACTED },
    });
  });

  it('does not take short values for secrets', () => {
    registerSecret('demo');
    expect(redactText('the demo tenant')).toBe('the demo tenant');
  });
});

describe('registerSecret', () => {
  it('forgets tokens of days ago, and no secret that was registered again since', () => {
    const password = 'a password that lives for years';
    const register = (count: number, of: string) => {
      for (let token = 0; token < count; token += 1) registerSecret(`${of}-secret-${token}`);
    };
    registerSecret(password);
    register(400, 'yesterday');
    registerSecret(password);
    register(300, 'today');
    expect(redactText(password)).toBe(REDACTED);
    expect(redactText('today-secret-299')).toBe(REDACTED);
    expect(redactText('yesterday-secret-0')).toBe('yesterday-secret-0');
    registerSecret(canary);
  });
});

describe('hideSecrets', () => {
  it('hides each of many known values wherever it stands, the longest first, and changes nothing else', () => {
    const values = [canary, ...Array.from({ length: 40 }, (_, i) => `${'ü€x'.slice(i % 3)}${i * 7919}-secret`)];
    for (const value of values) registerSecret(value);
    const forms = values.flatMap((value) => [value, encodeURIComponent(value)]);
    const longestFirst = forms.toSorted((a, b) => b.length - a.length);
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(...forms),
      fc.constantFrom(...forms).map((form) => form.slice(0, -1)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('');
        expect(hideSecrets(text)).toBe(longestFirst.reduce((clean, form) => clean.replaceAll(form, REDACTED), text));
      }),
    );
  });
});

describe('redactBody', () => {
  it('keeps 4 KB of bytes and never half a secret', () => {
    const body = redactBody(`${'é'.repeat(2040)}${canary}${'x'.repeat(9000)}`);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096);
    expect(body).not.toContain('canary-4');
    expect(body).not.toContain('\uFFFD');
  });

  it('drops the end of a body that was cut before it came, where half a token may stand', () => {
    expect(redactBody(`words ${canary.slice(0, 20)}`, { wasCut: true })).not.toContain('canary');
  });
});

describe('redactHeaders', () => {
  it('shows only headers known to be harmless', () => {
    expect(redactHeaders({ 'Retry-After': '7', Authorization: 'AnaplanAuthToken x', 'X-Unheard-Of': 'y' })).toEqual({
      'retry-after': '7',
      authorization: REDACTED,
      'x-unheard-of': REDACTED,
    });
  });
});

describe('redact', () => {
  it('goes through nested errors, their causes and their own properties', () => {
    const cause = Object.assign(new Error(`socket said ${canary}`), {
      request: { headers: { authorization: canary } },
    });
    const error = new AggregateError([new Error(canary)], `outer ${canary}`, { cause });
    const text = JSON.stringify(redact({ error, password: 1234567890 }));
    expect(text).not.toContain('canary');
    expect(text).not.toContain('1234567890');
    expect(text).toContain('socket said');
  });

  it('survives cycles, depth, bytes, dates, bigints and functions', () => {
    const cyclic: Record<string, unknown> = { at: new Date(0), n: 10n, bytes: new Uint8Array(3), f: () => 1 };
    cyclic.self = cyclic;
    expect(redact(cyclic)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      n: '10',
      bytes: '[3 bytes]',
      f: undefined,
      self: '[circular]',
    });
    let deep: unknown = 'bottom';
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(JSON.stringify(redact(deep))).toContain('too deep');
  });

  it('survives what refuses to be made text', () => {
    const silent = Object.create(null);
    expect(redact(new Map([[silent, 1]]))).toEqual({ '[object]': 1 });
    expect(redact({ headers: { 'content-type': silent } })).toEqual({ headers: { 'content-type': '[object]' } });
  });

  it('never shows a registered value, wherever it stands in anything', () => {
    fc.assert(
      fc.property(fc.object({ withMap: true, withSet: true, values: [fc.constant(canary), fc.string()] }), (value) => {
        expect(JSON.stringify(redact(value))).not.toContain(canary);
      }),
    );
  });

  it('takes time proportional to hostile text', () => {
    const hostile =
      '"tokenValue":"\\'.repeat(20_000) + '-----BEGIN PRIVATE KEY-----'.repeat(5_000) + 'a_'.repeat(50_000);
    const before = performance.now();
    redactText(hostile);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
