import type { Services } from '../functions/services.ts';
import { type LockedDataFolder, openDataFolder } from '../infra/local/data-folder.ts';
import { type Engine, startEngine } from '../infra/local/engine.ts';
import { functionMappings } from '../infra/local/function-mappings.ts';
import { type LocalServicesOptions, localServices } from '../infra/local/local-services.ts';

export interface EmbeddedEngine {
  folder: LockedDataFolder;
  services: Services;
  engine: Engine;
}

/** Opens and locks a data folder and lets the functions run on it: what `run`, `local` and `npm start` have in common. */
export async function embeddedEngine(
  dataDir: string,
  options: Omit<LocalServicesOptions, 'alerts'> & {
    alerts: (folder: LockedDataFolder) => LocalServicesOptions['alerts'];
    /** a last change to the services before the functions get them */
    adjust?: (services: Services) => Services;
  },
): Promise<EmbeddedEngine> {
  const folder = await openDataFolder(dataDir);
  try {
    const built = localServices(folder, { ...options, alerts: options.alerts(folder) });
    const services = options.adjust?.(built) ?? built;
    const engine = startEngine(folder, functionMappings(services), { log: options.log });
    return { folder, services, engine };
  } catch (error) {
    folder.close();
    throw error;
  }
}
