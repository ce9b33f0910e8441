import {
  createSimulator,
  type SimulatorOptions,
  type TenantDefinition,
  turnableClock,
} from '../../../simulator/index.ts';
import { Caller, idOf, type Json } from './caller.ts';

/** A tenant small enough to read at a glance: one list, one module, an import into each. Tasks run for two seconds. */
export const smallTenant = {
  models: {
    Plan: {
      lists: { Products: { properties: { Launch: 'date', Weight: 'number' }, items: ['Tea', 'Coffee'] } },
      modules: { Sales: { by: ['Products', 'Time'], items: { Units: 'number', Note: 'text' } } },
      imports: { 'Load Products': { into: 'Products' }, 'Load Sales': { into: 'Sales' } },
      exports: { Report: { from: 'Sales' } },
      actions: { 'Delete Tea': { delete: 'Products', where: { name: 'Tea' } } },
      processes: { Nightly: ['Load Products', 'Load Sales', 'Report'], Clear: ['Delete Tea'] },
    },
  },
  users: [
    { email: 'admin@x.test', password: 'a', role: 'admin' },
    { email: 'runner@x.test', password: 'r', role: 'run' },
    { email: 'reader@x.test', password: 'v', role: 'read' },
    { email: 'nobody@x.test', password: 'n', role: 'none' },
  ],
  settings: { taskSeconds: 2 },
} as const satisfies TenantDefinition;

/** A simulator without a socket on a clock that stands still, and calls to it. */
export async function inProcess(tenant: TenantDefinition = smallTenant, options: SimulatorOptions = {}) {
  const clock = turnableClock();
  const simulator = await createSimulator({ clock, seed: 'test', tenant, ...options });
  const caller = await Caller.signIn(simulator);
  const kinds = {
    imports: simulator.imports,
    processes: simulator.processes,
    exports: simulator.exports,
    actions: simulator.actions,
  };
  const id = (kind: keyof typeof kinds, name: string) => idOf(kinds[kind], name);
  const file = (name: string) => simulator.imports.find((each) => each.name === name)?.importDataSourceId ?? '';

  /** Uploads, starts, waits until it is over. */
  const run = async (kind: keyof typeof kinds, name: string, csv?: string, as = caller): Promise<Json> => {
    if (csv !== undefined) await as.upload(file(name), csv);
    const taskId = await as.start(kind, id(kind, name));
    await clock.advance(60_000);
    return as.task(kind, id(kind, name), taskId);
  };
  const signIn = (user: string, password: string) => Caller.signIn(simulator, `${user}@x.test`, password);
  /** What is in the model. */
  const report = async (): Promise<Json> =>
    (await caller.send('GET', `/simulator/models/${simulator.model.id}`)).json();
  return { clock, simulator, caller, id, file, run, signIn, report };
}
