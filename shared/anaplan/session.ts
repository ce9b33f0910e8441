import { registerSecret } from '../observe/index.ts';
import type { Credentials } from '../ports/secrets.ts';
import type { CertificateOptions } from './certificate.ts';
import { HttpError } from './errors.ts';
import type { Shared, View } from './exchange.ts';
import { AnaplanCallError } from './failure.ts';
import { registerCredentials } from './register-credentials.ts';
import { type Grant, refresh, type SignInHosts, signIn, signOut } from './sign-in.ts';

/** A token and when to think about the next one. Compared by identity: a renewal may bring the same value. */
export interface Token {
  readonly value: string;
  /** whom it belongs to, in words for people */
  readonly user: string;
}

interface HeldToken extends Token {
  /** epoch milliseconds by our clock */
  expiresAt: number;
  renewAt: number;
}

export interface SessionOptions {
  hosts: SignInHosts;
  credentials: () => Promise<Credentials>;
  certificate?: CertificateOptions;
  /** Keeps a rotated OAuth refresh token; called, and awaited, before the token that came with it is used. */
  onRefreshToken?: (refreshToken: string) => Promise<void>;
}

const RENEW_BEFORE_MS = 5 * 60_000;
/** Many processes that signed in together shall not renew together. */
const RENEW_SPREAD_MS = 60_000;
const RENEW_AGAIN_MS = 30_000;

/**
 * One token for everything a process does: asked for by whoever comes first, shared by all, renewed about 5 min before
 * its end. Signing in for every call would make calls fail (anaplan-notes: Token life).
 */
export class Session {
  readonly #shared: Shared;
  readonly #options: SessionOptions;
  #held: HeldToken | undefined;
  #pending: Promise<HeldToken> | undefined;
  /** Which refresh token has been used up, and what came in its place. */
  #rotated: { from: string; to: string } | undefined;

  constructor(shared: Shared, options: SessionOptions) {
    this.#shared = shared;
    this.#options = options;
  }

  /**
   * A token that is good now.
   * @throws AnaplanCallError of a `sign-in`; MissingCredentialsError or UnusableCredentialsError without asking
   */
  async token(view: View): Promise<Token> {
    const held = this.#held;
    if (held !== undefined && this.#shared.clock.now() < held.renewAt) return held;
    return this.#once(() => this.#renewed(held, view));
  }

  /** A token in place of one that was refused with 401; signs in again unless somebody already has. */
  async replace(refused: Token, view: View): Promise<Token> {
    if (this.#held === refused) this.#held = undefined;
    return this.#pending ?? this.token(view);
  }

  /** Ends the token's life; the next call signs in again. */
  async signOut(view: View): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await signOut(this.#shared, view, this.#options.hosts, held.value);
  }

  #once(renew: () => Promise<HeldToken>): Promise<HeldToken> {
    this.#pending ??= renew()
      .then((token) => {
        this.#held = token;
        return token;
      })
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  async #renewed(held: HeldToken | undefined, view: View): Promise<HeldToken> {
    const { clock } = this.#shared;
    // Everybody waits for this one request, so the deadline and signal of whoever came first must not end it.
    const own: View = view.onExchange ? { onExchange: view.onExchange } : {};
    const askedAt = clock.now();
    const usable = held !== undefined && askedAt < held.expiresAt ? held : undefined;
    try {
      return this.#hold(await this.#grant(usable, own), askedAt);
    } catch (error) {
      if (usable === undefined || !(error instanceof AnaplanCallError)) throw error;
      if (clock.now() >= usable.expiresAt) throw error;
      return { ...usable, renewAt: Math.min(clock.now() + RENEW_AGAIN_MS, usable.expiresAt) };
    }
  }

  async #grant(usable: HeldToken | undefined, view: View): Promise<Grant> {
    const { hosts, certificate } = this.#options;
    const credentials = await this.#credentials();
    // Also when the token is only refreshed, for days: redaction forgets what it was told too long ago.
    registerCredentials(credentials);
    if (usable !== undefined && credentials.kind !== 'oauth') {
      try {
        return await refresh(this.#shared, view, hosts, usable);
      } catch (error) {
        // A refused refresh says nothing about the credentials; any other failure is borne by the token we still have.
        if (!(error instanceof HttpError) || error.status >= 500 || error.status === 429) throw error;
      }
    }
    const grant = await signIn(this.#shared, view, hosts, credentials, certificate);
    if (credentials.kind === 'oauth') await this.#keepRefreshToken(credentials.refreshToken, grant.nextRefreshToken);
    return grant;
  }

  async #credentials(): Promise<Credentials> {
    const credentials = await this.#options.credentials();
    const rotated = this.#rotated;
    if (credentials.kind !== 'oauth' || rotated === undefined || credentials.refreshToken !== rotated.from)
      return credentials;
    return { ...credentials, refreshToken: rotated.to };
  }

  async #keepRefreshToken(used: string, next: string | undefined): Promise<void> {
    if (next === undefined || next === used) return;
    registerSecret(next);
    const from = this.#rotated?.to === used ? this.#rotated.from : used;
    this.#rotated = { from, to: next };
    await this.#options.onRefreshToken?.(next);
  }

  #hold(grant: Grant, askedAt: number): HeldToken {
    const marginMs = RENEW_BEFORE_MS + this.#shared.random() * RENEW_SPREAD_MS;
    return {
      value: grant.value,
      user: grant.user,
      expiresAt: askedAt + grant.lifeMs,
      renewAt: askedAt + Math.max(grant.lifeMs - marginMs, grant.lifeMs / 2),
    };
  }
}
