import type { Tenant, User } from './tenant.ts';

export interface Session {
  tokenId: string;
  tokenValue: string;
  refreshTokenId: string;
  user: User;
  /** epoch milliseconds */
  expiresAt: number;
}

/** The tokens that are alive. */
export class Sessions {
  readonly #tenant: Tenant;
  readonly #byValue = new Map<string, Session>();
  /** of every session that ever was: what nobody but its owner may read */
  readonly secrets = new Set<string>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  open(user: User, at: number, lifeSeconds = this.#tenant.settings.tokenSeconds): Session {
    const { seeded } = this.#tenant;
    const session: Session = {
      tokenId: seeded.uuid(),
      tokenValue: Buffer.from(`${seeded.hex()}${seeded.hex()}`).toString('base64'),
      refreshTokenId: seeded.uuid(),
      user,
      expiresAt: at + lifeSeconds * 1000,
    };
    user.lastLogin = at;
    this.#byValue.set(session.tokenValue, session);
    for (const secret of [session.tokenValue, session.tokenId, session.refreshTokenId]) this.secrets.add(secret);
    return session;
  }

  find(tokenValue: string, at: number): Session | undefined {
    const session = this.#byValue.get(tokenValue);
    return session && session.expiresAt > at ? session : undefined;
  }

  /** Lengthens a token's life. It keeps its value, unless the tenant is told to hand out a new one. */
  refresh(session: Session, at: number): Session {
    if (!this.#tenant.quirks.refreshKeepsToken) {
      this.close(session);
      return this.open(session.user, at);
    }
    session.expiresAt = at + this.#tenant.settings.tokenSeconds * 1000;
    return session;
  }

  close(session: Session): void {
    this.#byValue.delete(session.tokenValue);
  }

  /** Every token is dead from now on. */
  expireAll(): void {
    this.#byValue.clear();
  }
}
