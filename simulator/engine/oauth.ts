import type { OAuthClientPlan } from '../definition/tenant-definition.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Tenant, User } from './tenant.ts';

/** A refusal of the OAuth service: `error` as RFC 6749 and RFC 8628 name it. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly status: 400 | 401 | 403;
  readonly code: string;
  constructor(status: 400 | 401 | 403, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

interface DeviceCode {
  deviceCode: string;
  userCode: string;
  client: OAuthClientPlan;
  expiresAt: number;
  lastAsked: number | undefined;
  decided: User | 'denied' | undefined;
}

interface RefreshToken {
  client: OAuthClientPlan;
  user: User;
  expiresAt: number;
}

export interface Grant {
  session: Session;
  refreshToken: string;
}

/** Device codes and refresh tokens (anaplan-notes: Signing in). */
export class OAuth {
  readonly #tenant: Tenant;
  readonly #sessions: Sessions;
  #devices: DeviceCode[] = [];
  readonly #refreshTokens = new Map<string, RefreshToken>();
  /** every refresh token that ever was, and the secrets of the clients */
  readonly secrets = new Set<string>();

  constructor(tenant: Tenant, sessions: Sessions) {
    this.#tenant = tenant;
    this.#sessions = sessions;
    for (const client of tenant.oauthClients) {
      for (const secret of [client.secret, client.refreshToken]) if (secret !== undefined) this.secrets.add(secret);
      const user = this.#userOf(client);
      // a token that the definition hands out lives from the first moment on, whenever that is
      if (client.refreshToken && user) {
        this.#refreshTokens.set(client.refreshToken, { client, user, expiresAt: Number.POSITIVE_INFINITY });
      }
    }
  }

  beginDevice(clientId: string, at: number): { deviceCode: string; userCode: string } {
    const client = this.#client(clientId);
    const hex = this.#tenant.seeded.hex().toUpperCase();
    const device: DeviceCode = {
      deviceCode: this.#tenant.seeded.hex(),
      userCode: `${hex.slice(0, 4)}-${hex.slice(4, 8)}`,
      client,
      expiresAt: at + this.#tenant.settings.deviceCodeSeconds * 1000,
      lastAsked: undefined,
      decided: client.approve ? this.#userOf(client) : undefined,
    };
    this.#devices.push(device);
    return device;
  }

  /** What a person does in the browser. False when there is no such code. */
  decide(userCode: string, decision: User | 'denied' | undefined): boolean {
    const device = this.#devices.find((each) => each.userCode === userCode);
    if (!device) return false;
    device.decided = decision ?? this.#userOf(device.client);
    return true;
  }

  /** Exchanges a device code, once it is approved. @throws OAuthError `authorization_pending`, `slow_down`, … */
  byDeviceCode(clientId: string, deviceCode: string, at: number): Grant {
    const client = this.#client(clientId);
    const device = this.#devices.find((each) => each.deviceCode === deviceCode && each.client === client);
    if (!device) throw new OAuthError(403, 'invalid_grant', 'Invalid or expired device code.');
    if (device.expiresAt <= at) throw new OAuthError(403, 'expired_token', 'The device code has expired.');
    const tooSoon =
      device.lastAsked !== undefined && at - device.lastAsked < this.#tenant.settings.devicePollSeconds * 1000;
    device.lastAsked = at;
    if (tooSoon) throw new OAuthError(400, 'slow_down', 'You are polling faster than the specified interval.');
    if (device.decided === 'denied') throw new OAuthError(403, 'access_denied', 'The user cancelled the request.');
    if (!device.decided) throw new OAuthError(403, 'authorization_pending', 'User has yet to authorize device code.');
    this.#devices = this.#devices.filter((each) => each !== device);
    return this.#grant(client, device.decided, at);
  }

  /** Exchanges a refresh token. A rotating one is dead afterwards; its successor is in the answer. */
  byRefreshToken(clientId: string, refreshToken: string, secret: string | undefined, at: number): Grant {
    const client = this.#client(clientId);
    if (client.secret !== undefined && client.secret !== secret)
      throw new OAuthError(401, 'access_denied', 'Unauthorized');
    const known = this.#refreshTokens.get(refreshToken);
    if (!known || known.client !== client || known.expiresAt <= at) {
      throw new OAuthError(403, 'invalid_grant', 'Unknown or invalid refresh token.');
    }
    if (client.rotating) {
      this.#refreshTokens.delete(refreshToken);
      return this.#grant(client, known.user, at);
    }
    return { session: this.#sessions.open(known.user, at), refreshToken };
  }

  #grant(client: OAuthClientPlan, user: User, at: number): Grant {
    const refreshToken = `v1.${this.#tenant.seeded.hex()}${this.#tenant.seeded.hex()}`;
    const expiresAt = at + this.#tenant.settings.refreshTokenSeconds * 1000;
    this.#refreshTokens.set(refreshToken, { client, user, expiresAt });
    this.secrets.add(refreshToken);
    return { session: this.#sessions.open(user, at), refreshToken };
  }

  #client(id: string): OAuthClientPlan {
    const client = this.#tenant.oauthClients.find((each) => each.id === id);
    if (!client) throw new OAuthError(403, 'unauthorized_client', 'Unknown or unauthorized client.');
    return client;
  }

  #userOf(client: OAuthClientPlan): User | undefined {
    return client.user === undefined ? this.#tenant.users[0] : this.#tenant.user(client.user);
  }
}
