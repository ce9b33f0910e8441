import type { Services } from '../../functions/services.ts';
import { AnaplanClient } from '../../shared/anaplan/index.ts';
import type { CommandPlace } from '../../shared/diagnosis/command-place.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import { retentionDays } from '../../shared/pipeline/retention.ts';
import type { Configuration } from '../../shared/pipeline/schema.ts';
import type { Alerts } from '../../shared/ports/alerts.ts';
import type { Random } from '../../shared/ports/clock.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { requestBudget } from '../../shared/retry/request-budget.ts';
import type { Run } from '../../shared/run/run.ts';
import { DROPS_BUCKET, type LockedDataFolder } from './data-folder.ts';
import { KeptRefreshToken } from './kept-refresh-token.ts';
import { localPipelines } from './local-pipelines.ts';

export interface LocalServicesOptions {
  configuration: Configuration;
  secrets: Secrets;
  alerts: Alerts;
  log: Logger;
  random?: Random;
  commandPlace?: CommandPlace;
  onCommit?: (run: Run) => void;
}

/** What the functions need, on one machine: everything in one data folder. */
export function localServices(folder: LockedDataFolder, options: LocalServicesOptions): Services {
  const { configuration, secrets, alerts, log, onCommit, commandPlace } = options;
  const { clock, state, drops, queues, engineId } = folder;
  const random = options.random ?? Math.random;
  const { apiUrl, authUrl, oauthUrl, requestsPerMinute } = configuration.anaplan;
  const refreshTokens = new KeptRefreshToken(folder.dataDir, secrets);
  const anaplan = new AnaplanClient({
    apiUrl,
    authUrl,
    oauthUrl,
    budget: requestBudget({ clock, requestsPerMinute }),
    credentials: () => refreshTokens.credentials(),
    onRefreshToken: (refreshToken) => refreshTokens.keep(refreshToken),
    clock,
    random,
  });
  return {
    state,
    queues,
    alerts,
    clock,
    random,
    log,
    engine: engineId,
    settleSeconds: 0,
    retentionDays: retentionDays(configuration),
    gzip: true,
    ...(commandPlace === undefined ? {} : { commandPlace }),
    ...(onCommit === undefined ? {} : { onCommit }),
    anaplan,
    pipelines: localPipelines(configuration, (onExchange) => anaplan.with({ onExchange }), state, clock),
    source: (bucket) => {
      // What a person has mended for a redrive.
      if (bucket === state.bucket) return state;
      if (bucket !== DROPS_BUCKET)
        throw new Error(`a drop names bucket ${bucket}; this machine has only ${DROPS_BUCKET}`);
      return drops;
    },
  };
}
