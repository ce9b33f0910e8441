import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { isTurnable, type SimulatorClock } from './clock.ts';
import { ApiError } from './engine/api-error.ts';
import type { StartWish } from './engine/model.ts';
import { OAuth } from './engine/oauth.ts';
import { RateLimit } from './engine/rate-limit.ts';
import { Sessions } from './engine/sessions.ts';
import type { Tenant, User } from './engine/tenant.ts';
import { addCatalogueRoutes } from './http/catalogue-routes.ts';
import type { RequestEnv, Simulation } from './http/context.ts';
import { errorAnswer } from './http/envelope.ts';
import { addFileRoutes } from './http/file-routes.ts';
import { addBulkDelete, addLifecycleRoutes } from './http/lifecycle-routes.ts';
import { addStatusRoute } from './http/model-status.ts';
import { oauthRoutes } from './http/oauth-routes.ts';
import { type LoggedRequest, RequestLog } from './http/request-log.ts';
import { signInRoutes } from './http/sign-in-routes.ts';
import { addStructureRoutes } from './http/structure-routes.ts';
import { addDumpRoutes, addTaskRoutes } from './http/task-routes.ts';
import { addTenantRoutes } from './http/tenant-routes.ts';
import { watchRoutes } from './http/watch-routes.ts';
import { addWriteRoutes } from './http/write-routes.ts';
import { ConnectionCut, madeAnswer, spoiled, throttled } from './weather/answers.ts';
import type { ScenarioPlan, WeatherAction } from './weather/scenario.ts';
import { Weather } from './weather/weather.ts';

const MODEL_PREFIXES = ['/2/0/workspaces/:workspaceId/models/:modelId', '/2/0/models/:modelId'];
const VERBS = ['GET', 'POST', 'PUT', 'DELETE'];
/** handlers that every path below `/2/0` has */
const MIDDLEWARE = 1;
const KINDS = ['imports', 'exports', 'actions', 'processes'] as const;

/** A request that the server is to act on later than it answered. */
interface LateAct {
  due: number;
  request: Request;
  wish: StartWish | undefined;
}

/** The simulator without a socket: a request in, an answer out. A cut connection is a `ConnectionCut` error. */
export class SimulatorApp {
  readonly log = new RequestLog();
  readonly weather: Weather;
  readonly simulation: Simulation;
  readonly #clock: SimulatorClock;
  readonly #advance: ((ms: number) => Promise<void>) | undefined;
  readonly #routes: Hono<RequestEnv>;
  readonly #closed = new AbortController();
  #late: LateAct[] = [];

  constructor(tenant: Tenant, scenario: ScenarioPlan, clock: SimulatorClock) {
    this.#clock = clock;
    this.#advance = isTurnable(clock) ? clock.advance : undefined;
    this.weather = new Weather(scenario, tenant.seeded);
    const rateLimit = new RateLimit(tenant.settings.requestsPerMinute);
    const sessions = new Sessions(tenant);
    this.simulation = { tenant, sessions, rateLimit, oauth: new OAuth(tenant, sessions) };
    this.#routes = this.#assemble();
  }

  /** Answers one request, as of now. @throws ConnectionCut when the scenario cuts the connection */
  async fetch(request: Request): Promise<Response> {
    const at = this.#clock.now();
    await this.#actLate(at);
    const url = new URL(request.url);
    if (url.pathname === '/simulator' || url.pathname.startsWith('/simulator/')) return this.#route(request, at);
    const entry = this.log.add(request.method, url.pathname + url.search, at);
    const session = this.simulation.sessions.find(tokenOf(request), at);
    if (session) entry.user = session.user.plan.email;
    const action = this.weather.next({ method: request.method, path: url.pathname, user: entry.user });
    if (action) entry.weather = Object.keys(action).join(', ');
    try {
      const response = action
        ? await this.#inWeather(request, action, entry)
        : await this.#route(request, at, { entry });
      entry.status = response.status;
      return response;
    } finally {
      entry.tookMs = this.#clock.now() - entry.at;
    }
  }

