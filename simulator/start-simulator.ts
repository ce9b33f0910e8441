import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { SimulatorApp } from './app.ts';
import { isTurnable, runningClock, type SimulatorClock } from './clock.ts';
import { demoTenant } from './definition/demo-tenant.ts';
import { planTenant } from './definition/parse-tenant.ts';
import type { TenantDefinition } from './definition/tenant-input.ts';
import { Tenant } from './engine/tenant.ts';
import type { LoggedRequest } from './http/request-log.ts';
import { ConnectionCut, cutBodies } from './weather/answers.ts';
import { planScenario, type Scenario } from './weather/scenario.ts';

export interface SimulatorOptions {
  /** 0 (the default) takes any free port */
  port?: number;
  host?: '127.0.0.1';
  /** default: the demo tenant */
  tenant?: TenantDefinition | undefined;
  /** weather from the start; `changeWeather` sets it later */
  scenario?: Scenario | undefined;
  /** default: the machine's, which `advance` turns forward */
  clock?: SimulatorClock;
  /** how long each task runs, in seconds; wins over the tenant's own settings */
  taskSeconds?: number | [number, number];
  /** ids, tokens and durations repeat with it; default: new ones at each start */
  seed?: string;
}

interface Named {
  id: string;
  name: string;
}

export interface Simulator {
  /** origin, without a path */
  url: string;
  /** the first user */
  user: string;
  password: string;
  users: { email: string; password: string }[];
  /** the first workspace and its first model, and what that model has */
  workspace: Named;
  model: Named;
  imports: (Named & { importDataSourceId: string })[];
  processes: Named[];
  exports: Named[];
  actions: Named[];
  /** the state behind the API, for tests */
  tenant: Tenant;
  clock: SimulatorClock;
  /** Turns the clock forward. @throws TypeError when it was given one that cannot be turned */
  advance: (ms: number) => Promise<void>;
  /** the API without a socket; rejects with `ConnectionCut` where the scenario cuts the connection */
  fetch: (request: Request) => Promise<Response>;
  /** every request so far */
  requests: () => readonly LoggedRequest[];
  /** every password, token and client secret it knows or has ever given out: none may be found in what a client writes */
  secrets: () => string[];
  changeWeather: (scenario: Scenario) => void;
  close: () => Promise<void>;
  [Symbol.asyncDispose]: () => Promise<void>;
}

/** A simulator that listens nowhere: only `fetch`. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Omit<Simulator, 'url'>> {
  const plan = planTenant(options.tenant ?? demoTenant);
  if (options.taskSeconds !== undefined) plan.settings.taskSeconds = options.taskSeconds;
  const scenario = planScenario(options.scenario ?? {});
  const clock = options.clock ?? runningClock();
  const tenant = await Tenant.build(plan, options.seed ?? randomUUID());
  const app = new SimulatorApp(tenant, scenario, clock);
  const [workspace] = tenant.workspaces;
  const model = workspace?.models[0];
  const [user] = tenant.users;
  const named = (each: Named) => ({ id: each.id, name: each.name });
  const close = async () => {
    app.close();
    await tenant.close();
  };
  return {
    user: user?.plan.email ?? '',
    password: user?.plan.password ?? '',
    users: tenant.users.map(({ plan: { email, password } }) => ({ email, password: password ?? '' })),
    workspace: workspace ? named(workspace) : { id: '', name: '' },
    model: model ? named(model) : { id: '', name: '' },
    imports: [...(model?.imports.values() ?? [])].map((each) => ({
      ...named(each),
      importDataSourceId: each.fileId ?? '',
    })),
    processes: [...(model?.processes.values() ?? [])].map(named),
    exports: [...(model?.exports.values() ?? [])].map(named),
    actions: [...(model?.actions.values() ?? [])].map(named),
    tenant,
    clock,
    advance: async (ms) => {
      if (!isTurnable(clock)) throw new TypeError('this clock cannot be turned: pass a turnableClock() or none');
      await clock.advance(ms);
    },
    fetch: (request) => app.fetch(request),
    requests: () => app.log.entries,
    secrets: () => app.secrets(),
    changeWeather: (next) => app.weather.change(planScenario(next)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Starts an Anaplan tenant on this machine: API under `/2/0`, sign-in under `/token`, what happened under `/simulator`.
 *
 * ```ts
 * await using tenant = await startSimulator();
 * const answer = await fetch(`${tenant.url}/token/authenticate`, {
 *   method: 'POST',
 *   headers: { authorization: `Basic ${btoa(`${tenant.user}:${tenant.password}`)}` },
 * });
 * ```
 * @throws SimulatorFileError for a tenant or scenario with mistakes; a Node error when the port is taken
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator(options);
  const server = createServer(getRequestListener(edge(simulator.fetch), { overrideGlobalObjects: false }));
  const host = options.host ?? '127.0.0.1';
  try {
    await listen(server, options.port ?? 0, host);
  } catch (error) {
    await simulator.close();
    throw error;
  }
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await simulator.close();
  };
  return { ...simulator, url: `http://${host}:${port}`, close, [Symbol.asyncDispose]: close };
}

/** Where a cut connection becomes a cut socket. */
function edge(answer: (request: Request) => Promise<Response>) {
  return async (request: Request, bindings: unknown): Promise<Response> => {
    const { incoming, outgoing } = bindings as HttpBindings;
    try {
      const response = await answer(request);
      const part = cutBodies.get(response);
      if (!part) return response;
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.write(part, () => incoming.socket.destroy());
    } catch (error) {
      if (!(error instanceof ConnectionCut)) throw error;
      incoming.socket.resetAndDestroy();
    }
    return RESPONSE_ALREADY_SENT;
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
