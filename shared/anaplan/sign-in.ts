import * as z from 'zod';
import { registerSecret } from '../observe/index.ts';
import type { Credentials } from '../ports/secrets.ts';
import { discard, readJson } from './answer.ts';
import { type CertificateOptions, certificateFacts, certificateSignIn } from './certificate.ts';
import { type Answer, type Ask, exchange, type Shared, type View } from './exchange.ts';
import { basicPair } from './register-credentials.ts';

/** A token as a sign-in gave it. */
export interface Grant {
  value: string;
  /** whom it belongs to, in words for people */
  user: string;
  /** how long it lives, from the answer on */
  lifeMs: number;
  /** only OAuth: the refresh token to use next time */
  nextRefreshToken?: string;
}

export interface SignInHosts {
  authUrl: string;
  oauthUrl: string;
}

/** Signing in is not held up by a busy model, so its answer may be awaited for less long. */
const SIGN_IN_READ_TIMEOUT_MS = 60_000;
/** When neither the answer's clock nor ours makes sense of `expiresAt`: below every documented life. */
const ASSUMED_LIFE_MS = 30 * 60_000;
const LONGEST_LIFE_MS = 24 * 3_600_000;

const tokenAnswer = z.object({
  tokenInfo: z.object({
    tokenValue: z.string().min(1),
    expiresAt: z.coerce.number(),
    tokenId: z.string().optional().catch(undefined),
    refreshTokenId: z.string().optional().catch(undefined),
  }),
});

const oauthAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().optional().catch(undefined),
  refresh_token: z.string().optional().catch(undefined),
});

/** Asks for a token with the credentials themselves, whose secrets are known to redaction (anaplan-notes: Signing in). */
export async function signIn(
  shared: Shared,
  view: View,
  hosts: SignInHosts,
  credentials: Credentials,
  certificateOptions?: CertificateOptions,
): Promise<Grant> {
  const user = userOf(credentials);
  const ask = {
    name: 'signIn',
    method: 'POST',
    readTimeoutMs: SIGN_IN_READ_TIMEOUT_MS,
    signsInWith: credentials.kind,
    user,
  } as const;
  const authenticate = { ...ask, origin: hosts.authUrl, path: '/token/authenticate' };
  const readGrant = (answer: Answer) => readTokenAnswer(answer, user, shared.clock.now());
  switch (credentials.kind) {
    case 'basic': {
      const authorization = `Basic ${basicPair(credentials)}`;
      return exchange(shared, view, { ...authenticate, headers: { authorization } }, readGrant);
    }
    case 'certificate': {
      const signed = certificateSignIn(credentials, shared.clock.now(), certificateOptions);
      const { authorization, payload } = signed;
      return exchange(shared, view, { ...authenticate, headers: { authorization }, json: payload }, readGrant);
    }
    case 'oauth': {
      const json = {
        grant_type: 'refresh_token',
        client_id: credentials.clientId,
        refresh_token: credentials.refreshToken,
        ...(credentials.clientSecret === undefined ? {} : { client_secret: credentials.clientSecret }),
      };
      return exchange(shared, view, { ...ask, origin: hosts.oauthUrl, path: '/oauth/token', json }, (answer) =>
        readOauthAnswer(answer, user),
      );
    }
    default:
      return credentials satisfies never;
  }
}

/** Whose credentials they are, in words for people. @throws UnusableCredentialsError when the certificate is none */
function userOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'basic':
      return credentials.username;
    case 'certificate':
      return `certificate of ${certificateFacts(credentials.certificatePem).subject.replaceAll('\n', ', ')}`;
    case 'oauth':
      return `OAuth client ${credentials.clientId}`;
    default:
      return credentials satisfies never;
  }
}

/** Lengthens a token's life. What comes back may be the same value or another (anaplan-notes: Token life). */
export function refresh(
  shared: Shared,
  view: View,
  hosts: SignInHosts,
  { value: token, user }: Pick<Grant, 'value' | 'user'>,
): Promise<Grant> {
  const ask: Ask = {
    name: 'signIn',
    method: 'POST',
    origin: hosts.authUrl,
    path: '/token/refresh',
    headers: { authorization: `AnaplanAuthToken ${token}` },
    readTimeoutMs: SIGN_IN_READ_TIMEOUT_MS,
    user,
  };
  return exchange(shared, view, ask, (answer) => readTokenAnswer(answer, user, shared.clock.now()));
}

/** Ends a token's life at once. */
export function signOut(shared: Shared, view: View, hosts: SignInHosts, token: string): Promise<void> {
  const ask: Ask = {
    name: 'signOut',
    method: 'POST',
    origin: hosts.authUrl,
    path: '/token/logout',
    headers: { authorization: `AnaplanAuthToken ${token}` },
  };
  return exchange(shared, view, ask, discard);
}

async function readTokenAnswer(answer: Answer, user: string, now: number): Promise<Grant> {
  const { tokenInfo } = await readJson(answer, tokenAnswer);
  registerSecret(tokenInfo.tokenValue);
  for (const id of [tokenInfo.tokenId, tokenInfo.refreshTokenId]) if (id) registerSecret(id);
  // By the answer's own clock if it shows one: ours may be wrong by more than a token's life.
  const lives = [Date.parse(answer.headers.date ?? ''), now].map((answeredAt) => tokenInfo.expiresAt - answeredAt);
  const lifeMs = lives.find((life) => life > 0 && life <= LONGEST_LIFE_MS) ?? ASSUMED_LIFE_MS;
  return { value: tokenInfo.tokenValue, user, lifeMs };
}

async function readOauthAnswer(answer: Answer, user: string): Promise<Grant> {
  const granted = await readJson(answer, oauthAnswer);
  registerSecret(granted.access_token);
  if (granted.refresh_token) registerSecret(granted.refresh_token);
  const seconds = granted.expires_in ?? 0;
  const lifeMs = seconds > 0 ? Math.min(seconds * 1000, LONGEST_LIFE_MS) : ASSUMED_LIFE_MS;
  return {
    value: granted.access_token,
    user,
    lifeMs,
    ...(granted.refresh_token ? { nextRefreshToken: granted.refresh_token } : {}),
  };
}
