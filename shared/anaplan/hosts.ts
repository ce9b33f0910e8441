/** The origins of one Anaplan region; `/2/0`, `/token` and `/oauth` are appended. */
export interface Hosts {
  apiUrl: string;
  authUrl: string;
  oauthUrl: string;
}

/** US1, US2, US5, US7, EU1, EU2, EU4 and AP1 share these (anaplan-notes: Hosts). */
export const DEFAULT_HOSTS: Hosts = {
  apiUrl: 'https://api.anaplan.com',
  authUrl: 'https://auth.anaplan.com',
  oauthUrl: 'https://us1a.app.anaplan.com',
};

const prefixed = (prefix: string): Hosts => ({
  apiUrl: `https://${prefix}.api.anaplan.com`,
  authUrl: `https://${prefix}.auth.anaplan.com`,
  oauthUrl: `https://${prefix}.app.anaplan.com`,
});

/** Every region's hosts, by the region's name in lower case (anaplan-notes: Hosts). */
export const REGIONS = {
  us1: DEFAULT_HOSTS,
  us2: DEFAULT_HOSTS,
  us5: DEFAULT_HOSTS,
  us7: DEFAULT_HOSTS,
  us9: prefixed('us9'),
  eu1: DEFAULT_HOSTS,
  eu2: DEFAULT_HOSTS,
  eu3: prefixed('eu3'),
  eu4: DEFAULT_HOSTS,
  eu5: prefixed('eu5'),
  ap1: DEFAULT_HOSTS,
  gb1: prefixed('gb1'),
  ca1: prefixed('ca1a'),
  sg1: prefixed('sg1'),
  ae1: prefixed('ae1'),
  in1: prefixed('in1'),
  id1: prefixed('id1'),
  me1: prefixed('me1'),
  au1: {
    apiUrl: 'https://au1a.api2.anaplan.com',
    authUrl: 'https://au1a.app2.anaplan.com',
    oauthUrl: 'https://au1a.app2.anaplan.com',
  },
} as const satisfies Record<string, Hosts>;

export type Region = keyof typeof REGIONS;

/**
 * Scheme, host and port of a configured address.
 * @throws TypeError when it is not an `https:` origin, or `http:` anywhere but on this machine: a token would travel in the clear
 */
export function originOf(address: string, name: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const plainPath =
    url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (url === undefined || !plainPath || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(`${name} must be an origin such as https://api.anaplan.com, without a path`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new TypeError(`${name} must be https: (http: is for this machine only)`);
  }
  return url.origin;
}

/** Whether a URL's host is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
