import { Hono } from 'hono';
import * as z from 'zod';
import { certificateSignIn } from '../engine/certificate-sign-in.ts';
import type { Session } from '../engine/sessions.ts';
import type { User } from '../engine/tenant.ts';
import { type Ctx, originOf, type RequestEnv, type Simulation } from './context.ts';

const badHeader = (c: Ctx) =>
  c.json({ status: 'FAILURE_BAD_HEADER', statusMessage: 'Invalid header. Verify the header.' }, 400);
const badCredential = (c: Ctx, statusMessage = 'Invalid credentials.') =>
  c.json({ status: 'FAILURE_BAD_CREDENTIAL', statusMessage }, 401);

const certificatePayload = z.object({
  encodedData: z.string(),
  encodedSignedData: z.string(),
  encodedDataFormat: z.string().optional(),
});

/** `/token`: sign-in, refresh, validate, logout (anaplan-notes: Signing in). Its envelope is not that of the Integration API. */
export function signInRoutes({ tenant, sessions }: Simulation): Hono<RequestEnv> {
  const routes = new Hono<RequestEnv>();
  const meta = (c: Ctx) => ({ validationUrl: `${originOf(c)}/token/validate` });
  const tokenInfo = ({ expiresAt, tokenId, tokenValue, refreshTokenId }: Session) => ({
    expiresAt,
    tokenId,
    tokenValue,
    refreshTokenId,
  });

  const byPassword = (c: Ctx, scheme: string, value: string): User | Response => {
    const pair = Buffer.from(value, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    if (scheme.toLowerCase() !== 'basic' || colon < 0) return badHeader(c);
    const user = tenant.user(pair.slice(0, colon));
    if (user?.plan.password === undefined || user.plan.password !== pair.slice(colon + 1)) return badCredential(c);
    return user;
  };

  const byCertificate = async (c: Ctx, value: string): Promise<User | Response> => {
    const body = certificatePayload.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return badHeader(c);
    const result = certificateSignIn(tenant, value, body.data, c.env.at);
    if ('user' in result) return result.user;
    return result.refused === 'header' ? badHeader(c) : badCredential(c, result.why);
  };

  routes.post('/authenticate', async (c) => {
    const header = c.req.header('authorization') ?? '';
    const [scheme, value] = [header.split(' ', 1)[0] ?? '', header.slice(header.indexOf(' ') + 1).trim()];
    if (value === '' || !header.includes(' ')) return badHeader(c);
    const user =
      scheme.toLowerCase() === 'cacertificate' ? await byCertificate(c, value) : byPassword(c, scheme, value);
    if (user instanceof Response) return user;
    c.env.seen(user);
    const session = sessions.open(user, c.env.at);
    const body = { meta: meta(c), status: 'SUCCESS', statusMessage: 'Login successful', tokenInfo: tokenInfo(session) };
    return c.json(body, tenant.quirks.authenticate201 ? 201 : 200);
  });

  /** The session of an `AnaplanAuthToken` header, or the refusal. */
  const sessionOf = (c: Ctx): Session | Response => {
    const [, scheme, value] = /^(\S+)\s+(.+)$/.exec(c.req.header('authorization') ?? '') ?? [];
    if (scheme !== 'AnaplanAuthToken' || value === undefined) return badHeader(c);
    const session = sessions.find(value, c.env.at);
    if (!session) return badCredential(c, 'Token is invalid or expired.');
    c.env.seen(session.user);
    return session;
  };

  routes.post('/refresh', (c) => {
    const session = sessionOf(c);
    if (session instanceof Response) return session;
    const refreshed = sessions.refresh(session, c.env.at);
    return c.json({
      meta: meta(c),
      status: 'SUCCESS',
      statusMessage: 'Token refreshed',
      tokenInfo: tokenInfo(refreshed),
    });
  });

  routes.get('/validate', (c) => {
    const session = sessionOf(c);
    if (session instanceof Response) return session;
    return c.json({
      meta: meta(c),
      status: 'SUCCESS',
      statusMessage: 'Token validated',
      tokenInfo: { expiresAt: session.expiresAt, tokenId: session.tokenId },
      userInfo: { userGuid: session.user.id, userId: session.user.plan.email, customerGuid: tenant.customerId },
    });
  });

  routes.post('/logout', (c) => {
    const session = sessionOf(c);
    // a scheme that refresh calls malformed is simply not signed in here
    if (session instanceof Response) return session.status === 400 ? badCredential(c) : session;
    sessions.close(session);
    return c.body(null, 204);
  });

  return routes;
}
