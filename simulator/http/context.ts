import type { Context } from 'hono';
import type { StartWish } from '../engine/model.ts';
import type { OAuth } from '../engine/oauth.ts';
import type { RateLimit } from '../engine/rate-limit.ts';
import type { Sessions } from '../engine/sessions.ts';
import type { Tenant, User } from '../engine/tenant.ts';

/** What the routes work with. */
export interface Simulation {
  tenant: Tenant;
  sessions: Sessions;
  rateLimit: RateLimit;
  oauth: OAuth;
}

/** What is known of a request before its route runs. */
export interface RequestEnv {
  Bindings: {
    /** the time it acts at, epoch milliseconds; later than its arrival when it was held */
    at: number;
    /** told who it was, for the log of requests */
    seen: (user: User) => void;
    /** what a task that this request starts is to do other than usual */
    wish: StartWish;
    /** Waits until then without blocking anybody else; answers the time it then is. */
    hold: (until: number) => Promise<number>;
    /** Resolves after `ms`, or at once when `signal` aborts; never on a clock that stands still. */
    patience: (ms: number, signal: AbortSignal) => Promise<void>;
  };
  Variables: { user: User };
}

export type Ctx = Context<RequestEnv>;

/** Scheme, host and port the caller used: URLs in answers point back to the simulator. */
export function originOf(c: Ctx): string {
  return new URL(c.req.url).origin;
}

/** A query parameter that is switched on: `true`, or `True` as some clients write it. */
export function flag(c: Ctx, name: string): boolean {
  return c.req.query(name)?.toLowerCase() === 'true';
}
