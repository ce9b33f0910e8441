import { about, checked, number, settings } from './fields.ts';
import { oauthUrlBeside, originMistake } from './origin.ts';

const origin = () =>
  checked('an https:// address without a path', originMistake).transform((text) => new URL(text).origin);

/** Where Anaplan is, and how often it may be asked. */
export const anaplanSchema = settings('anaplan', {
  apiUrl: about(
    'Where the API of your tenant is; the variable ANAPLAN_API_URL wins over it.',
    'https://eu3.api.anaplan.com',
    origin(),
  ).prefault('https://api.anaplan.com'),
  authUrl: about(
    'Where a password or certificate signs in; the variable ANAPLAN_AUTH_URL wins over it.',
    'https://eu3.auth.anaplan.com',
    origin(),
  ).prefault('https://auth.anaplan.com'),
  oauthUrl: about(
    'Where OAuth signs in; the variable ANAPLAN_OAUTH_URL wins over it. Without it https://us1a.app.anaplan.com, or the address of a tenant on this machine.',
    'https://eu3.app.anaplan.com',
    origin(),
  ).exactOptional(),
  requestsPerMinute: about(
    'How many requests a minute Plandrop may send, of the 600 that Anaplan gives all users of a tenant together.',
    300,
    number('a whole number from 1 to 6000', { from: 1, to: 6000 }),
  ).default(600),
}).transform(({ oauthUrl, ...value }) => ({ ...value, oauthUrl: oauthUrl ?? oauthUrlBeside(value.authUrl) }));
