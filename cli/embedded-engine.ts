import type { Services } from '../functions/services.ts';
import { type LockedDataFolder, openDataFolder } from '../infra/local/data-folder.ts';
import { type Engine, startEngine } from '../infra/local/engine.ts';
import { functionMappings } from '../infra/local/function-mappings.ts';
import { type LocalServicesOptions, localServices } from '../infra/local/local-services.ts';
import { LocalWatch } from '../infra/local/local-watch.ts';
import { expire, expireTaken } from '../infra/local/retention.ts';
import { retentionDays } from '../shared/pipeline/retention.ts';

/** Its `stop` resolves when what it is at has ended. */
export interface Stoppable {
  stop(): Promise<void>;
}

export interface EmbeddedEngine {
  folder: LockedDataFolder;
  services: Services;
  engine: Pick<Engine, 'idle'>;
  /**
   * Begins nothing more, and waits up to `waitSeconds` for what is under way; what is not done then is delivered again.
   * @param beside what else works on the data folder: it is stopped too, and waited for as long
   */
  stop(waitSeconds: number, beside?: readonly Stoppable[]): Promise<void>;
}

/** Opens and locks a data folder and lets the functions run on it: what `run`, `local` and `npm start` have in common. */
export async function embeddedEngine(
  dataDir: string,
  options: Omit<LocalServicesOptions, 'alerts'> & {
    alerts: (folder: LockedDataFolder) => LocalServicesOptions['alerts'];
    /** the folder that is watched for drops: files taken there long ago are removed */
    dropFolder?: string;
    /** gets the reason, in plain words, when this machine does not let work go on; without it, it is logged */
    onTrouble?: (reason: string) => void;
    /** below this much free disk nothing is begun; default: the engine's own */
    minimumFreeBytes?: number;
    /** a last change to the services before the functions get them */
    adjust?: (services: Services) => Services;
  },
): Promise<EmbeddedEngine> {
  const folder = await openDataFolder(dataDir);
  try {
    const built = localServices(folder, { ...options, alerts: options.alerts(folder) });
    const services = options.adjust?.(built) ?? built;
    const engine = startEngine(folder, functionMappings(services), {
      log: options.log,
      ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
      ...(options.minimumFreeBytes === undefined ? {} : { minimumFreeBytes: options.minimumFreeBytes }),
    });
    const { configuration, dropFolder, log } = options;
    const days = retentionDays(configuration);
    const watch = new LocalWatch(services, async () => {
      const expired = await expire(folder, days);
      const taken = dropFolder === undefined ? 0 : await expireTaken(dropFolder, days, folder.clock.now());
      if (expired.objects + expired.drops + taken > 0)
        log.info(`Removed what ended more than ${days} days ago.`, { ...expired, taken });
    });
    watch.start();
    const stop = async (waitSeconds: number, beside: readonly Stoppable[] = []) => {
      const ending = [watch, ...beside].map((each) => each.stop());
      await engine.stop(waitSeconds, ending);
      await services.anaplan.close();
    };
    return { folder, services, engine, stop };
  } catch (error) {
    folder.close();
    throw error;
  }
}
