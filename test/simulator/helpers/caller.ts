import { gzipSync } from 'node:zlib';
import type { Simulator } from '../../../simulator/index.ts';

/** What a test reads of any answer; it asserts on the parts it names. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks wherever it likes into JSON it has not typed
export type Json = any;

type Callable = Pick<Simulator, 'fetch' | 'user' | 'password' | 'workspace' | 'model'> & { url?: string };

/** Calls a simulator as a client would: signed in, with the model's path in front. */
export class Caller {
  readonly #simulator: Callable;
  #token = '';

  private constructor(simulator: Callable) {
    this.#simulator = simulator;
  }

  static async signIn(simulator: Callable, user = simulator.user, password = simulator.password): Promise<Caller> {
    const caller = new Caller(simulator);
    const answer = await caller.send('POST', '/token/authenticate', { auth: basic(user, password) });
    caller.#token = ((await answer.json()) as Json).tokenInfo.tokenValue;
    return caller;
  }

  get token(): string {
    return this.#token;
  }

  /** Any path. Over a socket when the simulator has one. */
  async send(
    method: string,
    path: string,
    init: { auth?: string; body?: string | Uint8Array<ArrayBuffer>; type?: string } = {},
  ): Promise<Response> {
    const url = `${this.#simulator.url ?? 'http://simulator'}${path}`;
    const headers: Record<string, string> = { authorization: init.auth ?? `AnaplanAuthToken ${this.#token}` };
    if (init.type) headers['content-type'] = init.type;
    const request = new Request(url, { method, headers, ...(init.body === undefined ? {} : { body: init.body }) });
    return this.#simulator.url === undefined ? this.#simulator.fetch(request) : fetch(request);
  }

  /** A path below the first model. */
  async model(method: string, path: string, body?: object): Promise<{ status: number; json: Json }> {
    const init = body === undefined ? {} : { body: JSON.stringify(body), type: 'application/json' };
    const answer = await this.send(method, `/2/0${this.base}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, json: text.startsWith('{') ? JSON.parse(text) : text };
  }

  get base(): string {
    return `/workspaces/${this.#simulator.workspace.id}/models/${this.#simulator.model.id}`;
  }

  async putChunk(fileId: string, index: number, content: string | Buffer, gzip = false): Promise<number> {
    const body = gzip ? gzipSync(content) : Buffer.from(content);
    const type = gzip ? 'application/x-gzip' : 'application/octet-stream';
    const path = `/2/0${this.base}/files/${fileId}/chunks/${index}`;
    return (await this.send('PUT', path, { body: new Uint8Array(body), type })).status;
  }

  /** Announces the exact number of chunks and sends them. */
  async upload(fileId: string, ...chunks: string[]): Promise<void> {
    await this.model('POST', `/files/${fileId}`, { chunkCount: chunks.length });
    for (const [i, chunk] of chunks.entries()) await this.putChunk(fileId, i, chunk);
  }

  async start(kind: string, id: string, body: object = { localeName: 'en_US' }): Promise<string> {
    const { json } = await this.model('POST', `/${kind}/${id}/tasks`, body);
    return json.task.taskId;
  }

  async task(kind: string, id: string, taskId: string, query = ''): Promise<Json> {
    return (await this.model('GET', `/${kind}/${id}/tasks/${taskId}${query}`)).json.task;
  }
}

export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The flat name/value list of a detail, as a map. */
export function valuesOf(detail: { values: (string | null)[] }): Record<string, string | null> {
  const map: Record<string, string | null> = {};
  for (let i = 0; i < detail.values.length; i += 2) map[String(detail.values[i])] = detail.values[i + 1] ?? null;
  return map;
}

export function idOf(named: readonly { id: string; name: string }[], name: string): string {
  const found = named.find((each) => each.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found.id;
}