  /** Every password, token and client secret that this tenant knows or has ever given out. */
  secrets(): string[] {
    const { tenant, sessions, oauth } = this.simulation;
    const passwords = tenant.users.flatMap(({ plan: { password } }) => (password === undefined ? [] : [password]));
    return [...passwords, ...sessions.secrets, ...oauth.secrets];
  }

  /** Lets go of everybody who waits: their connections are cut. */
  close(): void {
    this.#closed.abort();
  }

  async #sleep(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#closed.signal);
    if (this.#closed.signal.aborted) throw new ConnectionCut();
  }

  async #inWeather(request: Request, action: WeatherAction, entry: LoggedRequest): Promise<Response> {
    const { actLaterMs } = action;
    if (action.busy) this.#keepBusy(request, this.#clock.now() + (action.delayMs ?? 0) + (actLaterMs ?? 0));
    if (action.delayMs) await this.#sleep(action.delayMs);
    await this.#change(action);
    const { answer, reset } = action;
    if (reset === 'before') throw new ConnectionCut();
    const path = new URL(request.url).pathname;
    if (answer && !answer.acted && actLaterMs === undefined) return madeAnswer(answer, path, this.#clock.now());
    if (actLaterMs !== undefined) {
      const body = request.body ? await request.arrayBuffer() : null;
      const { method, headers, url } = request;
      this.#late.push({
        due: this.#clock.now() + actLaterMs,
        request: new Request(url, { method, headers, body }),
        wish: action.task,
      });
      if (!answer) throw new ConnectionCut();
      return madeAnswer(answer, path, this.#clock.now());
    }
    const slow = action.bytesPerSecond !== undefined && request.body;
    const taken = slow ? slowed(request, throttled(slow, action.bytesPerSecond ?? 1, this.#clock)) : request;
    const response = await this.#route(taken, this.#clock.now(), { entry, wish: action.task });
    if (reset === 'after' || answer) await response.body?.cancel();
    if (reset === 'after') throw new ConnectionCut();
    return answer ? madeAnswer(answer, path, this.#clock.now()) : spoiled(response, action, this.#clock);
  }

  #keepBusy(request: Request, until: number): void {
    const modelId = /\/models\/([^/]+)\//.exec(new URL(request.url).pathname)?.[1];
    this.simulation.tenant.models.find(({ id }) => id === modelId)?.hold(until);
  }

  async #change(action: WeatherAction): Promise<void> {
    const { tenant, sessions } = this.simulation;
    if (action.expireTokens) sessions.expireAll();
    const { modelState, unload, otherStarts } = action;
    if (!modelState && unload === undefined && !otherStarts) return;
    for (const model of tenant.models) {
      const is = (name: string | undefined) => [undefined, model.name, model.id].includes(name);
      const at = this.#clock.now();
      await model.asOf(at, () => {
        if (modelState && is(modelState.model)) model.state = modelState.state;
        if (unload !== undefined && is(unload === true ? undefined : unload)) model.unload();
        const other = otherStarts && model.named(otherStarts.action);
        const user = (otherStarts?.user ? tenant.user(otherStarts.user) : tenant.users.at(-1)) ?? tenant.users[0];
        if (!other || !user) return;
        model.start(other.kind, other.id, tenant.starter(user, model), [], at, { seconds: otherStarts.seconds });
      });
    }
  }

