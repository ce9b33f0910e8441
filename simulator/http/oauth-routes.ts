import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as z from 'zod';
import { type Grant, type OAuth, OAuthError } from '../engine/oauth.ts';
import type { Ctx, RequestEnv, Simulation } from './context.ts';
import { originOf } from './context.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const fields = z.record(z.string(), z.string());

/** `/oauth`: device grant and refresh (anaplan-notes: Signing in). Bodies may be JSON or form-encoded. */
export function oauthRoutes({ tenant, oauth }: Simulation): Hono<RequestEnv> {
  const routes = new Hono<RequestEnv>();
  const { settings } = tenant;

  routes.post('/device/code', async (c) => {
    const { client_id: clientId } = await readFields(c);
    const { deviceCode, userCode } = oauth.beginDevice(needed(clientId, 'client_id'), c.env.at);
    const uri = `${originOf(c)}/oauth/activate`;
    return c.json({
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: uri,
      verification_uri_complete: `${uri}?user_code=${userCode}`,
      expires_in: settings.deviceCodeSeconds,
      interval: settings.devicePollSeconds,
    });
  });

  /** What a person would do in the browser; `?deny` refuses, `?user=` says who approves. */
  routes.get('/activate', (c) => {
    const { user_code: code, deny, user } = c.req.query();
    const known = oauth.decide(code ?? '', deny === undefined ? (user ? tenant.user(user) : undefined) : 'denied');
    return known ? c.text('Thank you. You can go back to your device.') : c.text('There is no such code.', 404);
  });

  routes.post('/token', async (c) => {
    const sent = await readFields(c);
    const grant = grantFor(oauth, sent, c.env.at);
    c.env.seen(grant.session.user);
    return c.json({
      access_token: grant.session.tokenValue,
      id_token: idToken(c, grant, sent.client_id ?? ''),
      refresh_token: grant.refreshToken,
      // `profile` is silently dropped
      scope: 'openid email offline_access',
      expires_in: settings.tokenSeconds,
      token_type: 'Bearer',
    });
  });

  routes.onError((error, c) => {
    if (!(error instanceof OAuthError)) return c.json({ error: 'server_error', error_description: error.message }, 500);
    const status: ContentfulStatusCode = error.status;
    return c.json({ error: error.code, error_description: error.message }, status);
  });
  return routes;
}

function grantFor(oauth: OAuth, sent: Readonly<Record<string, string | undefined>>, at: number): Grant {
  const clientId = needed(sent.client_id, 'client_id');
  if (sent.grant_type === DEVICE) return oauth.byDeviceCode(clientId, needed(sent.device_code, 'device_code'), at);
  if (sent.grant_type === 'refresh_token') {
    return oauth.byRefreshToken(clientId, needed(sent.refresh_token, 'refresh_token'), sent.client_secret, at);
  }
  throw new OAuthError(403, 'unauthorized_client', `Grant type '${sent.grant_type ?? ''}' not allowed for the client.`);
}

async function readFields(c: Ctx): Promise<Readonly<Record<string, string | undefined>>> {
  const text = await c.req.text();
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return fields.parse(JSON.parse(text));
  } catch {
    throw new OAuthError(400, 'invalid_request', 'The body is neither JSON nor form-encoded.');
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '')
    throw new OAuthError(400, 'invalid_request', `Missing required parameter: ${name}`);
  return value;
}

/** An unsigned token that names the user: nobody in these tests verifies it. */
function idToken(c: Ctx, { session }: Grant, clientId: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: `${originOf(c)}/`, sub: session.user.id, aud: clientId, email: session.user.plan.email };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...claims, exp: Math.floor(session.expiresAt / 1000) })}.`;
}
