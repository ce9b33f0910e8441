const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * What is wrong with an address of Anaplan, in words that complete "… must be"; undefined when nothing is.
 * An address is an origin without a path. Plain `http:` would send the password in the clear, so only this machine may have it.
 */
export function originMistake(text: string): string | undefined {
  if (!URL.canParse(text)) return 'an address such as https://api.anaplan.com';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'an address that begins with https://';
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    return 'an https:// address (http:// is for this machine only, such as http://127.0.0.1:7080)';
  }
  if (url.username !== '' || url.password !== '') return 'an address without a user name or password';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return `an address without a path, such as ${url.origin} (Plandrop adds the path)`;
  }
  return undefined;
}

/** Whether only this machine itself reaches an address. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(new URL(address).hostname);
}

/** What is wrong with an address that alerts are posted to, in words that complete "… must be"; undefined when nothing is. */
export function webhookMistake(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))) return undefined;
  return 'an address that begins with https:// (http:// is for this machine only)';
}

const OAUTH_URL = 'https://us1a.app.anaplan.com';

/** Where OAuth signs in when nothing is said: a tenant on this machine answers at one address, and no live host may see its secrets. */
export function oauthUrlBeside(authUrl: string): string {
  return LOOPBACK.test(new URL(authUrl).hostname) ? authUrl : OAUTH_URL;
}