  async #actLate(at: number): Promise<void> {
    const due = this.#late.filter((each) => each.due <= at).sort((a, b) => a.due - b.due);
    this.#late = this.#late.filter((each) => each.due > at);
    for (const { due: when, request, wish } of due) {
      const entry = this.log.add(request.method, `${new URL(request.url).pathname} (late)`, when);
      const response = await this.#route(request, when, { entry, late: true, wish });
      await response.body?.cancel();
      entry.status = response.status;
    }
  }

  async #route(
    request: Request,
    at: number,
    about: { entry?: LoggedRequest; late?: boolean; wish?: StartWish | undefined } = {},
  ): Promise<Response> {
    return this.#routes.fetch(request, {
      at,
      wish: about.wish ?? {},
      seen: (user: User) => {
        if (about.entry) about.entry.user = user.plan.email;
      },
      patience: (ms: number, signal: AbortSignal) =>
        this.#clock.runs ? this.#clock.sleep(ms, signal) : new Promise<void>(() => undefined),
      hold: async (until: number) => {
        // who acts late acts in the past, where waiting costs nothing
        if (about.late) return until;
        await this.#sleep(until - this.#clock.now());
        // what was sent before and acts only now comes first
        await this.#actLate(this.#clock.now());
        return Math.max(until, this.#clock.now());
      },
    });
  }

  #assemble(): Hono<RequestEnv> {
    const { simulation } = this;
    const { tenant, sessions, rateLimit } = simulation;
    // What the default router ends with, too, after it has tried a faster one on each of these routes.
    const routes = new Hono<RequestEnv>({ getPath, router: new TrieRouter() });
    routes.route(
      '/simulator',
      watchRoutes(simulation, { log: this.log, weather: this.weather, advance: this.#advance }),
    );
    routes.route('/token', signInRoutes(simulation));
    routes.route('/oauth', oauthRoutes(simulation));
    routes.use('/2/0/*', async (c, next) => {
      if (!rateLimit.take(c.env.at)) {
        throw new ApiError(429, 'Too Many Requests', { 'retry-after': String(tenant.settings.retryAfterSeconds) });
      }
      const session = sessions.find(tokenOf(c.req.raw), c.env.at);
      if (!session) throw new ApiError(401, 'Not Authenticated.');
      c.env.seen(session.user);
      c.set('user', session.user);
      await next();
    });
    const api = new Hono<RequestEnv>();
    addTenantRoutes(api, simulation);
    addBulkDelete(api, simulation);
    routes.route('/2/0', api);
    const model = new Hono<RequestEnv>();
    for (const kind of KINDS) addTaskRoutes(model, simulation, kind);
    addDumpRoutes(model, simulation);
    addFileRoutes(model, simulation);
    addCatalogueRoutes(model, simulation);
    addStructureRoutes(model, simulation);
    addWriteRoutes(model, simulation);
    addStatusRoute(model, simulation);
    addLifecycleRoutes(model, simulation);
    for (const prefix of MODEL_PREFIXES) routes.route(prefix, model);
    routes.notFound((c) => {
      // only what is known under another verb tells so
      const others = VERBS.filter((verb) => verb !== c.req.method);
      const known = others.some((verb) => routes.router.match(verb, c.req.path)[0].length > MIDDLEWARE);
      const error = known ? new ApiError(405, 'Method Not Allowed') : new ApiError(404, 'Not Found');
      return errorAnswer(error, c.req.path, c.env.at);
    });
    routes.onError((error, c) => {
      if (error instanceof ConnectionCut) throw error;
      const known = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error');
      if (known !== error && !this.#closed.signal.aborted) console.error('simulator:', error);
      return errorAnswer(known, c.req.path, c.env.at);
    });
    return routes;
  }
}

/** A trailing slash makes no difference: `/imports/` is `/imports`. */
function getPath(request: Request): string {
  const path = new URL(request.url).pathname.replaceAll(/\/{2,}/g, '/');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function tokenOf(request: Request): string {
  const header = request.headers.get('authorization') ?? '';
  return /^(?:AnaplanAuthToken|Bearer)\s+(.+)$/.exec(header)?.[1] ?? '';
}

function slowed(request: Request, body: ReadableStream<Uint8Array>): Request {
  const { method, headers, url } = request;
  // `duplex` is what Node asks for with a stream; its types do not know it everywhere
  const init: RequestInit & { duplex: 'half' } = { method, headers, body, duplex: 'half' };
  return new Request(url, init);
}
