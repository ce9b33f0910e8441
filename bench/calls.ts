import type { Store } from '../shared/ports/store.ts';

export type Service = 'S3' | 'SQS' | 'SNS' | 'Lambda' | 'Anaplan';

/** What S3 is asked when a method of the port is called; a stream below one part goes up in one `PutObject`. */
const S3_REQUESTS: Partial<Record<keyof Store, string>> = {
  head: 'HEAD',
  get: 'GET',
  getRange: 'GET',
  create: 'PUT',
  replace: 'PUT',
  put: 'PUT',
  putStream: 'PUT',
  delete: 'DELETE',
  list: 'LIST',
  copy: 'COPY',
  tag: 'PUT',
};

/** Method and path of a request to Anaplan, and what it is for. */
const ANAPLAN_CALLS: readonly (readonly [string, RegExp, string])[] = [
  ['GET', /\/status$/, 'model status'],
  ['GET', /\/users\/me$/, 'current user'],
  ['GET', /\/files$/, 'list files'],
  ['POST', /\/files\/\d+$/, 'announce the file'],
  ['PUT', /\/chunks\/\d+$/, 'send a chunk'],
  ['GET', /\/tasks$/, 'list tasks'],
  ['POST', /\/tasks$/, 'start'],
  ['GET', /\/tasks\/[^/]+$/, 'poll'],
  ['GET', /\/dumps?\//, 'read the dump'],
];

/** Counts of calls by service and kind. */
export class Calls {
  readonly #counts = new Map<string, number>();

  add(service: Service, kind: string, times = 1): void {
    const key = `${service}\t${kind}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  /** Signing in is left out: it belongs to a container and its 35 minutes, not to a run. */
  addAnaplan(method: string, url: string): void {
    const { pathname } = new URL(url);
    if (pathname.startsWith('/token/')) return;
    const known = ANAPLAN_CALLS.find(([verb, path]) => verb === method && path.test(pathname));
    this.add('Anaplan', known?.[2] ?? `${method} ${pathname}`);
  }

  /** The store, with each request that S3 would get counted by kind and folder. */
  counting(store: Store, bucket: 'state' | 'source'): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const request = S3_REQUESTS[name as keyof Store];
        return (...args: unknown[]) => {
          if (request !== undefined) this.add('S3', `${request} ${folderOf(args[0], bucket)}`);
          else if (name !== 'address') this.add('S3', `${String(name)} ${folderOf(args[0], bucket)}`);
          return Reflect.apply(value, target, args);
        };
      },
    });
  }

  of(service: Service, kind?: (kind: string) => boolean): number {
    return this.kinds(service)
      .filter(([name]) => kind?.(name) ?? true)
      .reduce((sum, [, count]) => sum + count, 0);
  }

  kinds(service: Service): [kind: string, count: number][] {
    return [...this.#counts]
      .filter(([key]) => key.startsWith(`${service}\t`))
      .map(([key, count]): [string, number] => [key.slice(service.length + 1), count])
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  clear(): void {
    this.#counts.clear();
  }
}

function folderOf(key: unknown, bucket: 'state' | 'source'): string {
  if (bucket === 'source' || typeof key !== 'string') return 'the drop';
  return `${key.split('/')[0]}/`;
}
