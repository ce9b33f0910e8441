import { startSimulator } from '../../../simulator/index.ts';
import { Watcher } from '../../simulation/watcher.ts';
import { SCENARIO, TENANT } from '../kill-world.ts';

/** Anaplan in a process of its own, so that a kill of ours never touches it. Its parent asks what it has seen. */

const LOOK_MS = 10;

const simulator = await startSimulator({ tenant: TENANT, scenario: SCENARIO, taskSeconds: [0.2, 1], seed: 'kills' });
const watcher = new Watcher(simulator);
let looking: Promise<unknown> = Promise.resolve();
const look = () => {
  looking = looking.then(() => watcher.look());
};
setInterval(look, LOOK_MS);

process.on('message', async () => {
  look();
  await looking;
  const models = new Map(simulator.tenant.models.map(({ id, name }) => [id, name]));
  const starts = watcher.starts.map(({ modelId, taskId, sha256, task }) => ({
    model: models.get(modelId) ?? '',
    taskId,
    sha256,
    final: task.final,
  }));
  process.send?.({ starts });
});
process.send?.({ url: simulator.url, user: simulator.user, password: simulator.password });
